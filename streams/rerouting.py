"""What a worker does beside its batches so that misplaced records get home.

It reads what was rerouted to its partitions, tells other workers how far its own are routed, goes
on where that was waited for, and deletes rerouted records that nobody needs any more.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from aiokafka.errors import KafkaError
from kafka import TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import KafkaError as AdministrationError

from streams.connection import Connection
from streams.faust_internals import SourceRecord
from streams.kafka_reach import KafkaReach
from streams.keeper import Keeper
from streams.mark_exchange import MarkExchange
from streams.publish import Publisher

LOG = logging.getLogger("pulse")

LOOK_EVERY: Final = 0.1
TELL_EVERY: Final = 0.25
"""Seconds; where records wait for other workers, each look is told at once."""

DELETE_EVERY: Final = 60.0
_WORTH_IT: Final = 1_000
"""Records for which a deletion is asked for."""


class Deletion:
    """Deletes records of the topic of rerouted records."""

    def __init__(self, connection: Connection, topic: str) -> None:
        """Bind the topic."""
        self._connection = connection
        self._topic = topic
        self._deleted: dict[int, int] = {}

    async def before(self, offsets: dict[int, int]) -> None:
        """Delete what stands before these offsets, by partition, where it is worth it.

        Where it fails, the next time will do: the topic is larger until then.
        """
        due = {
            partition: offset
            for partition, offset in offsets.items()
            if offset >= self._deleted.get(partition, 0) + _WORTH_IT
        }
        if due:
            try:
                await asyncio.to_thread(self._delete, due)
            except (AdministrationError, OSError) as error:
                LOG.warning("rerouted records that are applied were not deleted: %s", error)
            else:
                self._deleted.update(due)

    def _delete(self, offsets: dict[int, int]) -> None:
        client = KafkaAdminClient(**self._connection.kafka_python())
        try:
            client.delete_records(
                {TopicPartition(self._topic, number): end for number, end in offsets.items()}
            )
        finally:
            client.close()


class Rerouting:
    """Joins a worker's keeper to the topics of rerouted records and of marks."""

    def __init__(
        self,
        keeper: Keeper,
        reach: KafkaReach,
        exchange: MarkExchange,
        deletion: Deletion,
        ready: Callable[[], bool],
    ) -> None:
        """Apply only while `ready` tells that the worker has its partitions."""
        self._keeper = keeper
        self._reach = reach
        self._exchange = exchange
        self._deletion = deletion
        self._ready = ready
        self._told_at = 0.0

    async def look(self, publisher: Publisher) -> None:
        """Notice how far all is read, tell it the others, and go on where that was waited for."""
        marks = self._keeper.look()
        known = self._keeper.marks
        now = time.monotonic()
        alone = len(marks) == known.partitions
        waiting = known.must_merge or known.catching_up
        if not alone and (waiting or now - self._told_at >= TELL_EVERY):
            self._told_at = now
            await self._exchange.publish(publisher.producer, marks)
        await self._keeper.go_on(publisher)

    async def read(self, publisher: Publisher) -> None:
        """Take in what is rerouted to the owned partitions, for ever."""

        async def take(partition: int, records: Sequence[SourceRecord]) -> int | None:
            wanted = await self._keeper.receive(partition, records, publisher)
            if self._ready():
                # Waited for: no more is read than is applied.
                await self._keeper.apply_ready(partition, publisher)
            return wanted

        try:
            await self._reach.read(take)
        finally:
            await self._reach.stop()

    async def listen(self, publisher: Publisher) -> None:
        """Learn how far the others have routed, for ever."""
        await self._exchange.read(lambda: self._go_on(publisher))

    async def delete_applied(self) -> None:
        """Delete rerouted records that are applied, and beyond the horizon of de-duplication."""
        offsets = {}
        for partition, (offset, instant) in self._keeper.superfluous().items():
            if offset:
                try:
                    first = await self._reach.first_since(partition, instant)
                except KafkaError as error:
                    LOG.warning("rerouted records were not looked up: %s", error)
                    return
                offsets[partition] = offset if first is None else min(offset, first)
        await self._deletion.before(offsets)

    async def _go_on(self, publisher: Publisher) -> None:
        if self._ready():
            await self._keeper.go_on(publisher)
