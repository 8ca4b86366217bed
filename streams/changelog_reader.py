"""Reads changelog partitions with a consumer of its own, from any offset on.

Not with Faust's recovery, which drops records around a rebalance (`streams.faust_assignor`).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.connection import Connection
from streams.faust_internals import SourceRecord

_WAIT_MS: Final = 500
_PIECE: Final = 1_000
"""Records handed on at once: a page of members is some 10 kB."""

Pieces = Mapping[int, Sequence[SourceRecord]]
"""Records by partition, in order."""


class Reading(Protocol):
    """A consumer of changelog partitions."""

    async def begin(self, starts: Mapping[int, int]) -> None:
        """Read these partitions, and no others, from these offsets."""

    async def ends(self, partitions: Iterable[int]) -> Mapping[int, int]:
        """Return the offsets at which partitions end now."""

    async def next(self) -> Pieces:
        """Return the next records; maybe none, after a while."""

    async def position(self, partition: int) -> int:
        """Return the offset at which a partition is read next."""

    def known_end(self, partition: int) -> int:
        """Return the end of a partition that is read, as of the last answer; 0 before one."""

    async def stop(self) -> None:
        """Stop reading."""


class ChangelogReader(Protocol):
    """Opens consumers of the changelog."""

    async def open(self) -> Reading:
        """Return a consumer that runs, and reads nothing yet."""


class KafkaChangelogReader:
    """Opens consumers of the changelog topic, without a group."""

    def __init__(self, connection: Connection, topic: str) -> None:
        """Bind the topic."""
        self._connection = connection
        self._topic = topic

    async def open(self) -> "KafkaReading":
        """Return a consumer that runs, and reads nothing yet."""
        consumer = AIOKafkaConsumer(
            **self._connection.aiokafka(),
            enable_auto_commit=False,
            group_id=None,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        return KafkaReading(consumer, self._topic)


class KafkaReading:
    """A consumer of changelog partitions."""

    def __init__(self, consumer: AIOKafkaConsumer, topic: str) -> None:
        """Take a consumer that was started."""
        self._consumer = consumer
        self._topic = topic

    async def begin(self, starts: Mapping[int, int]) -> None:
        """Read these partitions, and no others, from these offsets."""
        self._consumer.assign([self._place(partition) for partition in starts])
        for partition, start in starts.items():
            self._consumer.seek(self._place(partition), start)

    async def ends(self, partitions: Iterable[int]) -> Mapping[int, int]:
        """Return the offsets at which partitions end now."""
        ends = await self._consumer.end_offsets([self._place(number) for number in partitions])
        return {place.partition: end for place, end in ends.items()}

    async def next(self) -> Pieces:
        """Return the next records; maybe none, after a while."""
        fetched = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=_PIECE)
        return {place.partition: records for place, records in fetched.items()}

    async def position(self, partition: int) -> int:
        """Return the offset at which a partition is read next."""
        position: int = await self._consumer.position(self._place(partition))
        return position

    def known_end(self, partition: int) -> int:
        """Return the end of a partition that is read, as of the last answer; 0 before one."""
        return self._consumer.highwater(self._place(partition)) or 0

    async def stop(self) -> None:
        """Stop reading."""
        await self._consumer.stop()

    def _place(self, partition: int) -> TopicPartition:
        return TopicPartition(self._topic, partition)
