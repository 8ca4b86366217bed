"""Panes: what the persons of one community did on one local day.

A pane is a list of counters, one per `EventType` in the order of its numbers, then the number of
counted events that arrived after the day had closed. A list, because it is touched per event.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from models.events import SPEECH, EventType

Pane = list[int]
Panes = Mapping[int, Pane]

LATE: Final = len(EventType)
"""Index of the counter of late events."""
WIDTH: Final = len(EventType) + 1
_SPEECH: Final = tuple(int(kind) for kind in SPEECH)


def empty_pane() -> Pane:
    """Return a pane in which nothing has happened."""
    return [0] * WIDTH


def window(panes: Panes, first: int, last: int) -> list[Pane]:
    """Return the panes of the days `first` to `last`, both included, that there are."""
    get = panes.get
    return [pane for day in range(first, last + 1) if (pane := get(day)) is not None]


def total(panes: Sequence[Pane], *kinds: int) -> int:
    """Count events of `kinds` in `panes`."""
    return sum([pane[kind] for kind in kinds for pane in panes])


def speech(panes: Sequence[Pane]) -> int:
    """Count speech (posts and replies) in `panes`."""
    return total(panes, *_SPEECH)


def late(panes: Sequence[Pane]) -> int:
    """Count the events of `panes` that arrived after their day had closed."""
    return sum([pane[LATE] for pane in panes])
