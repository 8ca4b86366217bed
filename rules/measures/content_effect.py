"""Content effect: how much of what is looked at is read, and how often it is shared (article, 4.1).

`share.created` per `content.viewed`, and the mean `completion` of the views that say it: over
D-6..D and over D-27..D, each with the counts that it was made from.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.events import EventType
from models.ledger import WINDOW_DAYS
from models.panes import LATE, Figure, Pane
from models.totals import WEEK_DAYS, Totals
from rules.measures.measure import CommunityMeasure, Setting, rate_percent
from rules.parameters import Parameters

_VIEWED: Final = int(EventType.CONTENT_VIEWED)
_SHARED: Final = int(EventType.SHARE_CREATED)
_COMPLETIONS: Final = int(Figure.COMPLETIONS)
_COMPLETED: Final = int(Figure.COMPLETION_HUNDREDTHS)


class ContentEffectParameters(Parameters):
    """`floor`: fewest views of 28 days that rates are made of."""

    compared: ClassVar = ("floor",)

    floor: Annotated[int, Field(ge=1)]


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count views, shares and what was read in the 7 and the 28 days that end on `day`."""
    month = _effect(totals.month, WINDOW_DAYS, day)
    return {
        "value": month["shares"],
        "baseline": None,
        "change_percent": None,
        "window": month["window"],
        "baseline_window": None,
        "first_day": iso(first_day),
        "content": {"week": _effect(totals.week, WEEK_DAYS, day), "month": month},
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": totals.month[LATE],
    }


def _effect(total: Pane, days: int, day: int) -> dict[str, Any]:
    """Read what the `days` days that end on `day` hold together.

    A view that does not say how much was read counts for the share rate alone.
    """
    views, shares, completions = total[_VIEWED], total[_SHARED], total[_COMPLETIONS]
    return {
        "window": [iso(day - days + 1), iso(day)],
        "views": views,
        "shares": shares,
        "shares_percent": rate_percent(shares, views),
        "completions": completions,
        # Hundredths of a whole one, each: their mean is a rate in a hundred already.
        "read_percent": 100 * total[_COMPLETED] // completions / 100 if completions else None,
    }


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
    return WINDOW_DAYS


MEASURE = CommunityMeasure(
    ContentEffectParameters,
    gather,
    verdict,
    _horizon,
    "shares_in_28_days",
    needs_ledger=True,
    sees="totals",
)
