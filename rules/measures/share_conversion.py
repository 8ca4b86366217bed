"""Share conversion: how many shares brought somebody in on one day (article, 4.2)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.events import EventType
from models.panes import Recent, counted
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

_SHARED: Final = int(EventType.SHARE_CREATED)
_CONVERTED: Final = int(EventType.SHARE_CONVERTED)


class ShareConversionParameters(Parameters):
    """`minimum`: conversions a day that are enough; `active_days`: days that show any sharing."""

    compared: ClassVar = ("minimum", "active_days")

    minimum: Annotated[int, Field(ge=1)]
    active_days: Annotated[int, Field(ge=1, le=365)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the conversions of `day`, and all sharing of the `active_days` that end on it."""
    parameters = setting.parameters
    assert isinstance(parameters, ShareConversionParameters)
    days = parameters.active_days
    sharing, late = counted(panes[-days:], _SHARED, _CONVERTED)
    return {
        "value": panes[-1][_CONVERTED],
        "baseline": None,
        "change_percent": None,
        "window": [iso(day), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "active": {"window": [iso(day - days + 1), iso(day)], "events": sharing},
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": late,
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the day: fewer than the minimum fires, in a community where people share at all.

    LEARNING on the first day, of which only a part may be known, NOT_APPLICABLE where nobody has
    shared, and no share brought somebody in, for `active_days`.
    """
    day = day_from_iso(evaluation["window"][1])
    if day <= day_from_iso(evaluation["first_day"]):
        return Verdict.LEARNING
    if evaluation["active"]["events"] == 0:
        return Verdict.NOT_APPLICABLE
    few = evaluation["value"] < evaluation["threshold"]["minimum"]
    return Verdict.FIRE if few else Verdict.OK


def _horizon(parameters: ShareConversionParameters) -> int:
    return parameters.active_days


MEASURE = CommunityMeasure(
    ShareConversionParameters, gather, verdict, _horizon, "share_conversions"
)
