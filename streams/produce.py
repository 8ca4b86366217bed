"""Sends a file of events to the events topic (contract, section 6)."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from models.events import STRUCTURED, CloudEvent
from models.rejections import Rejection
from streams.connection import Connection
from streams.holdings import wall_clock
from streams.lines import Watch, arrival_of, ignore, read_events
from streams.partitioning import partition_of_key
from streams.record_batches import BATCH_BYTES, RecordBatches, SendError
from streams.topics import ClusterError

Message = tuple[bytes | None, bytes, int, list[tuple[str, bytes]]]
"""Key, value, timestamp in milliseconds, headers."""


@dataclass(slots=True)
class Produced:
    """How many lines were sent, and how many of them could not be read."""

    lines: int = 0
    unreadable: int = 0


def messages(path: str, watch: Watch = ignore) -> Iterator[Message]:
    """Yield what to send for each line of `path`.

    Key = community, timestamp = arrival. A line that cannot be read goes as it is, without key,
    at the arrival of the line before; before any readable line, at that of the first one.
    """
    waiting: list[bytes] = []
    arrival: int | None = None
    for line, event in read_events(path, watch):
        if isinstance(event, Rejection):
            if arrival is None:
                waiting.append(line)
            else:
                yield None, line, arrival, []
            continue
        arrival = arrival_of(event)
        for unreadable in waiting:
            yield None, unreadable, arrival, []
        waiting.clear()
        headers = list(STRUCTURED) if isinstance(event, CloudEvent) else []
        yield event.community_id.encode(), line, arrival, headers
    for unreadable in waiting:
        yield None, unreadable, wall_clock(), []


class Reading:
    """Gives messages; while the next one is waited for, Ctrl-C ends that at once.

    asyncio would tell the event loop, which cannot hear: a standard input that says nothing holds
    it up.
    """

    def __init__(self, messages: Iterator[Message]) -> None:
        """Take what is to be read; nothing is read yet."""
        self._messages = messages
        self._waits = False

    def __iter__(self) -> Iterator[Message]:
        """Yield the messages in their order."""
        while True:
            self._waits = True
            message = next(self._messages, None)
            self._waits = False
            if message is None:
                return
            yield message

    @contextmanager
    def interruptible(self) -> Iterator[None]:
        """Raise KeyboardInterrupt where the next message is waited for; else as it was before."""
        before = signal.getsignal(signal.SIGINT)
        # Only the main thread hears; and what runs in the background may be told to ignore it.
        if threading.current_thread() is not threading.main_thread() or not callable(before):
            yield
            return

        def interrupt(number: int, frame: FrameType | None) -> None:
            if self._waits:
                raise KeyboardInterrupt
            before(number, frame)

        signal.signal(signal.SIGINT, interrupt)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)


async def _produce(connection: Connection, topic: str, path: str, watch: Watch) -> Produced:
    produced = Produced()
    producer = AIOKafkaProducer(
        **connection.aiokafka(),
        acks="all",
        compression_type="lz4",
        max_batch_size=BATCH_BYTES,
        max_request_size=32 << 20,
    )
    await producer.start()
    try:
        partitions = len(await producer.partitions_for(topic))
        batches = RecordBatches(producer, {})
        reading = Reading(messages(path, watch))
        with reading.interruptible():
            for key, value, timestamp, headers in reading:
                # A line without key goes anywhere, as with any producer.
                spread = produced.unreadable % partitions
                partition = spread if key is None else partition_of_key(key, partitions)
                await batches.add(topic, partition, key, value, max(timestamp, 0), headers)
                produced.lines += 1
                produced.unreadable += key is None
        await batches.confirm()
    finally:
        await producer.stop()
    return produced


def produce(
    connection: Connection,
    topic: str,
    path: str,
    watch: Watch = ignore,
) -> Produced:
    """Send every line of `path` and wait until the cluster has confirmed all of them.

    `watch` hears now and then how many bytes of the file are read. ClusterError where it does
    not; FileError where the file cannot be read to its end (what was sent before stays sent).
    """
    try:
        return asyncio.run(_produce(connection, topic, path, watch))
    except (KafkaError, SendError) as error:
        raise ClusterError(f"cannot send to {topic}: {error}") from error
