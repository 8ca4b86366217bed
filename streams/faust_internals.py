"""Everything of Faust's inside that Pulse leans on, and the check that it is still there.

Faust hands an agent one event at a time and restores a table one record at a time; Pulse needs
whole fetches. Its documented `ConsumerScheduler` setting sees them, so the scheduler below yields
one pseudo-record per partition and fetch, whose value is the list of records. The other classes
follow from that, and from keeping progress in the state instead of in the group's offsets.

`check_internals` is called before a worker starts: an upgrade that changes one of these seams is
refused by name instead of losing events quietly.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, cast

import faust
from aiokafka import AIOKafkaProducer
from aiokafka.consumer import fetcher
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchPy
from faust.stores import memory
from faust.tables.base import Collection
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers.aiokafka import (
    AIOKafkaConsumerThread,
    Consumer,
    Producer,
    Transport,
)
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP, EventT

from streams.compression import codec_user
from streams.source_consumer import SEAMS, PausableConsumer

MAXIMUM_BATCH: Final = 10_000
"""Records handed on at once: enough to spread the cost of a batch, few enough for the event loop
to breathe."""


class SourceRecord(Protocol):
    """One record as aiokafka unpacks it; which partition it is of is known where it is used."""

    @property
    def offset(self) -> int: ...  # noqa: D102
    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def key(self) -> bytes | None: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


class CoalescedRecord:
    """A pseudo-record that stands for several: the last one's place, all their content."""

    __slots__ = (
        "checksum",
        "headers",
        "key",
        "offset",
        "partition",
        "serialized_key_size",
        "serialized_value_size",
        "timestamp",
        "timestamp_type",
        "topic",
        "value",
    )

    def __init__(self, place: TP, records: list[Any]) -> None:
        """Stand for `records`, which are of the partition `place` and in order."""
        last = records[-1]
        self.topic = place.topic
        self.partition = place.partition
        self.offset = last.offset
        self.timestamp = last.timestamp
        self.timestamp_type = last.timestamp_type
        self.headers: tuple[()] = ()
        self.key = None
        self.value = records
        self.checksum = None
        self.serialized_key_size = self.serialized_value_size = 0


class CoalescingScheduler(DefaultSchedulingStrategy):
    """Yields the records of a fetch by partition, in pieces of at most `MAXIMUM_BATCH`."""

    def iterate(self, records: Mapping[TP, list[Any]]) -> Iterator[tuple[TP, Any]]:
        """Yield one pseudo-record per partition in turn, until all are handed on."""
        start = 0
        while any(start < len(fetched) for fetched in records.values()):
            for partition, fetched in records.items():
                piece = fetched[start : start + MAXIMUM_BATCH]
                if piece:
                    yield partition, CoalescedRecord(partition, piece)
            start += MAXIMUM_BATCH


class RawSchema(faust.Schema):
    """Hands the pseudo-record's list on, without decoding anything."""

    def loads_key(self, app: Any, message: Any, **options: Any) -> Any:
        """Return no key: a batch has many."""
        return None

    def loads_value(self, app: Any, message: Any, **options: Any) -> Any:
        """Return the list of records."""
        return message.value


class StateKeeper(Protocol):
    """What keeps the state: the worker. Nothing it does may fail quietly, so it never raises."""

    def begin_recovery(self, partition: int) -> None:
        """Forget what was read of the partition's changelog: it is read from the start."""

    def absorb(self, partition: int, records: Iterable[SourceRecord]) -> None:
        """Take in records of the partition's changelog."""

    async def complete_recovery(self, partitions: set[int]) -> None:
        """Build the state of these partitions, and drop every other."""

    def next_offset(self, partition: int) -> int | None:
        """Return the first offset not yet applied; None where the partition is not held."""


