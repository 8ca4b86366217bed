"""What the broker knows of a round: how far a group has come, and what was written when."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import CoordinatorNotAvailableError, GroupIdNotFoundError

from streams.connection import Connection

Applied = Callable[[bytes | None, bytes | None], int | None]
"""From a changelog record's key and value: how many events its partition had applied by then."""

_POLL_MS = 1_000


class Span(NamedTuple):
    """Two instants (seconds since 1970), and how many events were applied up to the first."""

    begin: float
    end: float
    before: int


def create_topic(client: KafkaAdminClient, topic: str, partitions: int) -> None:
    """Create a topic that keeps events of any age."""
    options = {
        "num_partitions": partitions,
        "replication_factor": 1,
        "configs": {"retention.ms": "-1"},
    }
    client.create_topics({topic: options}, wait_for_metadata=True)


def committed(client: KafkaAdminClient, group: str, topic: str) -> int:
    """Count the records of `topic` that the group has committed, over all partitions."""
    try:
        offsets = client.list_group_offsets({group: None})[group]
    except CoordinatorNotAvailableError:
        # A fresh broker creates its offsets topic when the first group asks for it.
        return 0
    return sum(
        max(place.offset, 0) for partition, place in offsets.items() if partition.topic == topic
    )


def forget(client: KafkaAdminClient, prefix: str, groups: Iterable[str]) -> None:
    """Delete a round's groups, and its topics: all that begin with `prefix`."""
    with suppress(CoordinatorNotAvailableError, GroupIdNotFoundError):
        client.delete_groups(list(groups))
    client.delete_topics([name for name in client.list_topics() if name.startswith(prefix)])


class Log:
    """Reads a topic that nobody writes to any more."""

    def __init__(self, connection: Connection, topic: str) -> None:
        self._consumer = KafkaConsumer(
            **connection.kafka_python(), enable_auto_commit=False, group_id=None
        )
        self._topic = topic
        self._ends: dict[TopicPartition, int] = self._consumer.end_offsets(
            [
                TopicPartition(topic, number)
                for number in sorted(self._consumer.partitions_for_topic(topic) or ())
            ]
        )

    def close(self) -> None:
        self._consumer.close()

    def size(self) -> int:
        """How many records were written to it."""
        return sum(self._ends.values())

    def newest(self) -> float:
        """When the last record was written (milliseconds since 1970)."""
        return max(self._last(partition, end) for partition, end in self._ends.items() if end)

    def span(self, applied: Applied) -> Span:
        """From the first record of which `applied` tells something to the last record.

        ValueError where there is none.
        """
        firsts = [
            first
            for partition, end in self._ends.items()
            if (first := self._first(partition, end, applied)) is not None
        ]
        lasts = [self._last(partition, end) for partition, end in self._ends.items() if end]
        if not firsts or not lasts:
            raise ValueError(f"{self._topic} tells nothing about when events were applied")
        begin, before = min(firsts)
        return Span(begin / 1_000, max(lasts) / 1_000, before)

    def _first(
        self, partition: TopicPartition, end: int, applied: Applied
    ) -> tuple[int, int] | None:
        self._consumer.assign([partition])
        self._consumer.seek(partition, 0)
        while self._consumer.position(partition) < end:
            for records in self._consumer.poll(_POLL_MS).values():
                for record in records:
                    number = applied(record.key, record.value)
                    if number is not None:
                        return record.timestamp, number
        return None

    def _last(self, partition: TopicPartition, end: int) -> int:
        self._consumer.assign([partition])
        self._consumer.seek(partition, end - 1)
        while True:
            for records in self._consumer.poll(_POLL_MS).values():
                for record in records:
                    return int(record.timestamp)
