"""What stands in the topics after a round, read back from the broker."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple

from kafka import KafkaConsumer, TopicPartition

from models.events import EventType
from models.panes import LATE as LATE_INDEX
from models.recovered import Recovered
from models.state import PARTITION_KEY, decode_partition
from models.topics import (
    ALERTS,
    ALERTS_STATE,
    DEAD_LETTERS,
    EVENTS,
    MEMBER_ALERTS,
    MEMBERS,
    SNAPSHOTS,
)
from rules.policy import Policies
from streams.restoration import restore

from .truth import LATE, Pane, Place, Told

PATIENCE = 90.0
Alert = tuple[str, bytes, bytes]
"""Topic without prefix, key, value."""


class Mark(NamedTuple):
    """A batch was completed: when (seconds since 1970), and the last offset it applied."""

    at: float
    offset: int


@dataclass(slots=True)
class Outcome:
    """Everything that a round has left."""

    events: dict[int, list[Told]] = field(default_factory=dict)
    alerts: list[Alert] = field(default_factory=list)
    states: dict[bytes, bytes] = field(default_factory=dict)
    snapshots: list[tuple[bytes, bytes]] = field(default_factory=list)
    circles: list[tuple[bytes, bytes]] = field(default_factory=list)
    letters: list[tuple[Place, bytes]] = field(default_factory=list)
    panes: dict[str, dict[str, Pane]] = field(default_factory=dict)
    next_days: dict[str, str] = field(default_factory=dict)
    marks: dict[int, list[Mark]] = field(default_factory=dict)


def records_of(servers: str, topic: str) -> Iterator[Any]:
    """All records of a topic that nobody writes to any more, in the order of each partition."""
    consumer = KafkaConsumer(
        bootstrap_servers=servers,
        enable_auto_commit=False,
        group_id=None,
        fetch_max_wait_ms=20,
        max_partition_fetch_bytes=8 << 20,
        max_poll_records=5_000,
    )
    try:
        numbers = sorted(consumer.partitions_for_topic(topic))
        places = [TopicPartition(topic, number) for number in numbers]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        deadline = time.monotonic() + PATIENCE
        while any(consumer.position(place) < ends[place] for place in places):
            assert time.monotonic() < deadline, f"cannot read {topic} to its end"
            for records in consumer.poll(timeout_ms=200).values():
                deadline = time.monotonic() + PATIENCE
                yield from records
    finally:
        consumer.close()


def read_outcome(servers: str, prefix: str, changelog: str, policies: Policies) -> Outcome:
    """Read every topic of a deployment whose workers have ended."""
    found = Outcome()
    for record in records_of(servers, prefix + EVENTS.name):
        told = record.offset, record.timestamp, record.value, list(record.headers)
        found.events.setdefault(record.partition, []).append(told)
    for topic in (ALERTS, MEMBER_ALERTS):
        for record in records_of(servers, prefix + topic.name):
            found.alerts.append((topic.name, record.key, record.value))
    for record in records_of(servers, prefix + ALERTS_STATE.name):
        found.states[record.key] = record.value
    for record in records_of(servers, prefix + SNAPSHOTS.name):
        found.snapshots.append((record.key, record.value))
    for record in records_of(servers, prefix + MEMBERS.name):
        found.circles.append((record.key, record.value))
    for record in records_of(servers, prefix + DEAD_LETTERS.name):
        facts = dict(record.headers)
        place = int(facts["pulse-partition"]), int(facts["pulse-offset"])
        found.letters.append((place, record.value))
    _read_changelog(servers, changelog, found, policies)
    return found


def _read_changelog(servers: str, changelog: str, found: Outcome, policies: Policies) -> None:
    """The panes as they are stored, and when each batch was completed."""
    recovered: dict[int, Recovered] = {}
    for record in records_of(servers, changelog):
        if record.key is None:
            continue
        one = recovered.setdefault(record.partition, Recovered())
        one.absorb(record.key, record.value, record.offset)
        if record.key == PARTITION_KEY and record.value:
            mark = Mark(record.timestamp / 1000, decode_partition(record.value).offset)
            found.marks.setdefault(record.partition, []).append(mark)
    for one in recovered.values():
        for name, community in restore(one, policies)[0].communities.items():
            found.next_days[name] = date.fromordinal(community.next_day).isoformat()
            found.panes[name] = {
                date.fromordinal(day).isoformat(): pane_of(counters)
                for day, counters in community.panes.items()
            }


def pane_of(counters: list[int]) -> Pane:
    pane = Counter({kind.wire_name: counters[kind] for kind in EventType if counters[kind]})
    if counters[LATE_INDEX]:
        pane[LATE] = counters[LATE_INDEX]
    return pane
