"""The partitions that a worker holds, and what is done with one of them at a time."""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager

from models.events import AHEAD_TOLERANCE
from streams.backlog import PIECE
from streams.batch import ROOM, STRIDE, Batch
from streams.incoming import Incoming
from streams.owned import Owned
from streams.partition_locks import PartitionLocks
from streams.publish import Publisher
from streams.router import Router
from streams.writing import Writer


def wall_clock() -> int:
    """Return the wall clock in milliseconds."""
    return time.time_ns() // 1_000_000


class Holdings:
    """The held partitions, their locks, and what has come for them.

    Who folds or writes a partition holds its lock, and does it within `whole`.
    """

    def __init__(self, router: Router, writer: Writer, *, follows_wall: bool) -> None:
        """Begin without partitions."""
        self.router = router
        self.owned: dict[int, Owned] = {}
        self.locks = PartitionLocks()
        self.incoming = Incoming()
        self.room = ROOM
        self.stride = STRIDE
        self._turn = asyncio.Lock()
        self._writer = writer
        self._follows_wall = follows_wall

    @contextmanager
    def whole(self, owned: Owned) -> Iterator[None]:
        """Drop the partition where its batch is cut short: the state is then ahead of its position.

        Any failure ends the process; a cancellation by Faust may not, and must not lead to the same
        records being folded twice.
        """
        try:
            yield
        except BaseException:
            if self.owned.get(owned.partition) is owned:
                del self.owned[owned.partition]
            raise

    async def fair_turn(self) -> None:
        """Wait until it is one's turn to fold: between two partitions the event loop gets one.

        Else all that become due at once, at a midnight, would hold it together.
        """
        async with self._turn:
            await asyncio.sleep(0)

    def latest(self) -> int | None:
        """Return how far a record may move the clock of its partition, in milliseconds."""
        return wall_clock() + AHEAD_TOLERANCE if self._follows_wall else None

    def is_locked(self, partition: int) -> bool:
        """Whether somebody folds or writes the partition just now."""
        return self.locks.of(partition).locked()

    async def fold(self, owned: Owned, most: int, publisher: Publisher) -> Batch:
        """Route and fold what has come, stride by stride, about `most` events of it.

        What stands in the batch that is returned is `owned.open` until it is written.
        """
        batch = owned.open or Batch(owned.room_of(self.room))
        end = batch.number + most
        batch.fold_ready(owned.state, owned.merge, self.latest())
        while not batch.is_full and batch.number < end:
            # Where records are sent home, each confirmation takes as long as folding many.
            stride = PIECE if self.router.marks.must_merge else self.stride
            records = self.incoming.take(owned.partition, stride)
            if not records:
                break
            await self.router.route(owned, records, self.latest(), publisher)
            batch.fold_ready(owned.state, owned.merge, self.latest())
        owned.open = batch if batch.moved else None
        return batch

    async def write(self, owned: Owned, publisher: Publisher) -> None:
        """Write the open batch of a partition."""
        batch, owned.open = owned.open, None
        assert batch is not None
        # Under `clock: wall` a worker that lags closes late, whatever its records say.
        behind = max(wall_clock() - owned.state.clock, 0) if self._follows_wall else 0
        await self._writer.write(owned, batch, publisher, behind)
