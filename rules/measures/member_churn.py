"""Member churn: how long a member who took part has been silent, in rungs (article, 5.2).

Counted are the whole days since the last interaction of a member who was core, active or potential
before. As shipped there is a record at 14, at 30 and at 60 days, all of one alert, whose `seq`
grows; at 90 days the alert ends as `lost`. Who left, or is lost, is not judged until the next
interaction. The verdict in the snapshot has the 30-day recall rate of each rung.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import Field, model_validator

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.ledger import Tier
from models.panes import RECALL_DAYS, Figure, Recent
from rules.measures.measure import LadderMeasure, Setting
from rules.parameters import Parameters

Silence = Annotated[int, Field(ge=1, le=3650)]

_FIRST, _BACK_FIRST = int(Figure.REACHED_FIRST), int(Figure.RECALLED_FIRST)
_SECOND, _BACK_SECOND = int(Figure.REACHED_SECOND), int(Figure.RECALLED_SECOND)
_THIRD, _BACK_THIRD = int(Figure.REACHED_THIRD), int(Figure.RECALLED_THIRD)

_CASES: Final = ("first", "second", "third", "lost")
_JUDGED: Final = frozenset(tier.name.lower() for tier in (Tier.CORE, Tier.ACTIVE, Tier.POTENTIAL))


class MemberChurnParameters(Parameters):
    """After how many whole silent days each rung is reached, and the member is lost.

    `first_days`: silent days that reach the first rung; `second_days`: silent days that reach the
    second; `third_days`: silent days that reach the third; `lost_days`: silent days after which
    nobody is called back any more.
    """

    compared: ClassVar = ("first_days", "second_days", "third_days", "lost_days")

    first_days: Silence
    second_days: Silence
    third_days: Silence
    lost_days: Silence

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.first_days < self.second_days < self.third_days < self.lost_days:
            raise ValueError("the rungs must be in rising order: first, second, third, lost")
        if self.for_days or self.keep_firing_days:
            raise ValueError("a rung is reached on its day: for_days and keep_firing_days are 0")
        return self


def bounds(parameters: MemberChurnParameters) -> tuple[int, ...]:
    """Return, by `Rung`, after how many silent days it is reached."""
    return (
        0,
        parameters.first_days,
        parameters.second_days,
        parameters.third_days,
        parameters.lost_days,
    )


def gather(last: int, day: int, tier: Tier, left: bool, setting: Setting) -> Evaluation:
    """Count the whole days from the last interaction to `day`; `case` names the rung."""
    silent = max(day - last, 0)
    return {
        "value": silent,
        "baseline": None,
        "change_percent": None,
        "window": [iso(min(last, day)), iso(day)],
        "baseline_window": None,
        "last_interaction_day": iso(last) if last else None,
        "case": _case(silent, setting.threshold),
        "tier_before": tier.name.lower(),
        "left": left,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": 0,
    }


def recall(panes: Recent, day: int) -> Evaluation:
    """Count, by rung, who of those who reached it came back within 30 days (article, 5.2: 58 %).

    Of those who reached it in the 30 days for which that is known at the close of `day`, the last
    of `panes`: each rung's `[came back, reached]`.
    """
    first = second = third = back_first = back_second = back_third = 0
    # One loop: a sum for each column would look at every pane six times.
    for pane in panes[-2 * RECALL_DAYS : -RECALL_DAYS]:
        first += pane[_FIRST]
        second += pane[_SECOND]
        third += pane[_THIRD]
        back_first += pane[_BACK_FIRST]
        back_second += pane[_BACK_SECOND]
        back_third += pane[_BACK_THIRD]
    return {
        "window": [iso(day - 2 * RECALL_DAYS + 1), iso(day - RECALL_DAYS)],
        "first": [back_first, first],
        "second": [back_second, second],
        "third": [back_third, third],
    }


def _case(silent: int, threshold: Mapping[str, Any]) -> str | None:
    reached = [name for name in _CASES if silent >= threshold[f"{name}_days"]]
    return reached[-1] if reached else None


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the silence, inclusive; NOT_APPLICABLE to who left, is lost, or never took part."""
    threshold, silent = evaluation["threshold"], evaluation["value"]
    if evaluation["case"] != _case(silent, threshold):
        raise ValueError("the case does not follow from the silent days")
    if evaluation["left"] or evaluation["tier_before"] not in _JUDGED:
        return Verdict.NOT_APPLICABLE
    if silent >= threshold["lost_days"]:
        return Verdict.NOT_APPLICABLE
    return Verdict.FIRE if silent >= threshold["first_days"] else Verdict.OK


MEASURE = LadderMeasure(
    MemberChurnParameters, gather, verdict, bounds, recall, horizon=2 * RECALL_DAYS
)
