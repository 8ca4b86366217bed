"""Faust's consumer, made to go by the state: where it goes on reading, how far it reads ahead.

Around a rebalance Faust passes over messages it had delivered, and its bookkeeping of gaps then
lets the commit go beyond what was applied. The state knows better: after a recovery reading goes on
behind the last offset applied, and the committed offset only shows lag.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer
from faust.types import TP

from streams.backlog import Backlog, Piece
from streams.faust_internals import StateKeeper

_LONGEST_POLL: Final = 100
"""Milliseconds for which the broker may hold a request to which it has no answer. A partition that
was passed over has to wait for it, because there is one request at a time."""


class Wanted:
    """The partitions that Faust asks for just now, but those of which enough is in hand."""

    def __init__(self, active: AbstractSet[TP], source: str, backlog: Backlog) -> None:
        """Follow `active`, which Faust changes while the client waits for records."""
        self._active = active
        self._source = source
        self._backlog = backlog

    def __contains__(self, place: TP) -> bool:
        """Tell whether to take records of a partition."""
        if place not in self._active:
            return False
        return place[0] != self._source or self._backlog.has_room(place[1])


class BoundedThread(AIOKafkaConsumerThread):
    """The thread of the client: it gives no more of a partition than there is room for."""

    source: str
    backlog: Backlog

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        # What was aborted has not happened. Faust asks for it only in its own transactions.
        consumer._isolation_level = "read_committed"
        consumer._fetch_max_wait_ms = _LONGEST_POLL
        self.backlog.on_room = self._look_again
        return consumer

    async def _fetch_records(
        self, consumer: AIOKafkaConsumer, active_partitions: AbstractSet[TP], **options: Any
    ) -> dict[TP, Piece]:
        wanted = Wanted(active_partitions, self.source, self.backlog)
        # Records come packed only to who does not say how many (`streams.raw_records`).
        unbounded = {**options, "max_records": None}
        fetched = await super()._fetch_records(consumer, wanted, **unbounded)
        return {
            place: Piece(records, place[1], self.backlog if place[0] == self.source else None)
            for place, records in fetched.items()
        }

    def _look_again(self) -> None:
        """Let the client see whether it may give records by now. Called from any thread."""
        # While the process ends, there is no loop any more.
        with suppress(RuntimeError):
            self.thread_loop.call_soon_threadsafe(self._wake)

    def _wake(self) -> None:
        fetcher = self._ensure_consumer()._fetcher
        for waiter in fetcher._fetch_waiters:
            fetcher._notify(waiter)


class WatermarkConsumer(Consumer):
    """Position and commits on the topic `source` come from `keeper`, room from `backlog`."""

    keeper: StateKeeper
    source: str
    backlog: Backlog

    def _new_consumer_thread(self) -> AIOKafkaConsumerThread:
        thread = BoundedThread(self, loop=self.loop, beacon=self.beacon)
        thread.source, thread.backlog = self.source, self.backlog
        return thread

    def _new_offset(self, tp: TP) -> int | None:
        if tp.topic != self.source:
            return super()._new_offset(tp)
        self._acked[tp].clear()
        self._acked_index[tp].clear()
        return self.keeper.next_offset(tp.partition) or None

    def _filter_tps_with_pending_acks(self, topics: Any = None) -> Iterator[TP]:
        # Faust hears only of the partition at which a message stands for pieces of several.
        ours = {tp for tp in self.assignment() if tp.topic == self.source}
        for tp in ours.union(super()._filter_tps_with_pending_acks()):
            if topics is None or tp in topics or tp.topic in topics:
                yield tp

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        if tp.topic != self.source:
            await super()._add_gap(tp, offset_from, offset_to)

    async def perform_seek(self) -> None:
        """Go on behind what was applied."""
        await super().perform_seek()
        for tp in sorted(self.assignment()):
            offset = self.keeper.next_offset(tp.partition) if tp.topic == self.source else None
            if offset is not None:
                await self.seek(tp, offset)


def watermark_consumer(
    of_keeper: StateKeeper, of_source: str, of_backlog: Backlog
) -> type[WatermarkConsumer]:
    """Return the class of a consumer bound to a keeper, the source topic and a backlog."""

    class BoundConsumer(WatermarkConsumer):
        keeper, source, backlog = of_keeper, of_source, of_backlog

    return BoundConsumer
