"""Panes: what the persons of one community did on one local day.

A pane is a list of counters, one per `EventType` in the order of its numbers, then the number of
counted events that arrived after the day had closed. A list, because it is touched per event.
"""

from collections.abc import Mapping, Sequence
from itertools import repeat
from typing import Final

from models.events import SPEECH, EventType

Pane = list[int]
Panes = Mapping[int, Pane]
Recent = Sequence[Pane]
"""The panes of days in a row, the last of them at the end: `recent[-7:]` is a week."""

LATE: Final = len(EventType)
"""Index of the counter of late events."""
WIDTH: Final = len(EventType) + 1
_SPEECH: Final = tuple(int(kind) for kind in SPEECH)


def empty_pane() -> Pane:
    """Return a pane in which nothing has happened."""
    return [0] * WIDTH


NOTHING: Final = empty_pane()
"""The pane of a day without events; nobody counts in it."""


def recent(panes: Panes, day: int, days: int) -> list[Pane]:
    """Return the panes of the `days` days that end on `day`, one for each of them."""
    return list(map(panes.get, range(day - days + 1, day + 1), repeat(NOTHING)))


def counted(panes: Recent, kind: int, other: int | None = None) -> tuple[int, int]:
    """Count the events of one type, or of two, and the late ones of all types, in one pass."""
    events = late = 0
    if other is None:
        for pane in panes:
            events += pane[kind]
            late += pane[LATE]
    else:
        for pane in panes:
            events += pane[kind] + pane[other]
            late += pane[LATE]
    return events, late


def speech(panes: Recent) -> tuple[int, int]:
    """Count the speech (posts and replies), and the late events of all types."""
    return counted(panes, *_SPEECH)
