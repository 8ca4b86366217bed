"""Speech density: speech per day over one window against the window before it (article, 4.2).

Both windows have the same number of days, so counts are compared instead of quotients:
integers, without rounding.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.panes import Recent, speech
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters


class SpeechDensityParameters(Parameters):
    """How far speech may fall, and what is compared.

    `drop_percent`: so many percent less than before fire; `floor`: so much speech in the earlier
    window, or more, is compared with; `window_days`: days in each of the two windows.
    """

    compared: ClassVar = ("drop_percent", "floor")

    drop_percent: Annotated[int, Field(ge=1, le=100)]
    floor: Annotated[int, Field(ge=0)]
    window_days: Annotated[int, Field(ge=1, le=182)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the speech of the window that ends on `day` and of the window before it."""
    parameters = setting.parameters
    assert isinstance(parameters, SpeechDensityParameters)
    days = parameters.window_days
    current, late = speech(panes[-days:])
    previous, late_before = speech(panes[-2 * days : -days])
    return {
        "value": current,
        "baseline": previous,
        "change_percent": _change_percent(current, previous),
        "window": [iso(day - days + 1), iso(day)],
        "baseline_window": [iso(day - 2 * days + 1), iso(day - days)],
        "first_day": iso(first_day),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": late + late_before,
    }


def _change_percent(current: int, previous: int) -> float | None:
    if previous == 0:
        return None
    # Cut to two digits, not rounded: -19.999 must not read as the -20 that would have fired.
    hundredths = 10_000 * abs(current - previous) // previous
    return (hundredths if current >= previous else -hundredths) / 100


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the fall, inclusive, in integers.

    LEARNING while the earlier window begins before the first day, BELOW_FLOOR where it holds less
    speech than the floor, or none.
    """
    threshold = evaluation["threshold"]
    current, previous = evaluation["value"], evaluation["baseline"]
    if day_from_iso(evaluation["baseline_window"][0]) < day_from_iso(evaluation["first_day"]):
        return Verdict.LEARNING
    if previous < threshold["floor"] or previous == 0:
        return Verdict.BELOW_FLOOR
    fallen = 100 * (previous - current) >= threshold["drop_percent"] * previous
    return Verdict.FIRE if fallen else Verdict.OK


def _horizon(parameters: SpeechDensityParameters) -> int:
    return 2 * parameters.window_days


MEASURE = CommunityMeasure(SpeechDensityParameters, gather, verdict, _horizon, "speech_in_window")
