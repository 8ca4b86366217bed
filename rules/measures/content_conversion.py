"""Content conversion: how many of those who viewed something also spoke (article, 3.2).

The article does not say how it counts. Here it is members, each once: those with a post or reply,
among those with a `content.viewed`, both over D-27..D.
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

_VIEWERS: Final = int(Figure.VIEWERS_28)
_SPEAKING: Final = int(Figure.SPEAKING_VIEWERS_28)


class ContentConversionParameters(Parameters):
    """When few of the viewers speak.

    `minimum_permille`: speakers among a thousand viewers that are enough, over 28 days;
    `floor`: fewest viewers that are judged.
    """

    compared: ClassVar = ("minimum_permille", "floor")

    minimum_permille: Annotated[int, Field(ge=1, le=1_000)]
    floor: Annotated[int, Field(ge=1)]


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the viewers of the 28 days that end on `day`, and who of them spoke in these days."""
    pane = totals.panes[-1]
    spoke, viewers = pane[_SPEAKING], pane[_VIEWERS]
    return {
        "value": spoke,
        "viewers": viewers,
        "rate_percent": rate_percent(spoke, viewers),
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
    """Judge the 28 days: fewer speakers per thousand viewers than the minimum fires.

    LEARNING while they are not known, NOT_APPLICABLE without viewers, BELOW_FLOOR with too few.
    """
    threshold, viewers = evaluation["threshold"], evaluation["viewers"]
    if begins_too_early(evaluation):
        return Verdict.LEARNING
    if viewers == 0:
        return Verdict.NOT_APPLICABLE
    if viewers < threshold["floor"]:
        return Verdict.BELOW_FLOOR
    few = 1_000 * evaluation["value"] < threshold["minimum_permille"] * viewers
    return Verdict.FIRE if few else Verdict.OK


def _horizon(_: ContentConversionParameters) -> int:
    return WINDOW_DAYS


MEASURE = CommunityMeasure(
    ContentConversionParameters,
    gather,
    verdict,
    _horizon,
    "speaking_viewers_in_window",
    needs_ledger=True,
    sees="totals",
)
