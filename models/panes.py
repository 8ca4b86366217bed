"""Panes: what the persons of one community did on one local day.

A pane is a list of counters, one per `EventType` in the order of its numbers, then the number of
counted events that arrived after the day had closed. A list, because it is touched per event.
"""

from collections.abc import Mapping
from typing import Final

from models.events import SPEECH, EventType

Pane = list[int]
Panes = Mapping[int, Pane]

LATE: Final = len(EventType)
"""Index of the counter of late events."""
WIDTH: Final = len(EventType) + 1


def empty_pane() -> Pane:
    """Return a pane in which nothing has happened."""
    return [0] * WIDTH


def total(panes: Panes, first: int, last: int, *kinds: EventType) -> int:
    """Count events of `kinds` on the days `first` to `last`, both included."""
    count = 0
    for day in range(first, last + 1):
        pane = panes.get(day)
        if pane is not None:
            for kind in kinds:
                count += pane[kind]
    return count


def speech(panes: Panes, first: int, last: int) -> int:
    """Count speech (posts and replies) on the days `first` to `last`, both included."""
    return total(panes, first, last, *SPEECH)


def late(panes: Panes, first: int, last: int) -> int:
    """Count events of the days `first` to `last` that arrived after their day had closed."""
    return sum(panes[day][LATE] for day in range(first, last + 1) if day in panes)
