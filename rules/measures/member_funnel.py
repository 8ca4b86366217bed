"""Member funnel: what becomes of those who join, step by step (article, 1.2).

Of those who joined on D-64..D-37, the latest 28 days for which all of it is known: who interacted
on that day or within 30 days after it, who was active again after 7 to 14 days, who after 30 to 37
days, and who recommends. Beside it stands the net promoter score of D-27..D, with the number of
answers that it is made of. The playbook is that of the step at which most are lost.
"""

from collections.abc import Mapping
from operator import itemgetter
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.ledger import WINDOW_DAYS
from models.panes import LATE, Figure, Pane, total
from models.totals import Totals
from rules.measures.measure import CommunityMeasure, Setting, begins_too_early, rate_percent
from rules.parameters import Parameters

COHORT_DAYS: Final = 28
MONTH_DAYS: Final = 37
"""Who joined so many days ago has had all of the time to be active again after a month."""

_JOINED: Final = int(Figure.JOINED_MEMBERS)
_STEPS: Final = range(_JOINED, Figure.JOINED_RECOMMENDS + 1)
_NO_STEPS: Final = [0] * len(_STEPS)
_read_steps = itemgetter("joined", "interacted", "stayed", "month", "recommends")
_ANSWERED, _PROMOTERS = int(Figure.SURVEYS), int(Figure.PROMOTERS)
_DETRACTORS: Final = int(Figure.DETRACTORS)

CASES: Final = ("first-interaction", "first-week", "first-month")
"""Where members are lost, from one step to the next. Who recommends is not compared: most members
are never asked, and whoever does not answer is not lost."""


class MemberFunnelParameters(Parameters):
    """`floor`: fewest members who joined that rates are made of."""

    compared: ClassVar = ("floor",)

    floor: Annotated[int, Field(ge=1)]


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Add up the steps of those who joined from 64 to 37 days before `day`, and the surveys."""
    cohort = totals.panes[-MONTH_DAYS - COHORT_DAYS : -MONTH_DAYS]
    # Who did not join takes no step.
    days = [pane for pane in cohort if pane[_JOINED]]
    steps = [total(days, step) for step in _STEPS] if days else _NO_STEPS
    joined, interacted, stayed, month, recommends = steps
    begin = day - MONTH_DAYS - COHORT_DAYS + 1
    is_known = begin >= first_day and joined >= setting.threshold["floor"]
    return {
        "value": month,
        "baseline": joined,
        "change_percent": None,
        "window": [iso(begin), iso(day - MONTH_DAYS)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "case": loses_most(joined, interacted, stayed, month) if is_known else None,
        "funnel": {
            "joined": joined,
            "interacted": interacted,
            "stayed": stayed,
            "month": month,
            "recommends": recommends,
        },
        "rates_percent": {
            "interacted": rate_percent(interacted, joined),
            "stayed": rate_percent(stayed, joined),
            "month": rate_percent(month, joined),
            "recommends": rate_percent(recommends, joined),
        },
        "surveys": _surveys(totals.month, day),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": total(cohort, LATE),
    }


def _surveys(month: Pane, day: int) -> dict[str, Any]:
    answered, promoters, detractors = month[_ANSWERED], month[_PROMOTERS], month[_DETRACTORS]
    return {
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "answered": answered,
        "promoters": promoters,
        "detractors": detractors,
        "net_promoter_score": _score(promoters - detractors, answered),
    }


def _score(balance: int, answered: int) -> float | None:
    """Return the balance in a hundred, cut to two digits towards 0; None of nobody."""
    percent = rate_percent(abs(balance), answered)
    return percent if percent is None or balance >= 0 else -percent


def loses_most(joined: int, interacted: int, stayed: int, month: int) -> str | None:
    """Return the step at which most members are lost, the first of equal ones; None if nobody is.

    Who comes back after a month only is not lost before.
    """
    lost = [joined - interacted, interacted - stayed, stayed - month]
    most = max(lost)
    return CASES[lost.index(most)] if most > 0 else None


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Tell whether the funnel is known; nothing is compared, so nothing fires.

    LEARNING while members may have joined before the first day that is known, NOT_APPLICABLE where
    nobody joined, BELOW_FLOOR where fewer did than the floor. An evaluation whose case does not
    follow from its counts has no verdict (ValueError).
    """
    joined, interacted, stayed, month, _ = _read_steps(evaluation["funnel"])
    answer = Verdict.OK
    if begins_too_early(evaluation):
        answer = Verdict.LEARNING
    elif joined == 0:
        answer = Verdict.NOT_APPLICABLE
    elif joined < evaluation["threshold"]["floor"]:
        answer = Verdict.BELOW_FLOOR
    is_known = answer is Verdict.OK
    case = loses_most(joined, interacted, stayed, month) if is_known else None
    if evaluation["case"] != case:
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
    sees="totals",
)
