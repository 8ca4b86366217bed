"""Viral coefficient: members who joined by invitation, per member who invited (article, 3.1).

Over D-27..D: members who joined by somebody else's invitation (`inviter_id` of `member.joined`),
per member who sent `invite.sent` or by whose invitation somebody joined. Both counts stand in the
evaluation and are compared as integers; the rate is only for reading.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.ledger import WINDOW_DAYS
from models.panes import LATE, Figure
from models.totals import WEEK_DAYS, Totals
from rules.measures.measure import CommunityMeasure, Setting, begins_too_early, rate_percent
from rules.parameters import Parameters

_JOINED: Final = int(Figure.INVITED_JOINED)
_INVITERS: Final = int(Figure.INVITERS_28)
_INVITERS_7: Final = int(Figure.INVITERS_7)


class ViralCoefficientParameters(Parameters):
    """When few join by invitation.

    `minimum_percent`: newcomers per hundred inviters that are enough, over 28 days, which may be
    above 100, for one inviter may bring in several; `floor`: fewest inviters that are judged.
    """

    compared: ClassVar = ("minimum_percent", "floor")

    minimum_percent: Annotated[int, Field(ge=1, le=10_000)]
    floor: Annotated[int, Field(ge=1)]


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count who joined by invitation and who invited, in the 28 days that end on `day`.

    `week` says the same of the last seven days; it is not judged.
    """
    pane, week, month = totals.panes[-1], totals.week, totals.month
    joined, inviters = month[_JOINED], pane[_INVITERS]
    joined_lately, inviters_lately = week[_JOINED], pane[_INVITERS_7]
    return {
        "value": joined,
        "inviters": inviters,
        "rate_percent": rate_percent(joined, inviters),
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "week": {
            "window": [iso(day - WEEK_DAYS + 1), iso(day)],
            "joined": joined_lately,
            "inviters": inviters_lately,
            "rate_percent": rate_percent(joined_lately, inviters_lately),
        },
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": month[LATE],
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the 28 days: fewer newcomers per hundred inviters than the minimum fires.

    LEARNING while they are not known, NOT_APPLICABLE without inviters, BELOW_FLOOR with too few.
    """
    threshold, inviters = evaluation["threshold"], evaluation["inviters"]
    if begins_too_early(evaluation):
        return Verdict.LEARNING
    if inviters == 0:
        return Verdict.NOT_APPLICABLE
    if inviters < threshold["floor"]:
        return Verdict.BELOW_FLOOR
    few = 100 * evaluation["value"] < threshold["minimum_percent"] * inviters
    return Verdict.FIRE if few else Verdict.OK


def _horizon(_: ViralCoefficientParameters) -> int:
    return WINDOW_DAYS


MEASURE = CommunityMeasure(
    ViralCoefficientParameters,
    gather,
    verdict,
    _horizon,
    "joined_by_invitation_in_window",
    needs_ledger=True,
    sees="totals",
)
