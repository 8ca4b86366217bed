"""What Pulse asks of Faust's consumer while it reads: where partitions end, and to pause some.

Like `streams.faust_internals`, which checks these seams at start, it leans on Faust's inside.
"""

from collections.abc import Callable, Set
from typing import Any, Final

import faust
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer.fetcher import Fetcher
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers.aiokafka import Consumer
from faust.types import TP


class PausableConsumer(Consumer):
    """Faust's consumer, whose partitions may be paused at any time.

    Of a partition that is paused while its records are handed on, Faust drops what is left of them.
    """

    async def _wait_next_records(self, timeout: float) -> Any:  # noqa: ASYNC109 (Faust's)
        records, active = await super()._wait_next_records(timeout)
        if records and active is not None:
            # What was fetched was asked for: only what is fetched from now on is paused.
            active = active | records.keys()
        return records, active


class SourceConsumer:
    """The consumer of a running app, as far as the topic `topic` is concerned."""

    def __init__(self, app: Callable[[], faust.App], topic: str) -> None:
        """Bind the app, which may be built later."""
        self._app = app
        self._topic = topic

    def end(self, partition: int) -> int | None:
        """Return the end of what is committed in an assigned partition, as of the last fetch.

        None before it.
        """
        try:
            end: int | None = self._kafka().last_stable_offset(TP(self._topic, partition))
        except (AssertionError, KeyError):
            # Between two assignments aiokafka does not know the partition.
            return None
        return end

    def end_before(self, partition: int) -> tuple[int, int]:
        """Return an end of the partition, and a time (milliseconds) at which it was there."""
        # In this order: the consumer's thread may write both in between.
        end = self.end(partition)
        return end or 0, self._asked_at(partition)

    def end_after(self, partition: int) -> tuple[int, int | None]:
        """Return a time (milliseconds), and an end that the partition had then or has had since."""
        at = self._asked_at(partition)
        return at, self.end(partition)

    def pause(self, partitions: Set[int]) -> None:
        """Read all partitions of the topic that are assigned but these."""
        consumer = self._app().consumer
        assigned = {tp for tp in consumer.assignment() if tp.topic == self._topic}
        paused = assigned & consumer._paused_partitions
        wanted = {tp for tp in assigned if tp.partition in partitions}
        if wanted - paused:
            consumer.pause_partitions(wanted - paused)
        if paused - wanted:
            consumer.resume_partitions(paused - wanted)
            consumer._thread.thread_loop.call_soon_threadsafe(self._wake)

    def _asked_at(self, partition: int) -> int:
        try:
            return self._kafka().last_poll_timestamp(TP(self._topic, partition)) or 0
        except (AssertionError, KeyError):
            return 0

    def _wake(self) -> None:
        """Let a fetch look at once for what was held back, instead of when the next one comes."""
        fetcher = self._kafka()._fetcher
        for waiter in list(fetcher._fetch_waiters):
            fetcher._notify(waiter)

    def _kafka(self) -> Any:
        return self._app().consumer._thread._ensure_consumer()


SEAMS: Final[tuple[tuple[Callable[..., Any], tuple[str, ...]], ...]] = (
    (BaseConsumer._wait_next_records, ("self", "timeout")),
    (BaseConsumer.pause_partitions, ("self", "tps")),
    (BaseConsumer.resume_partitions, ("self", "tps")),
    (AIOKafkaConsumer.last_stable_offset, ("self", "partition")),
    (AIOKafkaConsumer.last_poll_timestamp, ("self", "partition")),
    (Fetcher._notify, ("self", "future")),
    (Fetcher._create_fetch_waiter, ("self",)),
)
"""The functions that are leaned on, and what they take."""
