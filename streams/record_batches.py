"""Fills record batches by hand, without the bookkeeping of a client's `send` per record."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, KafkaTimeoutError
from aiokafka.producer.message_accumulator import BatchBuilder

Headers = list[tuple[str, bytes]]
Place = tuple[str, int]
"""A topic and a partition of it."""

PAUSE_BOUND: Final = 8.0
"""Seconds without a step after which a writer no longer trusts that it still owns its partition:
well under the session time-out of 15 s, after which the group gives it to another."""

IN_FLIGHT: Final = 64
"""Record batches sent and not yet confirmed."""

BATCH_BYTES: Final = 900_000
"""A record batch's limit before compression: under a broker's default of 1 MiB."""

_OVERHEAD: Final = 64

_PATIENCE: Final = 60.0
"""Seconds for which a record batch waits for those before it, of other writers to its place."""


class SendError(Exception):
    """A record batch that was not written: names the topic and says why."""

    def __init__(self, topic: str, reason: str) -> None:
        """Name the topic."""
        super().__init__(f"{topic}: {reason}")
        self.topic = topic


class InterferenceError(SendError):
    """Somebody else has written where only we may: our batch does not follow on our last one."""


class RecordBatches:
    """Collects records by topic and partition, and sends each batch when it is full.

    Records of one partition are written in the order in which they were added. SendError where
    one cannot be; what was added before may then be written or not.
    """

    def __init__(
        self,
        producer: AIOKafkaProducer,
        ends: dict[Place, int | None],
        awake_at: float | None = None,
    ) -> None:
        """Write with `producer`, whose `max_batch_size` is the size of a batch.

        `awake_at` (seconds of `time.monotonic`) is when what is written here was last known to be
        ours to write. InterferenceError before a batch is sent where the process has stood still
        since for longer than `PAUSE_BOUND`: somebody else may have taken over. None asks for no
        such check: who sends a file may wait for its next line as long as it takes.

        `ends` holds the places where nobody else may write, with the end offset of each where it
        is known; it is moved on. InterferenceError, once the batch is written, where it differs.
        """
        self._producer = producer
        self._ends = ends
        self._awake_at = awake_at
        self._open: dict[Place, BatchBuilder] = {}
        self._pending: deque[tuple[Place, int, asyncio.Future[Any]]] = deque()
        self.written: dict[Place, int] = {}
        """Where in each place what was confirmed ends."""

    async def add(
        self,
        topic: str,
        partition: int,
        key: bytes | None,
        value: bytes | None,
        timestamp: int | None = None,
        headers: Headers | None = None,
    ) -> None:
        """Add a record; `timestamp` in milliseconds, None for now."""
        headers = headers or []
        place = topic, partition
        builder = self._open.get(place)
        if builder is None:
            builder = self._open[place] = self._producer.create_batch()
        added = builder.append(timestamp=timestamp, key=key, value=value, headers=headers)
        if added is not None:
            return
        await self._send(place)
        # Filling a batch takes a while, and sending it need not wait: the event loop gets a turn.
        await asyncio.sleep(0)
        builder = self._open[place] = self._producer.create_batch()
        # An empty batch takes one record of any size; the broker has the last word on it.
        if builder.append(timestamp=timestamp, key=key, value=value, headers=headers) is None:
            raise SendError(topic, "a record that no batch takes")

    async def add_all(
        self, topic: str, partition: int, records: Iterable[tuple[bytes, bytes | None]]
    ) -> None:
        """Add records of one partition, in order: keys and values, without headers, as of now."""
        place = topic, partition
        for key, value in records:
            # As most are put into the open batch, `add` is not called for each.
            if not self.put(place, key, value, []):
                await self.add(topic, partition, key, value)

    def put(self, place: Place, key: bytes | None, value: bytes | None, headers: Headers) -> bool:
        """Add a record, as of now, if the open batch of its place takes it; else `add` must."""
        builder = self._open.get(place)
        return builder is not None and (
            builder.append(timestamp=None, key=key, value=value, headers=headers) is not None
        )

    def fits(self, topic: str, partition: int, size: int) -> bool:
        """Tell whether `size` more bytes go into the same record batch as all records so far."""
        if self._pending or self._open.keys() - {(topic, partition)}:
            return False
        builder = self._open.get((topic, partition))
        return builder is None or builder.size() + size + _OVERHEAD <= BATCH_BYTES

    async def confirm(self) -> None:
        """Send what is open, and wait until everything is written."""
        for place in list(self._open):
            await self._send(place)
        while self._pending:
            await self._settle()

    async def _send(self, place: Place) -> None:
        topic, partition = place
        builder = self._open.pop(place)
        self._check_awake(topic)
        try:
            sent = await self._enqueue(builder, topic, partition)
        except KafkaError as error:
            raise SendError(topic, _reason(error)) from error
        self._stay_awake()
        self._pending.append((place, builder.record_count(), sent))
        while len(self._pending) > IN_FLIGHT:
            await self._settle()

    async def _enqueue(self, builder: BatchBuilder, topic: str, partition: int) -> Any:
        """Hand a batch to the client, once there is none before it; return its confirmation.

        The client counts the time for which a batch waits anew at each one that goes before it: it
        gives up within seconds where several wait on a busy event loop. It has taken nothing then.
        """
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                return await self._producer.send_batch(builder, topic, partition=partition)
            except KafkaTimeoutError:
                if time.monotonic() > deadline:
                    raise

    def _check_awake(self, topic: str) -> None:
        if self._awake_at is not None:
            paused = time.monotonic() - self._awake_at
            if paused > PAUSE_BOUND:
                raise InterferenceError(topic, f"this process stood still for {paused:.0f} s")

    def _stay_awake(self) -> None:
        if self._awake_at is not None:
            self._awake_at = time.monotonic()

    async def _settle(self) -> None:
        place, count, sent = self._pending.popleft()
        try:
            written = await sent
        except KafkaError as error:
            raise SendError(place[0], _reason(error)) from error
        self._stay_awake()
        self.written[place] = written.offset + count
        if place in self._ends:
            expected, self._ends[place] = self._ends[place], written.offset + count
            if expected is not None and written.offset != expected:
                reason = f"another worker has written to partition {place[1]} too"
                raise InterferenceError(place[0], reason)


def _reason(error: KafkaError) -> str:
    return str(error) or type(error).__name__
