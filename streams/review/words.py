"""What a review says, in the words of one language (`words/*.yaml`)."""

from functools import cache
from importlib.resources import files
from typing import Any, Final

from rules.documents import read_mapping
from rules.review.amounts import Amount, Missing, Unit
from rules.review.findings import Change, Finding, Name, Names, Number, PerDay, Said

LANGUAGES: Final = ("en", "zh")

_NOTHING: Final = "0.0"
"""A change that is rounded away has no sign."""


class Words:
    """Says numbers, names and sentences in one language."""

    def __init__(self, language: str, texts: dict[str, Any]) -> None:
        """Take the texts of a language, by section and key."""
        self.language = language
        self._texts = texts

    def text(self, *keys: str, **says: object) -> str:
        """Return the text that stands under the keys; KeyError where the language lacks it."""
        found: Any = self._texts
        for key in keys:
            found = found[key]
        return str(found).format(**says)

    def known_text(self, section: str, key: str) -> str:
        """Return a text, or the key itself: snapshots may name what is newer than this page."""
        texts = self._texts[section]
        return str(texts[key]) if key in texts else key

    def say(self, finding: Finding) -> str:
        """Say a finding."""
        said = {name: self.said(value) for name, value in finding.says.items()}
        sentence = self.text("sentences", finding.code, **said)
        return sentence[0].upper() + sentence[1:]

    def said(self, value: Said) -> str:
        """Say what stands in a sentence."""
        match value:
            case Number():
                said = self.number(value.value, value.unit)
            case Change():
                said = self.change(Change(abs(value.value), value.of))
            case PerDay():
                number = self.number(value.value, Unit.AVERAGE)
                said = self.text("units", "per_day", value=number)
            case Name():
                said = self.known_text(value.kind, value.name)
            case Names():
                said = self.text("page", "list").join(self._names(value))
            case str():
                said = value
        return said

    def _names(self, names: Names) -> list[str]:
        """Say names; rules are called by their ids in every language."""
        if names.kind == "rules":
            return list(names.names)
        return [self.known_text(names.kind, name) for name in names.names]

    def number(self, value: int, unit: Unit) -> str:
        """Say a number; what is no whole count is given in hundredths.

        All but money with one decimal, halves away from 0: more would claim more than such counts
        can say.
        """
        if unit is Unit.COUNT:
            written = f"{abs(value):,}"
        elif unit is Unit.MONEY:
            written = f"{abs(value) / 100:,.2f}"
        else:
            written = f"{(abs(value) + 5) // 10 / 10:,.1f}"
        if value < 0 and written != _NOTHING:
            written = f"−{written}"
        return self.text("units", "percent", value=written) if unit is Unit.PERCENT else written

    def change(self, change: Change, *, signed: bool = False) -> str:
        """Say how far something moved; `signed` with its sign before it, and short."""
        points = "percentage_points_short" if signed else "percentage_points"
        kinds = {Unit.PERCENT: points, Unit.POINTS: "points"}
        number = self.number(change.value, Unit.AVERAGE)
        if signed and change.value > 0 and number != _NOTHING:
            number = f"+{number}"
        return self.text("units", kinds.get(change.of, "percent"), value=number)

    def amount(self, amount: Amount, unit: Unit) -> str:
        """Say an amount, or that it is not known."""
        if amount.value is None:
            return self.text("page", "not_known")
        return self.number(amount.value, unit)

    def reason(self, missing: Missing) -> str:
        """Say why something is not known."""
        return self.text("missing", missing.value)


@cache
def words_of(language: str) -> Words:
    """Return the words of one of the LANGUAGES."""
    name = f"words/{language}.yaml"
    text = files("streams.review").joinpath(name).read_text(encoding="utf-8")
    return Words(language, dict(read_mapping(name, text)))
