"""Cohort value: what members have spent since they joined, by the month of joining (article, 3.1).

The article's figure of the diffusion stage is the lifetime value: cohorts show whether those who
come now are worth as much as those who came before.

Counted are the hundredths spent up to the close of D since Pulse knows a member, by the month of
`member.joined`; members who were never seen to join stand apart.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.ledger import WINDOW_DAYS, Cohort
from rules.measures.measure import CommunityMeasure, Setting, begins_too_early
from rules.parameters import Parameters

UNSEEN: Final = 0
"""Under this month stand those who were never seen to join."""
_NOBODY: Final = Cohort()


class CohortValueParameters(Parameters):
    """How far the months of joining are told apart.

    `months`: so many of the latest months with joiners stand each by itself, earlier ones together.
    """

    compared: ClassVar = ("months",)

    months: Annotated[int, Field(ge=1, le=120)]


def gather(cohorts: Mapping[int, Cohort], day: int, first_day: int, setting: Setting) -> Evaluation:
    """Read what each cohort, by its month, has spent up to the close of `day`, in hundredths.

    `value` is that of all who were seen to join, per member; `unseen` are those who never were.
    """
    parameters = setting.parameters
    assert isinstance(parameters, CohortValueParameters)
    months = sorted(cohorts.keys() - {UNSEEN})
    latest, earlier = months[-parameters.months :], months[: -parameters.months]
    joined = _together(map(cohorts.__getitem__, months))
    unseen = cohorts.get(UNSEEN, _NOBODY)
    return {
        "value": joined["value_hundredths"],
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "joined": joined,
        "cohorts": [{"month": _name(month), **_value(cohorts[month])} for month in latest],
        "earlier": _together(map(cohorts.__getitem__, earlier)),
        "unseen": _value(unseen),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
    }


def _together(cohorts: Iterable[Cohort]) -> dict[str, Any]:
    members = spent = 0
    for cohort in cohorts:
        members += cohort.members
        spent += cohort.spent
    return _value(Cohort(members, spent))


def _value(cohort: Cohort) -> dict[str, Any]:
    members, spent = cohort.members, cohort.spent
    return {
        "members": members,
        "spent_hundredths": spent,
        "value_hundredths": spent // members if members else None,
    }


@lru_cache(maxsize=4_096)
def _name(month: int) -> str:
    return f"{month // 12:04}-{month % 12 + 1:02}"


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Tell whether there are cohorts that bought; nothing is compared, so nothing fires.

    LEARNING while 28 days are not known, NOT_APPLICABLE where nobody was seen to join, or nothing
    was spent.
    """
    if begins_too_early(evaluation):
        return Verdict.LEARNING
    spent = evaluation["joined"]["spent_hundredths"] + evaluation["unseen"]["spent_hundredths"]
    if not evaluation["joined"]["members"] or not spent:
        return Verdict.NOT_APPLICABLE
    return Verdict.OK


def _horizon(_: CohortValueParameters) -> int:
    return 1


MEASURE = CommunityMeasure(
    CohortValueParameters,
    gather,
    verdict,
    _horizon,
    "value_per_joined_member_hundredths",
    needs_ledger=True,
    sees="cohorts",
)
