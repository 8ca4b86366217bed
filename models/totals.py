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
    """The wide panes of the last days, and what the last 7 and the last 28 of them hold together.

    `week` and `month` are panes that end with `NEW_INVITERS`: the figures behind it are of a window
    already, or grow after their day.
    """

    panes: Recent
    week: Pane
    month: Pane


NO_TOTALS: Final = Totals([NOTHING] * WINDOW_DAYS, NOTHING[:_WIDTH], NOTHING[:_WIDTH])
"""The totals of days without events; nobody counts in them."""


def add_up(panes: Panes, day: int, days: int = WINDOW_DAYS) -> Totals:
    """Return the totals as of `day`, with the panes of so many days, 28 or more."""
    last = recent(panes, day, days)
    return Totals(last, _sums(last[-WEEK_DAYS:]), _sums(last[-WINDOW_DAYS:]))


def _sums(panes: Recent) -> Pane:
    return list(map(sum, zip(*[pane[:_WIDTH] for pane in panes], strict=True)))


def move_on(totals: Totals, pane: Pane) -> Totals:
    """Return the totals as of the next day, which has this pane, while the others are as they were.

    It looks no further back than before.
    """
    panes, week, month = totals
    # Mapped in C, and as long as the shortest: the totals.
    return Totals(
        [*panes[1:], pane],
        list(map(add, map(sub, week, panes[-WEEK_DAYS]), pane)),
        list(map(add, map(sub, month, panes[-WINDOW_DAYS]), pane)),
    )
