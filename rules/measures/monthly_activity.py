"""Monthly activity: how many of the known members had an interaction in 28 days (the opening).

Known at the close of D is who ever acted, viewed, joined, invited, was answered or was liked, and
has not left. Of these, those with an interaction over D-27..D are counted.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.ledger import WINDOW_DAYS
from models.panes import LATE, Figure
from models.totals import Totals
from rules.measures.measure import CommunityMeasure, Setting, begins_too_early, rate_percent
from rules.parameters import Parameters

_ACTIVE: Final = int(Figure.ACTIVE_MEMBERS)
_KNOWN: Final = int(Figure.KNOWN_MEMBERS)


class MonthlyActivityParameters(Parameters):
    """When few members are active.

    `minimum_percent`: active members of a hundred known ones that are enough; `floor`: fewest known
    members that are judged.
    """

    compared: ClassVar = ("minimum_percent", "floor")

    minimum_percent: Annotated[int, Field(ge=1, le=100)]
    floor: Annotated[int, Field(ge=1)]


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the members known at the close of `day`, and who of them was active in 28 days."""
    pane = totals.panes[-1]
    active, known = pane[_ACTIVE], pane[_KNOWN]
    return {
        "value": active,
        "known_members": known,
        "rate_percent": rate_percent(active, known),
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": totals.month[LATE],
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the 28 days: fewer active members per hundred known ones than the minimum fires.

    LEARNING while they are not known, BELOW_FLOOR with too few known members.
    """
    threshold, known = evaluation["threshold"], evaluation["known_members"]
    if begins_too_early(evaluation):
        return Verdict.LEARNING
    if known < threshold["floor"]:
        return Verdict.BELOW_FLOOR
    few = 100 * evaluation["value"] < threshold["minimum_percent"] * known
    return Verdict.FIRE if few else Verdict.OK


def _horizon(_: MonthlyActivityParameters) -> int:
    return WINDOW_DAYS


MEASURE = CommunityMeasure(
    MonthlyActivityParameters,
    gather,
    verdict,
    _horizon,
    "active_members_in_window",
    needs_ledger=True,
    sees="totals",
)
