"""What the figures of each part say: which sentence, with which figures; not in which words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from models.days import iso
from rules.review.amounts import Amount, Compared, Unit, cut
from rules.review.figures import PartName
from rules.review.judgements import Case, Index, RuleDays
from rules.review.outlook import AHEAD_WEEKS, INTERVAL_PERCENT, LEAST_WEEKS, Outlook

_STEADY: Final = {Unit.PERCENT: 100, Unit.POINTS: 100}
"""A change under so many hundredths of a point is none; under 5 % where things are counted."""
_STEADY_PERCENT: Final = 500
_LEAST_BEFORE: Final = 20
"""Of fewer things than these a change in percent says nothing."""
_DYING_SHARE: Final = 3_000
"""82 % of new communities have a monthly activity below 30 % (article, opening)."""
_TOP_HEAVY: Final = 8_500
"""In the article's community the top fifth made 85 % of the interactions (2.1)."""
_FIFTHS: Final = 5
"""Of fewer active members than these the most active fifth is one, whatever the others do."""
_FEW_ANSWERS: Final = 30
_NPS: Final = "net_promoter_score"
_PURCHASES: Final = "purchases"


class Number(NamedTuple):
    """A number in a sentence; what is not a whole count is in hundredths of its unit."""

    value: int
    unit: Unit = Unit.COUNT


class Change(NamedTuple):
    """How far a figure has moved, in hundredths.

    Of a point, where the figure is one `of` percent or points; of a percent, where it counts.
    """

    value: int
    of: Unit


class PerDay(NamedTuple):
    """So many a day, in hundredths."""

    value: int


class Name(NamedTuple):
    """The name of a figure, component, rule or reason, to be said in the reader's language."""

    kind: str
    name: str


class Names(NamedTuple):
    """Several names in a row."""

    kind: str
    names: tuple[str, ...]


Said = Number | Change | PerDay | Name | Names | str
"""What a sentence may hold; a text is a day or an identifier, the same in every language."""


class Finding(NamedTuple):
    """One sentence of a review: which one, and what it says."""

    code: str
    says: Mapping[str, Said]


def _say(code: str, **says: Said) -> Finding:
    return Finding(code, says)


def number(compared: Compared, amount: Amount) -> Number:
    """Return an amount that is known as a number to be said."""
    assert amount.value is not None
    return Number(amount.value, compared.figure.unit)


def change_of(compared: Compared) -> Change | None:
    """Return how far a figure has moved; None where that cannot be said."""
    if compared.change is None:
        return None
    return Change(compared.change, compared.figure.unit)


def moved(compared: Compared) -> str:
    """Return `rose`, `fell` or `steady`; `begun` after nothing, `alone` where nobody can say."""
    if compared.change is None:
        return "begun" if compared.before.value == 0 else "alone"
    if abs(compared.change) < _STEADY.get(compared.figure.unit, _STEADY_PERCENT):
        return "steady"
    return "rose" if compared.change > 0 else "fell"


def of_figures(part: PartName, compared: Sequence[Compared]) -> list[Finding]:
    """Say the leading figure of a part, what else moved most, and what the article warns of."""
    known = [each for each in compared if each.now.value is not None]
    if not known:
        return [_say("nothing_known")]
    lead = known[0]
    findings = [_lead(lead)]
    # That nobody bought any more has a sentence of its own.
    most = _moved_most(each for each in known[1:] if not _has_stalled(each))
    if most is not None:
        findings.append(_lead(most))
    by_name = {each.figure.name: each for each in known}
    if part is PartName.MEMBERS:
        findings += _about_members(by_name)
    if part is PartName.CAMPAIGNS:
        findings += _about_campaigns(by_name)
    return findings


def _lead(compared: Compared) -> Finding:
    says: dict[str, Said] = {
        "figure": Name("figures", compared.figure.name),
        "now": number(compared, compared.now),
    }
    change = change_of(compared)
    if change is not None:
        says |= {"before": number(compared, compared.before), "change": change}
    return Finding(f"lead_{moved(compared)}", says)


def _moved_most(known: Iterable[Compared]) -> Compared | None:
    """Return the counted figure that moved furthest, in percent, from enough to say so."""
    counted = [
        each
        for each in known
        if each.figure.unit is Unit.COUNT
        and (each.before.value or 0) >= _LEAST_BEFORE
        and moved(each) in ("rose", "fell")
    ]
    return max(counted, key=lambda each: abs(each.change or 0), default=None)


def _has_stalled(compared: Compared) -> bool:
    bought = compared.figure.name == _PURCHASES
    return bought and compared.now.value == 0 and bool(compared.before.value)


