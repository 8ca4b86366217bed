"""What is folded of a partition and not yet written: the batch that is under way."""

import time
from dataclasses import dataclass, field
from typing import Final

from rules.effects import Output, Tally
from rules.engine import fold
from rules.state import Partition
from streams.backlog import PIECE
from streams.merge import Merge
from streams.routed import Refused

ROOM: Final = 400
"""Outputs after which a fold is cut at the next close, and written as a batch of its own: it holds
the event loop, and all that it causes stands in memory."""

STRIDE: Final = 500
"""So many records are decoded and then folded at a time: what was decoded is still in the
processor's cache. A batch may have many strides."""

PHASE: Final = 1_000
"""So many events of a partition are folded before another one's turn comes, while catching up."""


@dataclass(slots=True)
class Batch:
    """What some folds caused, one after another, and the records before them that were refused.

    `room` is how many outputs it may have. `moved` says that there is something to be written, if
    only a position, and `is_full` that it has to be before any more is folded. `seconds` were spent
    on `number` events.
    """

    room: int
    outputs: list[Output] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    number: int = 0
    seconds: float = 0.0
    moved: bool = False
    is_full: bool = False

    def fold_ready(self, state: Partition, merge: Merge, latest: int | None) -> None:
        """Fold the events of a partition that need to wait no longer, as far as there is room."""
        if self.is_full:
            return
        events = merge.ready(PIECE - self.number)
        if not events and not merge.has_passed:
            return
        begun, before = time.perf_counter(), self.tally.read
        room = self.room - len(self.outputs)
        effects = fold(state, events, limit=latest, tally=self.tally, room=room)
        self.seconds += time.perf_counter() - begun
        number = self.tally.read - before if effects.stopped else len(events)
        self.outputs += effects.outputs
        self.refused += merge.advance(number)
        self.number += number
        self.moved = True
        self.is_full = effects.stopped or self.number >= PIECE
