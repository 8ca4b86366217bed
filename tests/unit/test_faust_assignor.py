"""Who gets which partition and stands by for which; and that Faust reads no changelog."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from aiokafka.coordinator.protocol import (
    ConsumerProtocolMemberAssignment,
    ConsumerProtocolMemberMetadata,
)
from faust.types import TP

from streams.faust_assignor import StateAssignor

EVENTS, CHANGELOG = "events", "changelog"


class Tables:
    changelog_topics = frozenset({CHANGELOG})
    data: dict[str, Any] = {}  # noqa: RUF012


class Sensors:
    def on_assignment_start(self, assignor: object) -> None: ...
    def on_assignment_completed(self, assignor: object, state: object) -> None: ...
    def on_assignment_error(self, assignor: object, state: object, error: object) -> None: ...


class Settings(NamedTuple):
    canonical_url: str


class App:
    tracer = None
    tables = Tables()
    sensors = Sensors()

    def __init__(self, name: str) -> None:
        self.conf = Settings(f"http://{name}.pulse:6066")


class Cluster(NamedTuple):
    partitions: int

    def partitions_for_topic(self, topic: str) -> set[int]:
        return set(range(self.partitions))


class Member:
    def __init__(self, name: str, replicas: int) -> None:
        self.name = name
        self.assignor = StateAssignor(App(name), replicas)

    def metadata(self) -> ConsumerProtocolMemberMetadata:
        return self.assignor.metadata({EVENTS, CHANGELOG})


def deal(members: list[Member], partitions: int) -> None:
    """Let the first of the members deal out the partitions, and all take what they get."""
    metadata = {member.name: member.metadata() for member in members}
    dealt = members[0].assignor.assign(Cluster(partitions), metadata)
    for member in members:
        sent = dealt[member.name].encode()
        received = ConsumerProtocolMemberAssignment.decode(sent)
        assert {topic for topic, _ in received.assignment} <= {EVENTS}
        member.assignor.on_assignment(received)
        owned, _ = member.assignor.state_partitions()
        assert sorted(received.partitions()) == sorted(TP(EVENTS, each) for each in owned)


def owned(member: Member) -> set[int]:
    return member.assignor.state_partitions()[0]


def standbys(member: Member) -> set[int]:
    return member.assignor.state_partitions()[1]


@pytest.mark.parametrize("replicas", [0, 1, 2])
@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_partition_has_one_owner_and_its_standbys_elsewhere(
    workers: int, replicas: int
) -> None:
    members = [Member(f"w{number}", replicas) for number in range(workers)]
    deal(members, 12)
    for partition in range(12):
        assert sum(partition in owned(member) for member in members) == 1
        wanted = min(replicas, workers - 1)
        assert sum(partition in standbys(member) for member in members) == wanted
        assert not any(partition in owned(m) and partition in standbys(m) for m in members)


def test_faust_itself_is_told_of_no_changelog_and_no_standby() -> None:
    members = [Member(f"w{number}", 1) for number in range(2)]
    deal(members, 4)
    for member in members:
        assert {place.topic for place in member.assignor.assigned_actives()} == {EVENTS}
        assert member.assignor.assigned_standbys() == set()


@pytest.mark.parametrize("lost", range(3))
def test_who_stood_by_takes_over_and_who_stays_keeps_what_it_has(lost: int) -> None:
    members = [Member(f"w{number}", 1) for number in range(3)]
    deal(members, 12)
    before = {member.name: owned(member) for member in members}
    stood_by = {member.name: standbys(member) for member in members}
    dead = members.pop(lost)
    deal(members, 12)
    for member in members:
        assert before[member.name] <= owned(member)
        assert owned(member) - before[member.name] <= owned(dead)
    prepared = sum(len(owned(m) & stood_by[m.name] & owned(dead)) for m in members)
    assert prepared >= len(owned(dead)) - 1
