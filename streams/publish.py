"""Writes what a batch caused, in the order that makes it exact (ARCHITECTURE, "One batch").

1. The values that changed, the outbox, snapshots and dead letters: all confirmed.
2. The partition's record, which completes the batch: confirmed.
3. The alerts of the outbox: confirmed. Until then they stand in the state; then it is cleared.

Whatever fails raises SendError; the caller ends the process, and a restart goes on exactly.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from models.events import STRUCTURED
from models.state import OutboxEntry, Stamp, encode_outbox, outbox_key
from models.topics import DEAD_LETTERS, MEMBERS, SNAPSHOTS, TOPICS
from streams.changelog import Record
from streams.forwarded import Forward
from streams.letters import Letter
from streams.metrics import Metrics
from streams.partitioning import partition_of_key
from streams.record_batches import Headers, Place, RecordBatches, SendError

OUTBOX_CHUNK: Final = 512 * 1024
"""Bytes of alert records in one value of the outbox: well under a broker's limit of 1 MiB."""

_PLAIN: Final = frozenset({SNAPSHOTS.name, MEMBERS.name})
"""Topics whose records are no CloudEvents."""

_LETTERS: Final = DEAD_LETTERS.name

_Target = tuple[str, int, Headers]
"""A topic with its prefix, how many partitions it has, and the headers of its records."""

LARGE_LETTER: Final = 512 * 1024
"""A dead letter of more bytes goes alone, so that it takes no other record down with it."""


def chunks(entries: Iterable[OutboxEntry]) -> Iterator[list[OutboxEntry]]:
    """Split the outbox into lists that fit into one changelog record each."""
    chunk: list[OutboxEntry] = []
    size = 0
    for entry in entries:
        length = len(entry[1]) + len(entry[2]) + 64
        if chunk and size + length > OUTBOX_CHUNK:
            yield chunk
            chunk, size = [], 0
        chunk.append(entry)
        size += length
    if chunk:
        yield chunk


