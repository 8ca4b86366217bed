"""Totals: what the last week and the last 28 days of a community hold together.

Where a ledger is kept, a community keeps its totals from close to close: to move them on costs as
much as to add up two days. They follow from the panes, and are not stored.
"""

from operator import add, sub
from typing import Final, NamedTuple

from models.ledger import WINDOW_DAYS
from models.panes import NOTHING, Figure, Pane, Panes, Recent, recent

WEEK_DAYS: Final = 7
_WIDTH: Final = int(Figure.NEW_INVITERS) + 1


class Totals(NamedTuple):
    """The wide pane of a day, and what the 7 and the 28 days that end on it hold together.

    `week` and `month` are panes that end with `NEW_INVITERS`: the figures behind it are of a window
    already, or grow after their day.
    """

    pane: Pane
    week: Pane
    month: Pane


NO_TOTALS: Final = Totals(NOTHING, NOTHING[:_WIDTH], NOTHING[:_WIDTH])
"""The totals of days without events; nobody counts in them."""


def add_up(panes: Panes, day: int) -> Totals:
    """Return the totals as of `day`, out of wide panes."""
    pane = panes.get(day, NOTHING)
    return Totals(
        pane, _sums(recent(panes, day, WEEK_DAYS)), _sums(recent(panes, day, WINDOW_DAYS))
    )


def _sums(panes: Recent) -> Pane:
    return list(map(sum, zip(*[pane[:_WIDTH] for pane in panes], strict=True)))


def move_on(totals: Totals, panes: Panes, day: int) -> Totals:
    """Return the totals as of `day`, out of those of the day before and the panes as they were."""
    pane = panes.get(day, NOTHING)
    gone_of_week = panes.get(day - WEEK_DAYS, NOTHING)
    gone_of_month = panes.get(day - WINDOW_DAYS, NOTHING)
    # Mapped in C, and as long as the shortest: the totals.
    return Totals(
        pane,
        list(map(add, map(sub, totals.week, gone_of_week), pane)),
        list(map(add, map(sub, totals.month, gone_of_month), pane)),
    )
