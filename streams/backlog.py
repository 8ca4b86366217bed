"""What was handed on of each partition and is not applied yet: the bound on reading ahead.

Faust takes whatever the client has fetched, up to thousands of messages, and a message is a piece
of thousands of records here. So a partition of which enough is in hand is passed over. What the
client has fetched of it stays with the client, as compressed bytes, and it fetches no more of it.
"""

import threading
from collections import Counter
from collections.abc import Callable, Set
from typing import Any, Final

PIECE: Final = 10_000
"""Records handed on at once: enough to spread the cost of a batch, few enough for the event loop
to breathe."""

IN_HAND: Final = 20 * PIECE
"""Records in hand of all partitions from which on only partitions that have none get any."""


class Piece:
    """Records of one partition, handed on together. They are in hand until taken, or let go."""

    __slots__ = ("_backlog", "_size", "partition", "records")

    def __init__(self, records: Any, partition: int, backlog: "Backlog | None" = None) -> None:
        """Count `records` as in hand of `backlog`, where there is a bound."""
        self.records, self.partition = records, partition
        self._size, self._backlog = len(records), backlog
        if backlog is not None:
            backlog.change(partition, self._size)

    @property
    def is_bounded(self) -> bool:
        """Whether there is a bound on how many records are in hand: on those of the source."""
        return self._backlog is not None

    @property
    def last(self) -> Any:
        """What tells the offset and the timestamp of the last record."""
        return self.records if self.is_bounded else self.records[-1]

    def take(self, most: int) -> list[Any]:
        """Unpack the next records, at most so many; fewer: that was all."""
        taken: list[Any] = self.records.take(most) if self.records else []
        if len(taken) < most:
            self.done()
        return taken

    def done(self) -> None:
        """Let go of the records: they are taken, or never will be."""
        size, self._size, self.records = self._size, 0, ()
        if size and self._backlog is not None:
            self._backlog.change(self.partition, -size)

    # Around a rebalance Faust drops messages without a word, in five places.
    __del__ = done


class Backlog:
    """How many records are in hand. The client's thread asks, the main thread lets go."""

    def __init__(self) -> None:
        """Nothing is in hand."""
        # Letting go may happen anywhere, even where the lock is held.
        self._lock = threading.RLock()
        self._in_hand: Counter[int] = Counter()
        self._total = 0
        self._paused: Set[int] = frozenset()
        self._refused = False
        self.on_room: Callable[[], None] = lambda: None
        """What to call where there may be room again for a partition that was refused."""

    def has_room(self, partition: int) -> bool:
        """Tell whether to hand on more of the partition: at most a piece waits behind another."""
        with self._lock:
            in_hand = self._in_hand[partition]
            room = in_hand == 0 or (in_hand < 2 * PIECE and self._total < IN_HAND)
            room = room and partition not in self._paused
            self._refused = self._refused or not room
        return room

    def pause(self, partitions: Set[int]) -> None:
        """Hand on nothing of these partitions, and of all others what there is room for."""
        with self._lock:
            resumed = bool(self._paused - partitions)
            self._paused = frozenset(partitions)
            call, self._refused = self._refused and resumed, self._refused and not resumed
        if call:
            self.on_room()

    def change(self, partition: int, records: int) -> None:
        """Count so many records more, or fewer, as in hand."""
        with self._lock:
            self._in_hand[partition] += records
            self._total += records
            call, self._refused = self._refused and records < 0, self._refused and records > 0
        if call:
            self.on_room()
