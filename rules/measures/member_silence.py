"""Member silence: whole days since a member's last interaction (article, 4.2)."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import iso
from rules.measures.measure import MemberMeasure, Setting
from rules.parameters import Parameters


class MemberSilenceParameters(Parameters):
    """`silent_days`: so many whole days without interaction fire."""

    compared: ClassVar = ("silent_days",)

    silent_days: Annotated[int, Field(ge=1, le=3650)]


def gather(last: int, day: int, setting: Setting) -> Evaluation:
    """Count the whole days from the last interaction to `day`; an event after `day` counts 0."""
    return {
        "value": max(day - last, 0),
        "baseline": None,
        "change_percent": None,
        "window": [iso(min(last, day)), iso(day)],
        "baseline_window": None,
        "last_interaction_day": iso(last) if last else None,
        "left": False,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": 0,
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the silence, inclusive; NOT_APPLICABLE to a member who has left."""
    if evaluation["left"]:
        return Verdict.NOT_APPLICABLE
    silent = evaluation["value"] >= evaluation["threshold"]["silent_days"]
    return Verdict.FIRE if silent else Verdict.OK


def _due(last: int, parameters: MemberSilenceParameters) -> int:
    return last + parameters.silent_days


MEASURE = MemberMeasure(MemberSilenceParameters, gather, verdict, _due)
