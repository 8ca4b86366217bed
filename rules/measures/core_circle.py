"""The core circle: how many members half of everything rests on, against 28 days before (2.1).

Core members are the fewest who make the first half of the interactions of 28 days; one falls out
after 7 closes in a row below (as shipped, `member-tiers` sets both). Those at the close of D are
held against those at the close of D-28.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.ledger import WINDOW_DAYS
from models.panes import LATE, Figure, Recent, total
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

_CORE: Final = int(Figure.TIER_CORE)
_INTERACTIONS: Final = int(Figure.INTERACTIONS_28)
_COMPARED_DAYS: Final = 2 * WINDOW_DAYS


class CoreCircleParameters(Parameters):
    """`drop_percent`: fall that fires; `floor`: fewest core members before, below which none does.

    Both counts are of members in the core circle at a close, the earlier one 28 days before.
    """

    compared: ClassVar = ("drop_percent", "floor")

    drop_percent: Annotated[int, Field(ge=1, le=100)]
    floor: Annotated[int, Field(ge=0)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Read the core circle at the close of `day` and 28 days before.

    Both are None unless the 28 days before each of these closes are known.
    """
    current = previous = interactions = before = None
    late = 0
    if first_day <= day - _COMPARED_DAYS + 1:
        pane, earlier = panes[-1], panes[-1 - WINDOW_DAYS]
        current, previous = pane[_CORE], earlier[_CORE]
        interactions, before = pane[_INTERACTIONS], earlier[_INTERACTIONS]
        late = total(panes[-_COMPARED_DAYS:], LATE)
    return {
        "value": current,
        "baseline": previous,
        "change_percent": _change_percent(current, previous),
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "baseline_window": [iso(day - _COMPARED_DAYS + 1), iso(day - WINDOW_DAYS)],
        "first_day": iso(first_day),
        "interactions": interactions,
        "interactions_before": before,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": late,
    }


def _change_percent(current: int | None, previous: int | None) -> float | None:
    if current is None or not previous:
        return None
    # Cut to two digits, not rounded: -19.999 must not read as the -20 that would have fired.
    hundredths = 10_000 * abs(current - previous) // previous
    return (hundredths if current >= previous else -hundredths) / 100


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the fall, inclusive, in integers.

    LEARNING while 28 days before each of the closes are not known, BELOW_FLOOR where the earlier
    circle was too small, or nobody.
    """
    if day_from_iso(evaluation["baseline_window"][0]) < day_from_iso(evaluation["first_day"]):
        return Verdict.LEARNING
    threshold = evaluation["threshold"]
    current, previous = evaluation["value"], evaluation["baseline"]
    if previous < threshold["floor"] or previous == 0:
        return Verdict.BELOW_FLOOR
    fallen = 100 * (previous - current) >= threshold["drop_percent"] * previous
    return Verdict.FIRE if fallen else Verdict.OK


def _horizon(_: CoreCircleParameters) -> int:
    return _COMPARED_DAYS


MEASURE = CommunityMeasure(
    CoreCircleParameters, gather, verdict, _horizon, "core_circle", needs_ledger=True
)
