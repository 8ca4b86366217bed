"""Sends a history to the events topic bit by bit, as far as it is allowed to go.

The faults set the pace: each of them allows a slice, so that there is always something to read
when a worker dies. A producer that waits for a broker to come back keeps its order; it may write
a batch twice, which is why the truth is read back from the topic.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from aiokafka import AIOKafkaProducer

from models.decode import decode
from models.events import CloudEvent, Event
from streams.partitioning import partition_of_key
from streams.produce import Message, messages
from streams.record_batches import RecordBatches

CHUNK = 1_000
"""At most so many lines are sent and confirmed together."""
UNBOUND = 1e9
TRICKLE = 250.0
"""Lines a second while the workers recover, once what was let loose is sent."""
PATIENCE_MS = 120_000
"""How long a send is tried again: longer than a broker takes to restart."""


def in_all_shapes(path: Path) -> Iterator[Message]:
    """Every line as a record; each second structured CloudEvent goes as a binary one."""
    structured = 0
    for key, line, arrival, headers in messages(str(path)):
        structured += bool(headers)
        if headers and structured % 2:
            yield key, *_binary(line, arrival)
        else:
            yield key, line, arrival, headers


def _binary(line: bytes, arrival: int) -> tuple[bytes, int, list[tuple[str, bytes]]]:
    content = json.loads(line)
    value = json.dumps(content.pop("data"), ensure_ascii=False).encode()
    headers = [(f"ce_{name}", text.encode()) for name, text in content.items()]
    return value, arrival, [("content-type", b"application/json"), *headers]


def flat_only(path: Path) -> Iterator[Message]:
    """The lines that Faust's tutorial agent can read: flat events."""
    for message in messages(str(path)):
        if not message[3] and message[0] is not None:
            event = decode(message[1])
            # Its record class has a default for `user_id` but no room for null.
            if isinstance(event, Event) and not isinstance(event, CloudEvent):
                yield message


@dataclass
class Feeder:
    """A thread that sends `messages` while it may; `sent` counts what the broker has confirmed."""

    servers: str
    topic: str
    partitions: int
    messages: Iterable[Message]
    sent: int = 0
    done: bool = False
    failure: BaseException | None = None
    progress: list[tuple[float, Counter[int]]] = field(default_factory=list)
    """When how many records of each partition were confirmed, for the measure of stalls."""
    _allowed: int = 0
    _rate: float = 1.0
    _trickle_to: int = 0

    def __post_init__(self) -> None:
        self._thread = threading.Thread(target=self._run, name="feeder", daemon=True)
        self._ended = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def allow(self, upto: int, rate: float) -> None:
        """Go on up to so many records in all, at no more than `rate` a second."""
        self._allowed, self._rate = upto, rate

    def trickle(self, upto: int) -> None:
        """Send what was allowed as fast as may be, and then go on slowly."""
        self._rate, self._trickle_to = UNBOUND, upto

    def stop(self) -> None:
        self._ended.set()
        self._thread.join(PATIENCE_MS / 1000)

    def check(self) -> None:
        """Raise what ended the thread, if anything did."""
        if self.failure is not None:
            raise AssertionError(f"the feeder failed: {self.failure!r}") from self.failure

    def _room(self) -> tuple[int, float]:
        """How many records go next, and how many a second."""
        freely = self._allowed - self.sent
        rate = self._rate if freely > 0 else TRICKLE
        room = freely if freely > 0 else self._trickle_to - self.sent
        # A tenth of a second's worth, so that a new pace counts soon.
        return int(min(room, CHUNK, max(rate / 10, 1))), rate

    def _run(self) -> None:
        try:
            asyncio.run(self._feed())
        except BaseException as failure:  # noqa: BLE001 (handed to whoever checks)
            self.failure = failure

    async def _feed(self) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self.servers,
            acks="all",
            compression_type="lz4",
            max_batch_size=900_000,
            max_request_size=32 << 20,
            request_timeout_ms=PATIENCE_MS,
        )
        await producer.start()
        try:
            await self._send_all(RecordBatches(producer, {}))
        finally:
            await producer.stop()

    async def _send_all(self, batches: RecordBatches) -> None:
        counts: Counter[int] = Counter()
        unkeyed = 0
        source = iter(self.messages)
        while not self._ended.is_set():
            room, rate = self._room()
            if room <= 0:
                await asyncio.sleep(0.02)
                continue
            begun = time.monotonic()
            number = 0
            for key, value, timestamp, headers in islice(source, room):
                if key is None:
                    unkeyed += 1
                    partition = unkeyed % self.partitions
                else:
                    partition = partition_of_key(key, self.partitions)
                await batches.add(self.topic, partition, key, value, max(timestamp, 0), headers)
                counts[partition] += 1
                number += 1
            await batches.confirm()
            self.sent += number
            self.progress.append((time.time(), Counter(counts)))
            if number < room:
                self.done = True
                return
            await asyncio.sleep(max(number / rate - (time.monotonic() - begun), 0))
