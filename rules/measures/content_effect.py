"""Content effect: how much of what is looked at is read, and how often it is shared (article, 4.1).

Both over the last 7 and the last 28 days, each with the counts that it was made from.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.events import EventType
from models.panes import LATE, Figure, Recent, total
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

WEEK_DAYS: Final = 7
MONTH_DAYS: Final = 28

_VIEWED: Final = int(EventType.CONTENT_VIEWED)
_SHARED: Final = int(EventType.SHARE_CREATED)
_COMPLETIONS: Final = int(Figure.COMPLETIONS)
_COMPLETED: Final = int(Figure.COMPLETION_HUNDREDTHS)


class ContentEffectParameters(Parameters):
    """`floor`: fewest views of 28 days that rates are made of."""

    compared: ClassVar = ("floor",)

    floor: Annotated[int, Field(ge=1)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count views, shares and what was read in the 7 and the 28 days that end on `day`."""
    month = _effect(panes[-MONTH_DAYS:], day)
    return {
        "value": month["shares"],
        "baseline": None,
        "change_percent": None,
        "window": month["window"],
        "baseline_window": None,
        "first_day": iso(first_day),
        "content": {"week": _effect(panes[-WEEK_DAYS:], day), "month": month},
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": total(panes[-MONTH_DAYS:], LATE),
    }


def _effect(panes: Recent, day: int) -> dict[str, Any]:
    """Add up the days of `panes`, the last of which is `day`.

    A view that does not say how much was read counts for the share rate alone.
    """
    views, shares = total(panes, _VIEWED), total(panes, _SHARED)
    completions = total(panes, _COMPLETIONS)
    return {
        "window": [iso(day - len(panes) + 1), iso(day)],
        "views": views,
        "shares": shares,
        "shares_percent": _part(100 * shares, views),
        "completions": completions,
        "read_percent": _part(total(panes, _COMPLETED), completions),
    }


def _part(hundredths: int, of: int) -> float | None:
    """Divide, cut to two digits; None by nothing."""
    return 100 * hundredths // of / 100 if of else None


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Tell whether the rates are of 28 known days; nothing is compared, so nothing fires.

    LEARNING while the 28 days begin before the first day that is known, NOT_APPLICABLE where
    nobody viewed anything, BELOW_FLOOR where fewer did than the floor.
    """
    month = evaluation["content"]["month"]
    if day_from_iso(month["window"][0]) < day_from_iso(evaluation["first_day"]):
        return Verdict.LEARNING
    if month["views"] == 0:
        return Verdict.NOT_APPLICABLE
    is_small = month["views"] < evaluation["threshold"]["floor"]
    return Verdict.BELOW_FLOOR if is_small else Verdict.OK


def _horizon(_: ContentEffectParameters) -> int:
    return MONTH_DAYS


MEASURE = CommunityMeasure(
    ContentEffectParameters, gather, verdict, _horizon, "shares_in_28_days", needs_ledger=True
)
