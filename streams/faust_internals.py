"""What Pulse replaces inside Faust; `streams.seams` checks that it still fits.

Faust hands an agent one event at a time; Pulse needs whole fetches. Its documented
`ConsumerScheduler` setting sees them, so the scheduler below yields one pseudo-record per fetch,
whose value is a piece of each partition. The other classes follow from that, and from keeping
progress in the state instead of in the group's offsets; so does `streams.faust_assignor`.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from faust.stores import memory
from faust.transport.drivers.aiokafka import Consumer, Producer
from faust.transport.utils import DefaultSchedulingStrategy
from faust.types import TP

from streams.backlog import Piece
from streams.letters import Readable


class SourceRecord(Readable, Protocol):
    """One record as aiokafka unpacks it; which partition it is of is known where it is used."""

    @property
    def offset(self) -> int: ...  # noqa: D102


class CoalescedRecord:
    """A pseudo-record that stands for pieces: the place of the first one's last record."""

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

    def __init__(self, place: TP, pieces: Sequence[Piece]) -> None:
        """Stand for `pieces`, the first of which is of the partition `place`."""
        last = pieces[0].last
        self.topic = place.topic
        self.partition = place.partition
        self.offset = last.offset
        self.timestamp = last.timestamp
        self.timestamp_type = last.timestamp_type
        self.headers: tuple[()] = ()
        self.key = None
        self.value = pieces
        self.checksum = None
        self.serialized_key_size = self.serialized_value_size = 0


class CoalescingScheduler(DefaultSchedulingStrategy):
    """Yields what was fetched of the source as one pseudo-record, all else by partition.

    Faust takes five turns of the event loop for each message, and in every turn some partition may
    fold a batch: with a message per partition a fetch of twelve took 50 ms to be handed on.
    """

    def __init__(self) -> None:
        """Begin with the first partition."""
        self._turn = 0

    def iterate(self, records: Mapping[TP, Any]) -> Iterator[tuple[TP, Any]]:
        """Yield pseudo-records; the source's stands at each of its partitions in turn."""
        bounded = [place for place, piece in records.items() if piece.is_bounded]
        if bounded:
            self._turn = (self._turn + 1) % len(bounded)
            places = bounded[self._turn :] + bounded[: self._turn]
            yield places[0], CoalescedRecord(places[0], [records[place] for place in places])
        for place, piece in records.items():
            if not piece.is_bounded:
                yield place, CoalescedRecord(place, [piece])


class RawSchema(faust.Schema):
    """Hands the pseudo-record's pieces on, without decoding anything."""

    def loads_key(self, app: Any, message: Any, **options: Any) -> Any:
        """Return no key: a batch has many."""
        return None

    def loads_value(self, app: Any, message: Any, **options: Any) -> Any:
        """Return the pieces."""
        return message.value


class StateKeeper(Protocol):
    """What keeps the state: the worker. Nothing it does may fail quietly, so it never raises."""

    async def complete_recovery(self, partitions: set[int], standbys: set[int]) -> None:
        """Build the state of these partitions, drop every other, and stand by for `standbys`."""

    def next_offset(self, partition: int) -> int | None:
        """Return the first offset not yet applied; None where the partition is not held."""


class StateStore(memory.Store):
    """The table's store, which holds nothing: the state is the keeper's."""

    keeper: StateKeeper

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:
        """Build the state of the partitions that are ours now, before any of them is read."""
        await self.keeper.complete_recovery(*self.app.assignor.state_partitions())


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


def kafka_consumer(app: faust.App) -> AIOKafkaConsumer:
    """Return the running aiokafka consumer of an app, which another thread works with."""
    return app.consumer._thread._ensure_consumer()
