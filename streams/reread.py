"""Reads a part of a source partition again, beside Faust's consumer.

For two reasons. The memory of de-duplication is not in the changelog: it would cost a record per
event; what it holds stands in the source topic, in the records that arrived within the horizon
before the clock. And messages that Faust has passed over are fetched from here: after a seek its
consumer may still hand on what it had fetched before, and then drops what it was asked for.
"""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.backlog import PIECE
from streams.connection import Connection
from streams.faust_internals import SourceRecord

_PATIENCE: Final = 60.0


class RereadError(Exception):
    """The source partition did not give back what was applied from it."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a partition: to before the offset `end`.

    From the first record that arrived at or after `since` (milliseconds), or where that is None
    from the offset `start`.
    """

    partition: int
    end: int
    since: int | None = None
    start: int = 0


class Reread(Protocol):
    """Gives the records of a stretch, in order and in pieces."""

    def open(self, stretch: Stretch) -> "RereadPieces":
        """Begin to read."""


class RereadPieces(Protocol):
    """The pieces of one stretch."""

    async def next(self) -> Sequence[SourceRecord]:
        """Return the next records; none at the end."""

    async def close(self) -> None:
        """Stop reading."""


async def read_again(
    reread: Reread, stretch: Stretch
) -> AsyncGenerator[Sequence[SourceRecord], None]:
    """Yield the pieces of a stretch."""
    pieces = reread.open(stretch)
    try:
        while records := await pieces.next():
            yield records
    finally:
        await pieces.close()


class KafkaReread:
    """Rereads with a consumer of its own, without a group."""

    def __init__(self, connection: Connection, topic: str) -> None:
        """Bind the source topic."""
        self._connection = connection
        self._topic = topic

    def open(self, stretch: Stretch) -> "_KafkaPieces":
        """Begin to read."""
        return _KafkaPieces(self._connection, self._topic, stretch)


class _KafkaPieces:
    def __init__(self, connection: Connection, topic: str, stretch: Stretch) -> None:
        self._place = TopicPartition(topic, stretch.partition)
        self._stretch = stretch
        self._consumer = AIOKafkaConsumer(
            **connection.aiokafka(),
            enable_auto_commit=False,
            group_id=None,
            # What is no longer there is passed over; the client's default would pass over the rest.
            auto_offset_reset="earliest",
            isolation_level="read_committed",
        )
        self._started = False
        self._deadline = 0.0

    async def next(self) -> Sequence[SourceRecord]:
        if not self._started and not await self._start():
            return []
        while await self._consumer.position(self._place) < self._stretch.end:
            fetched = await self._consumer.getmany(self._place, timeout_ms=500, max_records=PIECE)
            records = [
                record
                for record in fetched.get(self._place, [])
                if record.offset < self._stretch.end
            ]
            if records:
                self._deadline = asyncio.get_running_loop().time() + _PATIENCE
                return records
            if asyncio.get_running_loop().time() > self._deadline:
                raise RereadError(f"{self._place} gave nothing for {_PATIENCE:.0f} s")
        return []

    async def close(self) -> None:
        if self._started:
            await self._consumer.stop()

    async def _start(self) -> bool:
        await self._consumer.start()
        self._started = True
        self._deadline = asyncio.get_running_loop().time() + _PATIENCE
        self._consumer.assign([self._place])
        start = await self._first_offset()
        if start is None or start >= self._stretch.end:
            return False
        self._consumer.seek(self._place, start)
        return True

    async def _first_offset(self) -> int | None:
        since = self._stretch.since
        if since is None:
            return self._stretch.start
        first = (await self._consumer.offsets_for_times({self._place: since}))[self._place]
        return first.offset if first is not None else None
