"""Reads the alert topics as any subscriber would: kafka-python, no consumer group."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from kafka import KafkaConsumer, TopicPartition
from kafka.errors import KafkaError

from models.documents import parse
from streams.connection import Connection
from streams.topics import ClusterError


@dataclass(frozen=True, slots=True)
class Received:
    """One record: its topic and its bytes."""

    topic: str
    value: bytes

    @property
    def document(self) -> Any:
        """The JSON that the bytes hold; ValueError where they hold none."""
        return parse(self.value)


class Subscriber:
    """Follows topics from their beginning or their end."""

    def __init__(
        self, connection: Connection, topics: Sequence[str], *, from_beginning: bool
    ) -> None:
        """Assign all partitions of `topics`; ClusterError where that cannot be done."""
        try:
            self._consumer = KafkaConsumer(
                **connection.kafka_python(), enable_auto_commit=False, group_id=None
            )
            self._partitions = [
                TopicPartition(topic, number)
                for topic in topics
                for number in sorted(self._consumer.partitions_for_topic(topic) or ())
            ]
            if not self._partitions:
                raise ClusterError(f"no such topics: {', '.join(topics)}")
            self._consumer.assign(self._partitions)
            if from_beginning:
                self._consumer.seek_to_beginning(*self._partitions)
            else:
                self._consumer.seek_to_end(*self._partitions)
        except KafkaError as error:
            raise ClusterError(f"cannot read {', '.join(topics)}: {error}") from error

    def __enter__(self) -> Self:
        """Give the subscriber itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connection."""
        self._consumer.close()

    def poll(self, seconds: float) -> list[Received]:
        """Return the records that came within `seconds`, in the order of each partition."""
        batches = self._consumer.poll(timeout_ms=int(seconds * 1000), max_records=5_000)
        return [
            Received(record.topic, record.value)
            for records in batches.values()
            for record in records
            if record.value is not None
        ]

    def until_end(self, patience: float = 30.0) -> Iterator[Received]:
        """Yield what stands in the topics now, and stop there; ClusterError where it stalls."""
        ends = self._consumer.end_offsets(self._partitions)
        deadline = time.monotonic() + patience
        while any(self._consumer.position(part) < ends[part] for part in self._partitions):
            received = self.poll(0.2)
            if received:
                deadline = time.monotonic() + patience
            elif time.monotonic() > deadline:
                raise ClusterError(f"the topics gave nothing for {patience:.0f} s")
            yield from received