class Publisher:
    """Writes changelog batches and output records with one aiokafka producer."""

    def __init__(
        self,
        producer: AIOKafkaProducer,
        prefix: str,
        changelog: str,
        rerouted: str,
        metrics: Metrics,
    ) -> None:
        """Bind the topics' prefix and the names of the changelog and of the rerouted records."""
        self._producer = producer
        self._prefix = prefix
        self._changelog = changelog
        self._rerouted = rerouted
        self._metrics = metrics
        self._targets: dict[str, _Target] = {}
        self._ends: dict[Place, int | None] = {}
        self._awake_at: dict[int, float] = {}

    def follow(self, partition: int, end: int) -> None:
        """Write to the partition's changelog from now on, alone; `end` is its end offset.

        A paused worker, or one that the group took for dead, may write there too. Whichever of the
        two writes next then gets InterferenceError: the process ends, and recovery repairs.
        """
        self._ends[self._changelog, partition] = end
        self._awake_at[partition] = time.monotonic()

    def end_of(self, partition: int) -> int:
        """Return where the partition's changelog ends, once all that was written is confirmed."""
        end = self._ends[self._changelog, partition]
        assert end is not None
        return end

    @property
    def producer(self) -> AIOKafkaProducer:
        """What it writes with."""
        return self._producer

    async def complete(
        self,
        partition: int,
        values: Iterable[Record],
        marker: tuple[bytes, bytes],
        outputs: Sequence[OutboxEntry],
        letters: Sequence[Letter],
    ) -> None:
        """Write a batch: its `values`, `outputs` and `letters`, then the `marker`."""
        batches = RecordBatches(self._producer, self._ends)
        try:
            await batches.add_all(self._changelog, partition, values)
            await self._add_all(batches, outputs)
            for letter in letters:
                await self._add_letter(batches, letter)
            key, value = marker
            if not batches.fits(self._changelog, partition, len(key) + len(value)):
                await batches.confirm()
            # Else all goes into one record batch, which Kafka writes whole or not at all.
            await batches.add(self._changelog, partition, key, value)
            await batches.confirm()
        except SendError as error:
            self._count(error)
            raise
        self._awake_at[partition] = time.monotonic()

    async def publish(self, partition: int, entries: Sequence[OutboxEntry]) -> None:
        """Write the alert records of an outbox.

        To be called right after `complete`, or `follow`: a process that has stood still in between,
        and may have been taken for dead, does not publish; its successor does.
        """
        batches = RecordBatches(self._producer, self._ends, self._awake_at.get(partition))
        try:
            await self._add_all(batches, entries)
            await batches.confirm()
        except SendError as error:
            self._count(error)
            raise

    async def clear_outbox(
        self, partition: int, stamp: Stamp, entries: Sequence[OutboxEntry]
    ) -> None:
        """Clear the outbox of the batch with that stamp: its `entries` are published."""
        batches = RecordBatches(self._producer, self._ends, self._awake_at.get(partition))
        for number, _ in enumerate(chunks(entries)):
            empty = encode_outbox(stamp, [])
            await batches.add(self._changelog, partition, outbox_key(number), empty)
        await batches.confirm()

    async def forward(self, forwards: Iterable[Forward]) -> dict[int, int]:
        """Send records home; return where in which home's partition what is written then ends."""
        batches = RecordBatches(self._producer, self._ends)
        for home, timestamp, key, value, headers in forwards:
            await batches.add(self._rerouted, home, key, value, timestamp, headers)
        await batches.confirm()
        return {home: end for (_, home), end in batches.written.items()}

    async def refuse(self, letters: Iterable[Letter]) -> None:
        """Write dead letters that belong to no batch."""
        batches = RecordBatches(self._producer, self._ends)
        for letter in letters:
            await self._add_letter(batches, letter)
        await batches.confirm()

    async def _add_all(self, batches: RecordBatches, entries: Iterable[OutboxEntry]) -> None:
        for name, key, value in entries:
            topic, partitions, headers = self._targets.get(name) or await self._target(name)
            place = topic, partition_of_key(key, partitions)
            # As most are put into the open batch, `add` is not called for each.
            if not batches.put(place, key, value, headers):
                await batches.add(*place, key, value, headers=headers)

    async def _target(self, name: str) -> _Target:
        """Return where the outputs of a topic go, and with which headers; it is looked up once."""
        topic = self._prefix + name
        partitions = len(await self._producer.partitions_for(topic))
        headers = [] if name in _PLAIN else list(STRUCTURED)
        target = self._targets[name] = topic, partitions, headers
        return target

    async def _add_letter(self, batches: RecordBatches, letter: Letter) -> None:
        key, value, headers = letter
        topic, partitions, _ = self._targets.get(_LETTERS) or await self._target(_LETTERS)
        if len(value or b"") > LARGE_LETTER:
            await self._send_large(topic, letter)
            return
        # Where a dead letter lies does not matter; its headers say where it came from.
        partition = partition_of_key(key or b"", partitions)
        await batches.add(topic, partition, key, value, headers=headers)

    async def _send_large(self, topic: str, letter: Letter) -> None:
        key, value, headers = letter
        try:
            try:
                await self._producer.send_and_wait(topic, value, key=key, headers=headers)
            except MessageSizeTooLargeError as error:
                # No broker takes it; it stays readable where it stands, and the letter says where.
                headers = [*headers, ("pulse-left-out", str(error).encode())]
                await self._producer.send_and_wait(topic, b"", key=key, headers=headers)
        except KafkaError as error:
            raise SendError(topic, str(error) or type(error).__name__) from error

    def _count(self, error: SendError) -> None:
        name = error.topic.removeprefix(self._prefix)
        if name in {topic.name for topic in TOPICS}:
            self._metrics.publish_failures.labels(name).inc()
