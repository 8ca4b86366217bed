"""Share conversion as a rate: how many were brought in per hundred shares (article, 4.1 and 4.2).

`share.converted` over the window (as shipped D-6..D) is held against `share.created` over the same
days. Both counts stand in the evaluation and are compared as integers; the rate is only for
reading.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.events import EventType
from models.panes import LATE, Recent, counted, total
from rules.measures.measure import CommunityMeasure, Setting, begins_too_early, rate_percent
from rules.parameters import Parameters

_SHARED: Final = int(EventType.SHARE_CREATED)
_CONVERTED: Final = int(EventType.SHARE_CONVERTED)


class ShareConversionRateParameters(Parameters):
    """`minimum_percent`: conversions per hundred shares that are enough.

    `floor`: fewest shares that are judged; `window_days`: days counted; `active_days`: days that
    show any sharing.

    A share may bring in several, so a rate may be above 100.
    """

    compared: ClassVar = ("minimum_percent", "floor", "window_days", "active_days")

    minimum_percent: Annotated[int, Field(ge=1, le=10_000)]
    floor: Annotated[int, Field(ge=1)]
    window_days: Annotated[int, Field(ge=1, le=182)]
    active_days: Annotated[int, Field(ge=1, le=365)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count conversions and shares of the window that ends on `day`, and whether any sharing is."""
    parameters = setting.parameters
    assert isinstance(parameters, ShareConversionRateParameters)
    days, active = parameters.window_days, parameters.active_days
    window = panes[-days:]
    converted, shared = total(window, _CONVERTED), total(window, _SHARED)
    sharing, late = counted(panes[-active:], _SHARED)
    return {
        "value": converted,
        "shares": shared,
        "rate_percent": rate_percent(converted, shared),
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - days + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "active": {"window": [iso(day - active + 1), iso(day)], "events": sharing},
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": late if active >= days else total(window, LATE),
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the window: fewer conversions per hundred shares than the minimum fires.

    LEARNING while the window begins before the first day, NOT_APPLICABLE where nobody has shared
    for `active_days`, BELOW_FLOOR where the window holds fewer shares than the floor.
    """
    threshold, shared = evaluation["threshold"], evaluation["shares"]
    if begins_too_early(evaluation):
        return Verdict.LEARNING
    if evaluation["active"]["events"] == 0:
        return Verdict.NOT_APPLICABLE
    if shared < threshold["floor"]:
        return Verdict.BELOW_FLOOR
    few = 100 * evaluation["value"] < threshold["minimum_percent"] * shared
    return Verdict.FIRE if few else Verdict.OK


def _horizon(parameters: ShareConversionRateParameters) -> int:
    return max(parameters.window_days, parameters.active_days)


MEASURE = CommunityMeasure(
    ShareConversionRateParameters, gather, verdict, _horizon, "share_conversions_in_window"
)
