"""What an uninterrupted run leaves behind, and how what was left behind differs from it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from models import state as stored
from models.recovered import Recovered
from models.state import OutboxEntry, Position
from models.topics import ALERTS, ALERTS_STATE, DEAD_LETTERS, EVENTS, MEMBER_ALERTS, SNAPSHOTS
from rules.engine import fold
from rules.policy import Policies
from rules.state import Partition
from streams.batch import read_batch
from streams.changelog import changed_records, restore
from streams.outputs import Outputs
from streams.publish import Letter

from .cluster import CHANGELOG, Cluster, SourceMessage
from .worker import recorder_of

ALERT_TOPICS = (ALERTS.name, MEMBER_ALERTS.name, ALERTS_STATE.name)


@dataclass
class Expected:
    """The state by partition and key; the records by topic and by what identifies each."""

    state: list[dict[bytes, Any]] = field(default_factory=list)
    clocks: list[tuple[Position, int]] = field(default_factory=list)
    alerts: dict[tuple[str, str], tuple[bytes, bytes]] = field(default_factory=dict)
    latest: dict[bytes, bytes] = field(default_factory=dict)
    snapshots: dict[bytes, bytes] = field(default_factory=dict)
    letters: set[str] = field(default_factory=set)


def expected_of(source: list[list[SourceMessage]], policies: Policies) -> Expected:
    """One fold over each partition, without a batch, a changelog or a cluster."""
    expected = Expected()
    recorder = recorder_of(policies)
    for number, records in enumerate(source):
        batch = read_batch(EVENTS.name, number, records)
        partition = Partition(policies)
        written = Outputs()
        for output in fold(partition, batch.events).outputs:
            written.add(recorder, output)
        position = Position(records[-1].offset if records else -1)
        values = dict(changed_records(partition, position))
        expected.state.append({key: _read(key, value) for key, value in values.items()})
        expected.clocks.append((position, partition.clock))
        expected.letters.update(map(_letter, batch.letters))
        for entry in written.alerts:
            _note(expected, entry)
        expected.snapshots.update({key: value for _, key, value in written.others})
    return expected


def _note(expected: Expected, entry: OutboxEntry) -> None:
    topic, key, value = entry
    expected.alerts[topic, json.loads(value)["id"]] = key, value
    if topic == ALERTS_STATE.name:
        expected.latest[key] = value


def _letter(letter: Letter) -> str:
    return repr(letter)


def _read(key: bytes, value: bytes) -> Any:
    is_community = stored.community_of(key) is not None
    return stored.decode_community(value) if is_community else stored.decode_member(value)


def recovered_of(cluster: Cluster, partition: int) -> Recovered:
    recovered = Recovered()
    for record in cluster.log(CHANGELOG, partition).records:
        assert record.key is not None
        recovered.absorb(record.key, record.value)
    return recovered


def difference(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    """The first difference in one line; empty where there is none."""
    for check in (_state, _alerts, _snapshots, _letters):
        found = check(cluster, expected, policies)
        if found:
            return found
    return ""


def _state(cluster: Cluster, expected: Expected, policies: Policies) -> str:
    for partition, wanted in enumerate(expected.state):
        recovered = recovered_of(cluster, partition)
        position, clock = expected.clocks[partition]
        if recovered.position != position:
            return f"partition {partition} stands at {recovered.position}, not {position}"
        if recovered.partition is not None and recovered.partition.clock != clock:
            return f"partition {partition}: clock {recovered.partition.clock}, not {clock}"
        values = {
            key: _read(key, value)
            for key, value in recovered.values().items()
            if not stored.is_outbox_key(key)
        }
        for key in sorted(wanted.keys() | values.keys()):
            if wanted.get(key) != values.get(key):
                return (
                    f"partition {partition}, {key!r}: {values.get(key)}, expected {wanted.get(key)}"
                )
        restore(recovered, policies)
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
    """The alerts whose latest transition is not the last one written to the alert state topic."""
    found = {record.key: record.value for record in cluster.topic(ALERTS_STATE.name)}
    return sorted(key.decode() for key, value in expected.latest.items() if found.get(key) != value)