def _about_members(known: Mapping[str, Compared]) -> list[Finding]:
    findings = []
    active, concentration = known.get("active_share"), known.get("concentration")
    if active is not None and (active.now.value or 0) < _DYING_SHARE:
        findings.append(_say("few_active", share=number(active, active.now)))
    many = active is not None and active.now.made_of["active_members"] >= _FIFTHS
    if many and concentration is not None and (concentration.now.value or 0) >= _TOP_HEAVY:
        findings.append(_say("top_heavy", share=number(concentration, concentration.now)))
    return findings


def _about_campaigns(known: Mapping[str, Compared]) -> list[Finding]:
    campaign = known.get("in_campaign")
    bought = known.get(_PURCHASES)
    findings = []
    if campaign is not None and campaign.now.value == 0:
        findings.append(_say("no_campaign"))
    if bought is not None and _has_stalled(bought):
        findings.append(_say("no_purchase", before=number(bought, bought.before)))
    return findings


def of_health(
    compared: Sequence[Compared], index: Index | None, rules: Sequence[RuleDays]
) -> list[Finding]:
    """Say the index and what pulls it, the promoter score with its sample, and what fired."""
    findings = [_index(index)]
    score = next(each for each in compared if each.figure.name == _NPS)
    if score.now.value is not None:
        findings.append(_promoters(score))
    fired = [each.rule_id for each in rules if each.fired]
    judged = [each for each in rules if each.last is not None]
    silent = [each.rule_id for each in judged if each.last and not each.last.is_conclusive]
    if fired:
        findings.append(_say("fired", count=Number(len(fired)), rules=Names("rules", tuple(fired))))
    elif judged:
        findings.append(_say("none_fired", count=Number(len(judged))))
    if silent:
        findings.append(_say("inconclusive", rules=Names("rules", tuple(silent))))
    return findings


def _index(index: Index | None) -> Finding:
    if index is None:
        return _say("index_off")
    verdict = Name("verdicts", index.verdict.value)
    if index.value is None:
        return _say("index_unknown", verdict=verdict, day=iso(index.day))
    says: dict[str, Said] = {
        "index": Number(index.value, Unit.POINTS),
        "day": iso(index.day),
        "verdict": verdict,
    }
    code = "index"
    if index.pulled_most:
        code += "_pulled"
        says["pulls"] = Names("components", index.pulled_most)
    if index.missing:
        code += "_missing"
        says["missing"] = Names("components", index.missing)
    return Finding(code, says)


def _promoters(score: Compared) -> Finding:
    answers = score.now.made_of["surveys"]
    says: dict[str, Said] = {
        "score": number(score, score.now),
        **{name: Number(count) for name, count in score.now.made_of.items()},
        # From a detractor to a promoter: what one answer may do to the score, at the most.
        "step": Change(20_000 // answers, Unit.POINTS),
    }
    return Finding("promoters_few" if answers < _FEW_ANSWERS else "promoters", says)


def of_case(case: Case) -> Finding:
    """Say what a rule that only reports has found, and what it had found before, if another."""
    says: dict[str, Said] = {
        "what": Name("reports", case.rule_id),
        "case": Name("cases", case.name),
        "day": iso(case.day),
    }
    if case.before in (None, case.name):
        return Finding("reported", says)
    return Finding("reported_anew", says | {"before": Name("cases", case.before)})


def of_outlook(outlook: Outlook) -> list[Finding]:
    """Say what is expected, and honestly what such forecasts were worth here."""
    needed = 7 * (LEAST_WEEKS + AHEAD_WEEKS)
    if outlook.back_test is None:
        return [_say("outlook_short", days=Number(outlook.days), needed=Number(needed))]
    test = outlook.back_test
    together = sum(week.middle for week in outlook.expected)
    expected = _say(
        "outlook",
        expected=Number(together),
        per_day=PerDay(cut(100 * together, 7 * AHEAD_WEEKS)),
        recent=Number(outlook.recent),
        low=Number(outlook.expected[0].low),
        high=Number(outlook.expected[0].high),
        last_low=Number(outlook.expected[-1].low),
        last_high=Number(outlook.expected[-1].high),
        percent=Number(INTERVAL_PERCENT),
        weeks=Number(AHEAD_WEEKS),
    )
    worth = _say(
        "outlook_better" if test.is_better else "outlook_not_better",
        trials=Number(test.trials),
        weeks=Number(test.weeks),
        error=Number(test.mean_error, Unit.AVERAGE),
        naive=Number(test.mean_naive_error, Unit.AVERAGE),
        inside=Number(test.inside),
    )
    return [expected, worth, *([_say("outlook_falling")] if outlook.is_falling else [])]
