"""Writes what a batch caused, in the order that makes it exact (ARCHITECTURE, "One batch").

1. The values that changed, the outbox, snapshots and dead letters: all confirmed.
2. The partition's record, which completes the batch: confirmed.
3. The alerts of the outbox: confirmed. Until then they stand in the state.

Whatever fails raises PublishError; the caller ends the process, and a restart goes on exactly.
"""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from aiokafka.producer.message_accumulator import BatchBuilder

from models.state import OutboxEntry
from models.topics import DEAD_LETTERS
from streams.changelog import Record
from streams.metrics import Metrics

Letter = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""A dead letter: the original key and value, and its headers."""

OUTBOX_CHUNK: Final = 512 * 1024
"""Bytes of alert records in one value of the outbox: well under a broker's limit of 1 MiB."""


class PublishError(Exception):
    """A record that could not be written: says to which topic and why."""


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
        self, producer: AIOKafkaProducer, prefix: str, changelog: str, metrics: Metrics
    ) -> None:
        """Bind the topics' prefix and the name of the changelog topic."""
        self._producer = producer
        self._prefix = prefix
        self._changelog = changelog
        self._metrics = metrics

    async def complete(
        self,
        partition: int,
        values: Iterable[Record],
        marker: Record,
        outputs: Sequence[OutboxEntry],
        letters: Sequence[Letter],
    ) -> None:
        """Write a batch: its `values`, `outputs` and `letters`, then the `marker`."""
        pending: list[asyncio.Future[Any]] = []
        topics: list[str] = []
        for topic, key, value in outputs:
            pending.append(await self._send(topic, key, value))
            topics.append(topic)
        for letter in letters:
            pending.append(await self._send_letter(letter))
            topics.append(DEAD_LETTERS.name)
        builder = self._producer.create_batch()
        for record in values:
            if not _append(builder, record):
                pending.append(await self._send_batch(builder, partition))
                topics.append(self._changelog)
                builder = self._producer.create_batch()
                if not _append(builder, record):
                    raise PublishError(f"{self._changelog}: a value of {len(record[1])} bytes")
        if pending:
            if builder.record_count():
                pending.append(await self._send_batch(builder, partition))
                topics.append(self._changelog)
            await self._confirm(pending, topics)
            builder = self._producer.create_batch()
        elif not _append(builder, marker):
            await self._confirm([await self._send_batch(builder, partition)], [self._changelog])
            builder = self._producer.create_batch()
        else:
            # Everything fits into one record batch, which Kafka writes whole or not at all.
            await self._confirm([await self._send_batch(builder, partition)], [self._changelog])
            return
        _append(builder, marker)
        await self._confirm([await self._send_batch(builder, partition)], [self._changelog])

    async def publish(self, entries: Sequence[OutboxEntry]) -> None:
        """Write alert records and wait until all are confirmed."""
        pending = [await self._send(topic, key, value) for topic, key, value in entries]
        await self._confirm(pending, [topic for topic, _, _ in entries])

    async def _send(self, topic: str, key: bytes, value: bytes) -> asyncio.Future[Any]:
        try:
            return await self._producer.send(self._prefix + topic, value, key=key)
        except KafkaError as error:
            raise self._failure(topic, error) from error

    async def _send_letter(self, letter: Letter) -> asyncio.Future[Any]:
        key, value, headers = letter
        topic = self._prefix + DEAD_LETTERS.name
        try:
            return await self._producer.send(topic, value, key=key, headers=headers)
        except MessageSizeTooLargeError as error:
            # No broker takes it; it stays readable where it stands, and the letter says where.
            headers = [*headers, ("pulse-left-out", str(error).encode())]
            return await self._producer.send(topic, None, key=None, headers=headers)
        except KafkaError as error:
            raise self._failure(DEAD_LETTERS.name, error) from error

    async def _send_batch(self, builder: BatchBuilder, partition: int) -> asyncio.Future[Any]:
        try:
            return await self._producer.send_batch(builder, self._changelog, partition=partition)
        except KafkaError as error:
            raise self._failure(self._changelog, error) from error

    async def _confirm(self, pending: list[asyncio.Future[Any]], topics: list[str]) -> None:
        results = await asyncio.gather(*pending, return_exceptions=True)
        for topic, result in zip(topics, results, strict=True):
            if isinstance(result, BaseException):
                raise self._failure(topic, result) from result

    def _failure(self, topic: str, error: BaseException) -> PublishError:
        if topic != self._changelog:
            self._metrics.publish_failures.labels(topic).inc()
        return PublishError(f"{self._prefix}{topic}: {type(error).__name__}: {error}")


def _append(builder: BatchBuilder, record: Record) -> bool:
    key, value = record
    return builder.append(timestamp=None, key=key, value=value) is not None
