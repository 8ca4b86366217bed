"""Member funnel: what becomes of those who join, step by step (article, 1.2).

Joined, first interaction within 30 days, active again after 7 days and after 30, recommends: of
those who joined in the latest 28 days for which all of it is known. Beside it stands the net
promoter score of the last 28 days, with the number of answers that it is made of.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.panes import LATE, Figure, Recent, total
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

COHORT_DAYS: Final = 28
SURVEY_DAYS: Final = 28
MONTH_DAYS: Final = 37
"""Who joined so many days ago has had all of the time to be active again after a month."""

STEPS: Final = ("joined", "interacted", "stayed", "month", "recommends")
# Plain ints, and figures that lie beside each other in a pane are read together.
_JOINED: Final = slice(int(Figure.JOINED_MEMBERS), int(Figure.JOINED_RECOMMENDS) + 1)
_ANSWERED: Final = slice(int(Figure.SURVEYS), int(Figure.DETRACTORS) + 1)

CASES: Final = ("first-interaction", "first-week", "first-month")
"""Where members are lost, from one step to the next. Who recommends is not compared: most members
are never asked, and whoever does not answer is not lost."""


class MemberFunnelParameters(Parameters):
    """`floor`: fewest members who joined that rates are made of."""

    compared: ClassVar = ("floor",)

    floor: Annotated[int, Field(ge=1)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Add up the steps of those who joined from 64 to 37 days before `day`, and the surveys."""
    cohort, recent = panes[-MONTH_DAYS - COHORT_DAYS : -MONTH_DAYS], panes[-SURVEY_DAYS:]
    counts = _sums(cohort, _JOINED)
    begin = day - MONTH_DAYS - COHORT_DAYS + 1
    is_known = begin >= first_day and counts[0] >= setting.threshold["floor"]
    return {
        "value": counts[3],
        "baseline": counts[0],
        "change_percent": None,
        "window": [iso(begin), iso(day - MONTH_DAYS)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "case": loses_most(counts) if is_known else None,
        "funnel": dict(zip(STEPS, counts, strict=True)),
        "rates_percent": {
            step: _percent(count, counts[0])
            for step, count in zip(STEPS[1:], counts[1:], strict=True)
        },
        "surveys": _surveys(recent, day),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": total(cohort, LATE),
    }


def _sums(panes: Recent, figures: slice) -> list[int]:
    """Add up figures that are all 0 where the first of them is."""
    first = figures.start
    rows = [pane[figures] for pane in panes if pane[first]]
    return list(map(sum, zip(*rows, strict=True))) or [0] * (figures.stop - first)


def _surveys(panes: Recent, day: int) -> dict[str, Any]:
    answered, _, promoters, detractors = _sums(panes, _ANSWERED)
    return {
        "window": [iso(day - SURVEY_DAYS + 1), iso(day)],
        "answered": answered,
        "promoters": promoters,
        "detractors": detractors,
        "net_promoter_score": _percent(promoters - detractors, answered),
    }


def _percent(count: int, of: int) -> float | None:
    """Return so many in a hundred, cut to two digits towards 0; None of nobody."""
    if not of:
        return None
    hundredths = 10_000 * abs(count) // of
    return (hundredths if count >= 0 else -hundredths) / 100


def loses_most(counts: Sequence[int]) -> str | None:
    """Return the step at which most members are lost, the first of equal ones; None if nobody is.

    `counts` are those of the steps. Who comes back after a month only is not lost before.
    """
    joined, interacted, stayed, month = counts[:4]
    lost = [joined - interacted, interacted - stayed, stayed - month]
    most = max(lost)
    return CASES[lost.index(most)] if most > 0 else None


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Tell whether the funnel is known; nothing is compared, so nothing fires.

    LEARNING while members may have joined before the first day that is known, NOT_APPLICABLE where
    nobody joined, BELOW_FLOOR where fewer did than the floor. An evaluation whose case does not
    follow from its counts has no verdict (ValueError).
    """
    counts = [evaluation["funnel"][step] for step in STEPS]
    answer = Verdict.OK
    if day_from_iso(evaluation["window"][0]) < day_from_iso(evaluation["first_day"]):
        answer = Verdict.LEARNING
    elif counts[0] == 0:
        answer = Verdict.NOT_APPLICABLE
    elif counts[0] < evaluation["threshold"]["floor"]:
        answer = Verdict.BELOW_FLOOR
    if evaluation["case"] != (loses_most(counts) if answer is Verdict.OK else None):
        raise ValueError("the case does not follow from the counts")
    return answer


def _horizon(_: MemberFunnelParameters) -> int:
    return MONTH_DAYS + COHORT_DAYS


MEASURE = CommunityMeasure(
    MemberFunnelParameters,
    gather,
    verdict,
    _horizon,
    "joined_active_after_month",
    needs_ledger=True,
)
