"""Lays a review out as plain rows and texts in one language, which both templates then write."""

from typing import Any, Final

from models.alerts import Verdict
from models.days import iso
from rules.catalogue import Catalogue, Playbook
from rules.review.amounts import DAYS, Amount, Compared, Unit
from rules.review.charts import Chart, Kind
from rules.review.compose import Part, Review
from rules.review.findings import change_of
from rules.review.judgements import RuleDays
from streams.review.drawing import COLOURS, EXPECTED, GLYPHS, INTERVAL, draw
from streams.review.words import Words

_NAMES_OF: Final = {"funnel": "counts", "components": "components"}
"""Where the names of a chart's labels stand, where these are no days."""
_NAME_OF: Final = {"funnel": "stage", "components": "component"}
"""What such a label is called."""

_STEPS: Final = {1: "day_by_day", 7: "week_by_week", 28: "month_by_month"}
_FIGURE_COLUMNS: Final = ("figure", "now", "before", "change", "made_of")
_RULE_COLUMNS: Final = (
    "rule",
    "verdict",
    "fire_days",
    "ok_days",
    "inconclusive_days",
    "fired_on",
)
_FIRED_SHOWN: Final = 6
_BLOCK: Final = "█"


class Layout:
    """Lays out reviews for readers of one language, of one catalogue, whose pages stand there."""

    def __init__(self, words: Words, catalogue: Catalogue, base_url: str) -> None:
        """Bind the words, and what names and addresses playbooks."""
        self._words = words
        self._catalogue = catalogue
        self._base_url = base_url

    def page(self, review: Review) -> dict[str, Any]:
        """Return everything that the templates write."""
        words, period = self._words, review.period
        lead = words.text(
            "page",
            "lead",
            first=iso(period.first),
            last=iso(period.last),
            first_before=iso(period.before.first),
            last_before=iso(period.before.last),
            judged=review.judged,
            judged_before=review.judged_before,
            days=period.length,
            timezone=review.timezone,
        )
        return {
            "language": "zh-Hans" if words.language == "zh" else words.language,
            "title": words.text("page", "title", community=review.community_id),
            "lead": lead,
            "label": lambda key: words.text("page", key),
            "parts": [self._part(part, number) for number, part in enumerate(review.parts, 1)],
        }

    def _part(self, part: Part, number: int) -> dict[str, Any]:
        words = self._words
        return {
            "id": part.name.value,
            "title": f"{number}. {words.text('parts', part.name, 'title')}",
            "question": words.text("parts", part.name, "question"),
            "sentences": [words.say(finding) for finding in part.findings],
            "figures": [self._figure(compared) for compared in part.figures],
            "figure_head": self._head(_FIGURE_COLUMNS),
            "charts": [self._chart(chart) for chart in part.charts],
            "rules": [self._rule(rule) for rule in part.rules],
            "rule_head": self._head(_RULE_COLUMNS),
            "answers": self._answers(part),
        }

    def _head(self, columns: tuple[str, ...]) -> list[str]:
        return [self._words.text("page", column) for column in columns]

    def _figure(self, compared: Compared) -> list[str]:
        """Return the cells of _FIGURE_COLUMNS."""
        words, unit = self._words, compared.figure.unit
        change = change_of(compared)
        return [
            words.text("figures", compared.figure.name),
            words.amount(compared.now, unit),
            words.amount(compared.before, unit),
            words.change(change, signed=True) if change is not None else "",
            self._made_of(compared.now),
        ]

    def _made_of(self, amount: Amount) -> str:
        """Say what an amount was made of, or why it is not known."""
        words = self._words
        said = [
            f"{words.text('counts', name)} {words.number(count, Unit.COUNT)}"
            for name, count in amount.made_of.items()
            # Of eleven types of interaction those that did not happen say nothing.
            if count or len(amount.made_of) <= 4
        ]
        if amount.missing is not None:
            said.insert(0, words.reason(amount.missing))
        elif amount.known_days > 1:
            said.append(f"{words.text('counts', DAYS)} {amount.known_days}")
        return words.text("page", "list").join(said)

    def _chart(self, chart: Chart) -> dict[str, Any]:
        words = self._words
        title = words.text("charts", chart.name, "title")
        description = words.text("charts", chart.name, "description")
        names = _NAMES_OF.get(chart.name)
        labels = [words.known_text(names, label) if names else label for label in chart.labels]
        if names:
            # The chart itself holds digits only.
            labels = [f"{place}. {label}" for place, label in enumerate(labels, 1)]
        columns = [series.values for series in chart.series]
        return {
            "title": title,
            "description": description,
            "svg": draw(chart, f"chart-{chart.name}", title, description),
            "legend": self._legend(chart),
            "head": [
                words.text("page", _STEPS[chart.step] if chart.step else _NAME_OF[chart.name]),
                *(words.text("series", series.name) for series in chart.series),
            ],
            "rows": [
                [label, *(self._value(value, chart.unit) for value in values)]
                for label, *values in zip(labels, *columns, strict=True)
            ],
        }

    def _value(self, value: int | None, unit: Unit) -> str:
        return "–" if value is None else self._words.number(value, unit)

    def _legend(self, chart: Chart) -> list[tuple[str, str, str]]:
        """Return colour, mark and name of each series drawn; nothing where there is only one."""
        names = [self._words.text("series", series.name) for series in chart.series]
        if chart.kind is Kind.FORECAST:
            counted, expected, low, high = names
            return [
                (COLOURS[0], GLYPHS[0], counted),
                (EXPECTED, GLYPHS[1], expected),
                (INTERVAL, _BLOCK, f"{low}–{high}"),
            ]
        if chart.kind is Kind.PARTS:
            names = names[:2]
        if len(names) == 1:
            return []
        marks = GLYPHS if chart.kind is Kind.LINES else [_BLOCK] * len(names)
        return list(zip(COLOURS, marks, names, strict=False))

    def _rule(self, rule: RuleDays) -> list[str]:
        """Return the cells of _RULE_COLUMNS; no days where the rule was not judged."""
        verdict = rule.last.value if rule.last is not None else "not_judged"
        days = (len(rule.fired), rule.verdicts.get(Verdict.OK, 0), rule.inconclusive)
        return [
            rule.rule_id,
            self._words.text("verdicts", verdict),
            *(str(number) if rule.last is not None else "" for number in days),
            _days(rule.fired),
        ]

    def _answers(self, part: Part) -> list[dict[str, str]]:
        words = self._words
        answers = [
            self._answer(book, words.text("page", "for_rule", rule=rule_id))
            for rule_id, books in part.answers.items()
            for book in books
        ]
        for case, book in part.reported:
            what = words.known_text("reports", case.rule_id)
            name = words.known_text("cases", case.name)
            why = words.text("page", "for_case", what=what, case=name)
            answers.append(self._answer(book, why))
        if part.foreseen is not None:
            answers.append(self._answer(part.foreseen, words.text("page", "foreseen")))
        return answers

    def _answer(self, book: Playbook, why: str) -> dict[str, str]:
        return {
            "title": self._title(book),
            "url": f"{self._base_url}/playbooks/{book.id}",
            "why": why,
            # Playbooks are written in English.
            "step": book.steps[0] if self._words.language == "en" else "",
        }

    def _title(self, book: Playbook) -> str:
        return book.title_zh if self._words.language == "zh" else book.title


def _days(days: tuple[int, ...]) -> str:
    """Write days, those in a row as from the first to the last of them; the latest few."""
    runs: list[list[int]] = []
    for day in days:
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    written = [iso(run[0]) if len(run) == 1 else f"{iso(run[0])} – {iso(run[-1])}" for run in runs]
    dots = ["…"] if len(written) > _FIRED_SHOWN else []
    return ", ".join(dots + written[-_FIRED_SHOWN:])
