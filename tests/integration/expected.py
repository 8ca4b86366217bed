"""What a worker must leave in its topics, from the engine without Kafka."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from models.instants import parse_instant
from models.rejections import Rejection, RejectionReason
from models.state import OutboxEntry
from models.topics import ALERTS, ALERTS_STATE, MEMBER_ALERTS, MEMBERS, SNAPSHOTS
from rules.engine import fold
from rules.policy import Policies
from rules.records import Recorder
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.lines import arrival_of, read_events
from streams.outputs import Outputs
from streams.partitioning import partition_of

from .deployment import Deployment, Record

Sequences = dict[tuple[str, bytes], list[bytes]]
"""Values by topic (without prefix) and key, in order."""


def sequences(deployment: Deployment, records: Iterable[Record]) -> Sequences:
    """Sort records by topic and key; fails where one key stands in two partitions."""
    found: Sequences = defaultdict(list)
    places: dict[tuple[str, bytes], int] = {}
    for record in records:
        assert record.key is not None
        assert record.value is not None
        place = record.topic.removeprefix(deployment.prefix), record.key
        assert places.setdefault(place, record.partition) == record.partition
        found[place].append(record.value)
    return dict(found)


def without_repeats(found: Sequences) -> Sequences:
    """Drop repeats by id, as a consumer does; fails where a repeat has other bytes (Law 2)."""
    kept: Sequences = {}
    for place, values in found.items():
        by_id: dict[str, bytes] = {}
        for value in values:
            assert by_id.setdefault(json.loads(value)["id"], value) == value
        kept[place] = list(by_id.values())
    return kept


def alert_sequences(replayed: Iterable[bytes]) -> Sequences:
    """The two alert topics, from the records of a replay."""
    expected: Sequences = defaultdict(list)
    for line in replayed:
        data = json.loads(line)["data"]
        topic = MEMBER_ALERTS if data.get("member_id") is not None else ALERTS
        expected[topic.name, data["community_id"].encode()].append(line)
    return dict(expected)


def latest_transitions(replayed: Iterable[bytes]) -> dict[bytes, bytes]:
    """The state topic: the latest transition of each alert."""
    latest = {}
    for line in replayed:
        record = json.loads(line)
        if not record["type"].startswith("pulse.alert.digest"):
            latest[record["data"]["alert_id"].encode()] = line
    return latest


def snapshots(deployment: Deployment, file: Path) -> dict[bytes, bytes]:
    """The snapshots topic: one record per community and judged day."""
    return {key: value for topic, key, value in plain(deployment, file) if topic == SNAPSHOTS.name}


def circles(deployment: Deployment, file: Path) -> dict[bytes, list[bytes]]:
    """The members topic: the changes of each member's circle, in order."""
    found: dict[bytes, list[bytes]] = defaultdict(list)
    for topic, key, value in plain(deployment, file):
        if topic == MEMBERS.name:
            found[key].append(value)
    return dict(found)


def plain(deployment: Deployment, file: Path) -> list[OutboxEntry]:
    """The records that are no alerts: topic, key, value."""
    catalogue = shipped_catalogue()
    policies = Policies(deployment.loaded(), catalogue)
    states = [Partition(policies) for _ in range(deployment.partitions)]
    recorder = Recorder(catalogue, deployment.loaded().deployment)
    written = Outputs()
    for _, event in read_events(str(file)):
        if isinstance(event, Rejection):
            continue
        state = states[partition_of(event.community_id, deployment.partitions)]
        time = parse_instant(event.time)
        assert time is not None
        for output in fold(state, [(arrival_of(event), time, event)]).outputs:
            written.add(recorder, output)
    days = [key for topic, key, _ in written.others if topic == SNAPSHOTS.name]
    assert len(days) == len(set(days))
    return written.others


def rejections(file: Path) -> Counter[tuple[bytes, RejectionReason]]:
    """The lines of `file` that cannot be read, with the reason."""
    return Counter(
        (line, event.reason)
        for line, event in read_events(str(file))
        if isinstance(event, Rejection)
    )


def latest(records: Iterable[Record]) -> dict[bytes, bytes]:
    """What compaction leaves: the last value of each key."""
    return {record.key: record.value for record in records if record.key and record.value}


def check_outputs(deployment: Deployment, file: Path) -> None:
    """Hold alert, state and snapshot topics against the replay; repeats are dropped by id."""
    replayed = deployment.replay(file)
    found = sequences(deployment, deployment.alerts())
    assert without_repeats(found) == alert_sequences(replayed)
    assert latest(deployment.read(ALERTS_STATE.name)) == latest_transitions(replayed)
    assert latest(deployment.read(SNAPSHOTS.name)) == snapshots(deployment, file)
