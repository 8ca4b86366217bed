"""How far partitions reach, from the cluster: what Faust's consumer knows, and one of our own.

The consumer of our own has no group. It reads the topic of rerouted records, and asks for offsets.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.backlog import PIECE
from streams.connection import Connection
from streams.faust_internals import SourceRecord
from streams.reach import Ends
from streams.reread import KafkaReread, RereadPieces, Stretch
from streams.source_consumer import SourceConsumer

_Take = Callable[[int, Sequence[SourceRecord]], Awaitable[int | None]]
"""Takes records of a partition; returns from where on it wants more, None where it does not."""


class KafkaReach:
    """The reach of the events topic `source`, and of the topic `rerouted`."""

    def __init__(
        self,
        connection: Connection,
        source: str,
        rerouted: str,
        partitions: int,
        consumer: SourceConsumer,
    ) -> None:
        """Bind the topics; nothing is asked yet."""
        self._connection = connection
        self._source = [TopicPartition(source, number) for number in range(partitions)]
        self._rerouted = [TopicPartition(rerouted, number) for number in range(partitions)]
        self._reread = KafkaReread(connection, rerouted)
        self._of_source = consumer
        self._stood: dict[int, tuple[int, int]] = {}
        self._consumer: AIOKafkaConsumer | None = None

    # Rerouted records -----------------------------------------------------------------------

    def open(self, stretch: Stretch) -> RereadPieces:
        """Begin to read rerouted records again."""
        return self._reread.open(stretch)

    async def ends(self) -> Ends:
        """Return where partitions end now."""
        consumer = await self._started()
        source = await consumer.end_offsets(self._source)
        begins = await consumer.beginning_offsets(self._rerouted)
        rerouted = await consumer.end_offsets(self._rerouted)
        return Ends(
            [source[place] for place in self._source],
            [begins[place] for place in self._rerouted],
            [rerouted[place] for place in self._rerouted],
        )

    async def follow(self, places: Mapping[int, int]) -> None:
        """Hand on rerouted records from now on: of these partitions, from these offsets."""
        consumer = await self._started()
        self._stood.clear()
        consumer.assign([self._rerouted[number] for number in places])
        for number, offset in places.items():
            consumer.seek(self._rerouted[number], offset)

    async def read(self, take: _Take) -> None:
        """Hand the records that were rerouted to the followed partitions to `take`, for ever."""
        consumer = await self._started()
        while True:
            fetched = await consumer.getmany(timeout_ms=1_000, max_records=PIECE)
            takes = (take(place.partition, records) for place, records in fetched.items())
            for place, wanted in zip(fetched, await asyncio.gather(*takes), strict=True):
                # What was fetched may be of before a recovery, which has gone back.
                gone_back = wanted is not None and wanted != fetched[place][-1].offset + 1
                if gone_back and place in consumer.assignment():
                    consumer.seek(place, wanted)

    async def first_since(self, partition: int, instant: int) -> int | None:
        """Return the offset of the first rerouted record that arrived at `instant` or later."""
        place = self._rerouted[partition]
        found = await (await self._started()).offsets_for_times({place: max(instant, 0)})
        return None if found[place] is None else int(found[place].offset)

    async def stop(self) -> None:
        """Let go of the consumer."""
        consumer, self._consumer = self._consumer, None
        if consumer is not None:
            await consumer.stop()

    async def _started(self) -> AIOKafkaConsumer:
        if self._consumer is None:
            consumer: Any = AIOKafkaConsumer(
                **self._connection.aiokafka(),
                enable_auto_commit=False,
                group_id=None,
                auto_offset_reset="earliest",
                isolation_level="read_committed",
            )
            await consumer.start()
            self._consumer = consumer
        return self._consumer

    # Source records -------------------------------------------------------------------------

    def since(self, partition: int, offset: int) -> int:
        """Return a time at which the source record at `offset`, which was read, stood there."""
        end, at = self._stood.get(partition, (0, 0))
        if offset >= end:
            end, at = self._stood[partition] = self._of_source.end_before(partition)
        return at if offset < end else time.time_ns() // 1_000_000

    def read_at(self, partition: int, offset: int) -> int:
        """Return when it was last seen that the source partition ends at `offset`; 0 for never."""
        at, end = self._of_source.end_after(partition)
        return at if end is not None and offset >= end else 0

    def pause(self, partitions: Set[int]) -> None:
        """Read all owned source partitions but these."""
        self._of_source.pause(partitions)
