"""Ends a worker that has stalled in silence: a supervisor's restart goes on exactly.

Faust and aiokafka have ways of standing still without an error: a consumer that no longer fetches,
a rebalance that never ends, an event loop that hangs. So a thread of its own, with a client of its
own, compares what the cluster holds with what was applied.
"""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from streams.connection import Connection

LOG = logging.getLogger("pulse")

LOOK_EVERY: Final = 10.0
STALL_BOUND: Final = 120.0
"""Seconds without progress, although there is something to read, after which the process ends."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What a worker has done so far: the offsets next to apply by partition, and its heart.

    `owned` is None while it waits for partitions or their state; `beat` is when the event loop
    last beat, in seconds of `time.monotonic`. `waiting` holds the partitions whose records wait for
    what others may hold, each with a number that changes as long as those are read. `recovered`
    changes as long as a recovery reads: a large state takes as long as it takes.
    """

    owned: Mapping[int, int] | None
    beat: float
    waiting: Mapping[int, int] = field(default_factory=dict)
    recovered: int = 0


class StallJudge:
    """Decides from what is seen now and then whether a worker has stalled; pure but for memory."""

    def __init__(self, bound: float = STALL_BOUND) -> None:
        """Nothing is seen yet."""
        self._bound = bound
        self._seen: dict[int, tuple[tuple[int, int], float]] = {}
        self._unready: tuple[int, float] | None = None

    def judge(self, progress: Progress, ends: Mapping[int, int], now: float) -> str | None:
        """Return what has stalled, in one sentence, or None.

        `ends` are the end offsets of the partitions on the cluster; empty where it was not
        reachable, which is no stall of ours.
        """
        if now - progress.beat > self._bound:
            return f"the event loop has not beaten for {now - progress.beat:.0f} s"
        if progress.owned is None:
            return self._judge_recovery(progress.recovered, ends, now)
        self._unready = None
        owned = {
            partition: (offset, progress.waiting.get(partition, 0))
            for partition, offset in progress.owned.items()
        }
        return self._judge_partitions(owned, ends, now)

    def _judge_recovery(self, recovered: int, ends: Mapping[int, int], now: float) -> str | None:
        if self._unready is None or self._unready[0] != recovered:
            self._unready = recovered, now
        stood = now - self._unready[1]
        if ends and stood > 2 * self._bound:
            return f"no partitions, or not their state, for {stood:.0f} s"
        return None

    def _judge_partitions(
        self, owned: Mapping[int, tuple[int, int]], ends: Mapping[int, int], now: float
    ) -> str | None:
        self._seen = {part: seen for part, seen in self._seen.items() if part in owned}
        for partition, place in owned.items():
            before = self._seen.get(partition)
            behind = ends.get(partition, place[0]) - place[0]
            if before is None or before[0] != place or behind <= 0:
                self._seen[partition] = place, now
            elif now - before[1] > self._bound:
                stood = now - before[1]
                return f"partition {partition} stands {behind} records behind for {stood:.0f} s"
        return None


def start_watchdog(
    connection: Connection,
    topic: str,
    progress: Callable[[], Progress],
    end: Callable[[str], None],
) -> None:
    """Watch from a daemon thread; `end` is called once, with what has stalled."""

    def watch() -> None:
        judge = StallJudge()
        while True:
            time.sleep(LOOK_EVERY)
            seen = progress()
            problem = judge.judge(seen, _ends(connection, topic), time.monotonic())
            if problem is not None:
                end(problem)
                return

    threading.Thread(target=watch, name="pulse-watchdog", daemon=True).start()


def _ends(connection: Connection, topic: str) -> dict[int, int]:
    try:
        consumer = KafkaConsumer(
            **connection.kafka_python(),
            group_id=None,
            enable_auto_commit=False,  # else it warns, each time, that it will not
            isolation_level="read_committed",
        )
        try:
            numbers = consumer.partitions_for_topic(topic) or set()
            places = [TopicPartition(topic, number) for number in numbers]
            return {place.partition: end for place, end in consumer.end_offsets(places).items()}
        finally:
            consumer.close()
    except (KafkaError, OSError):
        LOG.debug("the watchdog did not reach the cluster", exc_info=True)
        return {}
