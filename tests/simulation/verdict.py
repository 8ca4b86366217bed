"""What an uninterrupted run leaves behind, and how what was left behind differs from it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from models.decode import decode_records
from models.events import Arrived
from models.recovered import Recovered
from models.state import OutboxEntry
from models.topics import (
    ALERTS,
    ALERTS_STATE,
    DEAD_LETTERS,
    EVENTS,
    MEMBER_ALERTS,
    MEMBERS,
    SNAPSHOTS,
)
from rules.engine import fold
from rules.policy import Policies
from rules.state import BEGINNING, Partition
from streams.letters import Letter, dead_letter
from streams.outputs import Outputs
from streams.partitioning import partition_of
from streams.read_back import ReadBacks
from streams.restoration import restore
from tests.stores import MemoryStore
from tests.whole import described

from .cluster import CHANGELOG, Cluster, SourceMessage
from .worker import recorder_of

ALERT_TOPICS = (ALERTS.name, MEMBER_ALERTS.name, ALERTS_STATE.name)


@dataclass
class Expected:
    """The state by partition and community; the records by topic and by what identifies each."""

    state: list[dict[str, Any]] = field(default_factory=list)
    clocks: list[tuple[int, int]] = field(default_factory=list)
    alerts: dict[tuple[str, str], tuple[bytes, bytes]] = field(default_factory=dict)
    latest: dict[bytes, bytes] = field(default_factory=dict)
    snapshots: dict[bytes, bytes] = field(default_factory=dict)
    circles: dict[bytes, list[bytes]] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)


def expected_of(source: list[list[SourceMessage]], policies: Policies) -> Expected:
    """One fold over what belongs to each partition, without a batch, a changelog or a cluster."""
    expected = Expected()
    recorder = recorder_of(policies)
    at_home: list[list[tuple[int, int, int, Arrived]]] = [[] for _ in source]
    for number, records in enumerate(source):
        clock = BEGINNING
        for record in records:
            events, rejected = decode_records([record])
            for _, rejection in rejected:
                letter = dead_letter(EVENTS.name, number, record.offset, record, rejection)
                expected.letters.add(_letter(letter))
            for event in events:
                clock = max(clock, event[0])
                home = partition_of(event[2].community_id, len(source))
                at_home[home].append((clock, number, record.offset, event))
    for number, placed in enumerate(at_home):
        partition = Partition(policies)
        written = Outputs()
        for output in fold(partition, [event for *_, event in sorted(placed)]).outputs:
            written.add(recorder, output)
        expected.state.append(described(partition))
        offset = source[number][-1].offset if source[number] else -1
        expected.clocks.append((offset, partition.clock))
        for entry in written.alerts:
            _note(expected, entry)
        for topic, key, value in written.others:
            if topic == MEMBERS.name:
                expected.circles.setdefault(key, []).append(value)
            else:
                expected.snapshots[key] = value
    return expected


def _note(expected: Expected, entry: OutboxEntry) -> None:
    topic, key, value = entry
    expected.alerts[topic, json.loads(value)["id"]] = key, value
    if topic == ALERTS_STATE.name:
        expected.latest[key] = value


def _letter(letter: Letter) -> str:
    return repr(letter)


def recovered_of(cluster: Cluster, partition: int) -> Recovered:
    recovered = Recovered()
    for record in cluster.log(CHANGELOG, partition).records:
        assert record.key is not None
        recovered.absorb(record.key, record.value, record.offset)
    return recovered


def difference(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    """The first difference in one line; empty where there is none."""
    for check in (_state, _alerts, _snapshots, _circles, _letters):
        found = check(cluster, expected, policies)
        if found:
            return found
    return ""


def _state(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    for partition, wanted in enumerate(expected.state):
        recovered = recovered_of(cluster, partition)
        offset, clock = expected.clocks[partition]
        marker = recovered.partition
        reached = marker.offset if marker is not None else -1
        if reached != offset:
            return f"partition {partition} stands at {reached}, not {offset}"
        if marker is not None and marker.clock != clock:
            return f"partition {partition}: clock {marker.clock}, not {clock}"
        found = described(restore(recovered, policies)[0])
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                return (
                    f"partition {partition}, community {name!r}: {found.get(name)}, "
                    f"expected {wanted.get(name)}"
                )
    return ""


def difference_on_disk(
    store: MemoryStore, partitions: Iterable[int], expected: Expected, policies: Policies
) -> str:
    """The first difference of what a worker would find on its disk, if it were started again."""
    for partition in partitions:
        read_back = ReadBacks(store, 1).open(partition)
        found = described(read_back.restore(policies).state)
        wanted = expected.state[partition]
        for name in sorted(wanted.keys() | found.keys()):
            if wanted.get(name) != found.get(name):
                return (
                    f"partition {partition} on disk, community {name!r}: {found.get(name)}, "
                    f"expected {wanted.get(name)}"
                )
    return ""


def _alerts(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    found: dict[tuple[str, str], tuple[bytes, bytes]] = {}
    for topic in ALERT_TOPICS:
        for record in cluster.topic(topic):
            assert record.key is not None
            assert record.value is not None
            identity = topic, json.loads(record.value)["id"]
            content = record.key, record.value
            if found.setdefault(identity, content) != content:
                return f"{identity} was repeated with other bytes"
    return _unlike("alert", found, expected.alerts)


def _snapshots(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    found = {record.key: record.value for record in cluster.topic(SNAPSHOTS.name)}
    return _unlike("snapshot", found, expected.snapshots)


def _circles(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    """Every change of a circle was written, none that did not happen, and each as it is."""
    found = {(record.key, record.value): None for record in cluster.topic(MEMBERS.name)}
    wanted = {(key, value): None for key, values in expected.circles.items() for value in values}
    return _unlike("circle", found, wanted)


def _letters(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    records = cluster.topic(DEAD_LETTERS.name)
    found = {_letter((record.key, record.value, record.headers)) for record in records}
    return _unlike("letter", dict.fromkeys(found), dict.fromkeys(expected.letters))


def _unlike(what: str, found: dict[Any, Any], wanted: dict[Any, Any]) -> str:
    for name, content in wanted.items():
        if name not in found:
            return f"{what} {name} is missing ({len(found)} of {len(wanted)})"
        if found[name] != content:
            return f"{what} {name}: {found[name]}, expected {content}"
    for name in found:
        if name not in wanted:
            return f"{what} {name} is not expected"
    return ""


def outdated(cluster: Cluster, expected: Expected) -> list[str]:
    """The alerts and members of whom a compacted topic does not hold the latest record last."""
    found = {record.key: record.value for record in cluster.topic(ALERTS_STATE.name)}
    found.update({record.key: record.value for record in cluster.topic(MEMBERS.name)})
    latest = expected.latest | {key: values[-1] for key, values in expected.circles.items()}
    return sorted(key.decode() for key, value in latest.items() if found.get(key) != value)
