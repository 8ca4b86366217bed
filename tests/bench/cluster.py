"""What the broker knows of a round: how far a group has come, and what was written when."""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import NamedTuple

from kafka import KafkaConsumer, TopicPartition
from kafka.admin import KafkaAdminClient
from kafka.errors import (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    GroupIdNotFoundError,
    NotCoordinatorError,
)

from streams.connection import Connection

Applied = Callable[[bytes | None, bytes | None], int | None]
"""From a changelog record's key and value: how many events its partition had applied by then."""

_POLL_MS = 1_000
_DELETION_PATIENCE = 60.0
_LOOK = 0.1
_NO_COORDINATOR_YET = (
    CoordinatorLoadInProgressError,
    CoordinatorNotAvailableError,
    NotCoordinatorError,
)


class Span(NamedTuple):
    """Two instants (seconds since 1970), and how many events were applied up to the first.

    `halfway` is when half of all events were applied, where the worker tells it.
    """

    begin: float
    end: float
    before: int
    halfway: float | None = None


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
    except _NO_COORDINATOR_YET:
        # A fresh broker creates its offsets topic when the first group asks for it.
        return 0
    return sum(
        max(place.offset, 0) for partition, place in offsets.items() if partition.topic == topic
    )


def forget_group(client: KafkaAdminClient, group: str, topic: str) -> bool:
    """Make sure that a group has no offsets; False where the broker keeps them.

    It does for some time after the last worker, if that one did not take leave.
    """
    deadline = time.monotonic() + _DELETION_PATIENCE
    while committed(client, group, topic):
        if time.monotonic() > deadline:
            return False
        client.delete_groups([group])
        time.sleep(_LOOK)
    return True


def forget(
    client: KafkaAdminClient, mark: str, groups: Iterable[str], keep: Iterable[str] = ()
) -> None:
    """Delete groups, and all topics whose names hold `mark`, but those to keep.

    Waits until the topics are gone. A group that the broker still counts as alive stays.
    """
    with suppress(*_NO_COORDINATOR_YET, GroupIdNotFoundError):
        client.delete_groups(list(groups))
    kept = set(keep)

    def unwanted() -> list[str]:
        return [name for name in client.list_topics() if mark in name and name not in kept]

    client.delete_topics(unwanted())
    deadline = time.monotonic() + _DELETION_PATIENCE
    while unwanted() and time.monotonic() < deadline:
        time.sleep(_LOOK)


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

    def records(self) -> Iterator[tuple[bytes | None, bytes | None]]:
        """Yield key and value of every record, partition by partition, each in its order."""
        for partition, end in self._ends.items():
            self._consumer.assign([partition])
            self._consumer.seek(partition, 0)
            while self._consumer.position(partition) < end:
                for records in self._consumer.poll(_POLL_MS).values():
                    for record in records:
                        yield record.key, record.value

    def last_instant(self) -> float:
        """Return when the last record was written; ValueError where there is none."""
        lasts = [self._last(partition, end) for partition, end in self._ends.items() if end]
        if not lasts:
            raise ValueError(f"nothing was written to {self._topic}")
        return max(lasts) / 1_000

    def span(self, applied: Applied) -> Span:
        """From the first record of which `applied` tells something to the last record.

        ValueError where there is none.
        """
        firsts = [
            first
            for partition, end in self._ends.items()
            if (first := self._first(partition, end, applied)) is not None
        ]
        if not firsts:
            raise ValueError(f"{self._topic} tells nothing about when events were applied")
        begin, before = min(firsts)
        return Span(begin / 1_000, self.last_instant(), before)

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
