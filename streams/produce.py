"""Sends a file of events to the events topic (contract, section 6)."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from aiokafka.producer.message_accumulator import BatchBuilder

from models.events import CloudEvent
from models.rejections import Rejection
from streams.connection import Connection
from streams.keeper import wall_clock
from streams.lines import arrival_of, read_events
from streams.partitioning import partition_of
from streams.topics import ClusterError

STRUCTURED: Final = [("content-type", b"application/cloudevents+json; charset=UTF-8")]

_IN_FLIGHT: Final = 16
"""Record batches sent and not yet confirmed."""

_BATCH_BYTES: Final = 512 * 1024

Message = tuple[bytes | None, bytes, int, list[tuple[str, bytes]]]
"""Key, value, timestamp in milliseconds, headers."""


@dataclass(slots=True)
class Produced:
    """How many lines were sent, and how many of them could not be read."""

    lines: int = 0
    unreadable: int = 0


def messages(path: str) -> Iterator[Message]:
    """Yield what to send for each line of `path`.

    Key = community, timestamp = arrival. A line that cannot be read goes as it is, without key,
    at the arrival of the line before; before any readable line, at that of the first one.
    """
    waiting: list[bytes] = []
    arrival: int | None = None
    for line, event in read_events(path):
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
        headers = STRUCTURED if isinstance(event, CloudEvent) else []
        yield event.community_id.encode(), line, arrival, headers
    for unreadable in waiting:
        yield None, unreadable, wall_clock(), []


class _Writer:
    """Fills one record batch per partition, and sends each when it is full.

    A client's own `send` costs some fifty times as much per record as filling a batch.
    """

    def __init__(self, producer: AIOKafkaProducer, topic: str, partitions: int) -> None:
        self._producer = producer
        self._topic = topic
        self._partitions = partitions
        self._open: dict[int, BatchBuilder] = {}
        self._pending: deque[asyncio.Future[Any]] = deque()
        self._unkeyed = 0

    async def write(self, message: Message) -> None:
        key, value, timestamp, headers = message
        partition = self._partition(key)
        builder = self._open.get(partition)
        if builder is None:
            builder = self._open[partition] = self._producer.create_batch()
        if _append(builder, key, value, timestamp, headers):
            return
        await self._send(partition)
        builder = self._open[partition] = self._producer.create_batch()
        if not _append(builder, key, value, timestamp, headers):
            raise ClusterError(f"a line of {len(value)} bytes does not fit into a record batch")

    async def finish(self) -> None:
        for partition in list(self._open):
            await self._send(partition)
        while self._pending:
            await self._pending.popleft()

    async def _send(self, partition: int) -> None:
        builder = self._open.pop(partition)
        sent = await self._producer.send_batch(builder, self._topic, partition=partition)
        self._pending.append(sent)
        while len(self._pending) > _IN_FLIGHT:
            await self._pending.popleft()

    def _partition(self, key: bytes | None) -> int:
        if key is not None:
            return partition_of(key.decode(), self._partitions)
        self._unkeyed += 1
        return self._unkeyed % self._partitions


def _append(
    builder: BatchBuilder,
    key: bytes | None,
    value: bytes,
    timestamp: int,
    headers: list[tuple[str, bytes]],
) -> bool:
    # A batch takes its first record whatever its size.
    added = builder.append(timestamp=max(timestamp, 0), key=key, value=value, headers=headers)
    return added is not None


async def _produce(
    connection: Connection, topic: str, path: str, progress: Callable[[int], None]
) -> Produced:
    produced = Produced()
    producer = AIOKafkaProducer(
        **connection.aiokafka(),
        acks="all",
        compression_type="lz4",
        max_batch_size=_BATCH_BYTES,
        max_request_size=32 << 20,
    )
    await producer.start()
    try:
        writer = _Writer(producer, topic, len(await producer.partitions_for(topic)))
        for message in messages(path):
            await writer.write(message)
            produced.lines += 1
            produced.unreadable += message[0] is None
            if produced.lines % 1_000 == 0:
                progress(produced.lines)
        await writer.finish()
    finally:
        await producer.stop()
    progress(produced.lines)
    return produced


def produce(
    connection: Connection,
    topic: str,
    path: str,
    progress: Callable[[int], None] = lambda _: None,
) -> Produced:
    """Send every line of `path` and wait until the cluster has confirmed all of them.

    ClusterError where it does not; FileError where the file cannot be read to its end (what was
    sent before stays sent).
    """
    try:
        return asyncio.run(_produce(connection, topic, path, progress))
    except KafkaError as error:
        raise ClusterError(f"cannot send to {topic}: {type(error).__name__}: {error}") from error