class StateStore(memory.Store):
    """The table's store: changelog records go to the keeper as they come, lists of them."""

    keeper: StateKeeper

    def apply_changelog_batch(
        self,
        batch: Iterable[EventT],
        to_key: Callable[[Any], Any],
        to_value: Callable[[Any], Any],
    ) -> None:
        """Hand the coalesced records of a recovery on."""
        for event in batch:
            self.keeper.absorb(event.message.partition, cast(Iterable[SourceRecord], event.value))

    def persisted_offset(self, tp: TP) -> int | None:
        """Answer that nothing is held, so that a recovery reads the changelog from its start.

        Faust asks once per partition and rebalance, before it reads; for a partition that stays
        it would else go on where the last recovery ended and miss what others wrote since.
        """
        self.keeper.begin_recovery(tp.partition)
        return -1

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Build the state of the partitions that are ours now."""
        await self.keeper.complete_recovery({tp.partition for tp in active_tps})


def state_table(keeper: StateKeeper) -> type[faust.Table[Any, Any]]:
    """Return a Table class whose store feeds `keeper`."""

    class StateTable(faust.Table[Any, Any]):
        def _new_store(self) -> Any:
            store = StateStore(
                "memory://", self.app, self, table_name=self.name, key_type=bytes, value_type=bytes
            )
            store.keeper = keeper
            return store

    return StateTable


def watermark_consumer(keeper: StateKeeper, source: str) -> type[Consumer]:
    """Return a Consumer class whose position and commits on the topic `source` come from `keeper`.

    Around a rebalance Faust passes over messages it had delivered, and its bookkeeping of gaps
    then lets the commit go beyond what was applied. The state knows better: after a recovery
    reading goes on behind the last offset applied, and the committed offset only shows lag.
    """

    class CommittedThread(AIOKafkaConsumerThread):
        def _create_worker_consumer(self, transport: Any) -> Any:
            consumer = super()._create_worker_consumer(transport)
            # What was aborted has not happened. Faust asks for it only in its own transactions.
            consumer._isolation_level = "read_committed"
            return consumer

    class WatermarkConsumer(PausableConsumer):
        def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
            return CommittedThread(self, loop=self.loop, beacon=self.beacon)

        def _new_offset(self, tp: TP) -> int | None:
            if tp.topic != source:
                return super()._new_offset(tp)
            self._acked[tp].clear()
            self._acked_index[tp].clear()
            return keeper.next_offset(tp.partition) or None

        async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
            if tp.topic != source:
                await super()._add_gap(tp, offset_from, offset_to)

        async def perform_seek(self) -> None:
            await super().perform_seek()
            for tp in sorted(self.assignment()):
                offset = keeper.next_offset(tp.partition) if tp.topic == source else None
                if offset is not None:
                    await self.seek(tp, offset)

    return WatermarkConsumer


class IdempotentProducer(Producer):
    """Faust's producer, whose retries the broker knows as such.

    A retry after a lost confirmation would write a batch twice; whoever counts on writing alone
    (`streams.record_batches`) would take its own repeat for somebody else's record, and end.
    """

    def _settings_extra(self) -> Mapping[str, Any]:
        return {**super()._settings_extra(), "acks": "all", "enable_idempotence": True}


def replace_clients(app: faust.App, consumer: type[Consumer]) -> None:
    """Let the app read with `consumer` and write with an idempotent producer."""
    app.transport.Consumer = consumer
    app.transport.Producer = IdempotentProducer


def kafka_producer(app: faust.App) -> AIOKafkaProducer:
    """Return the aiokafka producer of a running app: it writes whole batches to a partition."""
    return app.producer._ensure_producer()


class InternalsError(RuntimeError):
    """Faust or aiokafka has changed where Pulse leans on it."""


_PARAMETERS: Final[tuple[tuple[Callable[..., Any], tuple[str, ...]], ...]] = (
    (DefaultSchedulingStrategy.iterate, ("self", "records")),
    (faust.Schema.loads_key, ("self", "app", "message", "loads", "serializer")),
    (faust.Schema.loads_value, ("self", "app", "message", "loads", "serializer")),
    (memory.Store.apply_changelog_batch, ("self", "batch", "to_key", "to_value")),
    (memory.Store.persisted_offset, ("self", "tp")),
    (memory.Store.on_recovery_completed, ("self", "active_tps", "standby_tps")),
    (Collection._new_store, ("self",)),
    (Recovery._add, ("self", "table", "tp", "offsets")),
    (BaseConsumer._new_offset, ("self", "tp")),
    (BaseConsumer._add_gap, ("self", "tp", "offset_from", "offset_to")),
    (BaseConsumer.perform_seek, ("self",)),
    (BaseConsumer.seek, ("self", "partition", "offset")),
    (fetcher.PartitionRecords._consumer_record, ("self", "tp", "record")),
    (fetcher.PartitionRecords._unpack_records, ("self",)),
    (AIOKafkaConsumerThread._create_worker_consumer, ("self", "transport")),
    (AIOKafkaConsumerThread._ensure_consumer, ("self",)),
    (Consumer._new_consumer_thread, ("self",)),
    (Producer._ensure_producer, ("self",)),
    (Producer._settings_extra, ("self",)),
    (AIOKafkaProducer.create_batch, ("self",)),
    (AIOKafkaProducer.send_batch, ("self", "batch", "topic", "partition")),
    (BatchBuilder.append, ("self", "timestamp", "key", "value", "headers")),
    (_DefaultRecordBatchPy._maybe_uncompress, ("self",)),
    *SEAMS,
)


def check_internals() -> None:
    """Raise InternalsError, naming the seam, where one is not as Pulse expects it."""
    for function, expected in _PARAMETERS:
        found = tuple(inspect.signature(function).parameters)
        if found != expected:
            raise InternalsError(
                f"{function.__module__}.{function.__qualname__} takes {found}, "
                f"Pulse was written for {expected}"
            )
    if not inspect.iscoroutinefunction(BaseConsumer.perform_seek):
        raise InternalsError("Consumer.perform_seek is no coroutine any more")
    for name in ("Consumer", "Producer"):
        if not inspect.isclass(getattr(Transport, name, None)):
            raise InternalsError(f"Transport.{name} is gone")
    if not hasattr(codec_user(), "lz4_encode"):
        raise InternalsError(f"{codec_user().__name__}.lz4_encode is gone")
    if not hasattr(fetcher, "MemoryRecords"):
        raise InternalsError("aiokafka.consumer.fetcher.MemoryRecords is gone")
