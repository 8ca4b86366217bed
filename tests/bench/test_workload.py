from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path

import orjson
import pytest

from models.decode import decode
from models.events import Event
from models.instants import parse_instant
from tests.bench.workload import (
    COMMUNITIES,
    DAYS,
    EVENTS,
    MEMBERS,
    SPEECH,
    VARIANTS,
    instant_of,
    interactions,
    share_out,
    weights_of,
    write_workload,
)

DAY = 86_400_000

every_variant = pytest.mark.parametrize("variant", VARIANTS)


@every_variant
def test_the_same_events_come_every_time_and_a_shorter_job_is_their_beginning(
    variant: str, tmp_path: Path
) -> None:
    shorter = write_workload(tmp_path, variant, 500).path.read_bytes()
    longer = write_workload(tmp_path, variant, 1_000).path.read_bytes()
    assert longer.startswith(shorter)
    assert len(longer.splitlines()) == 1_000


@every_variant
def test_every_line_is_an_event_that_pulse_reads_in_the_order_of_time(
    variant: str, tmp_path: Path
) -> None:
    workload = write_workload(tmp_path, variant, 2_000)
    instants = []
    for line in workload.path.read_bytes().splitlines():
        event = decode(line)
        assert isinstance(event, Event)
        instants.append(parse_instant(event.time) or 0)
    assert instants == sorted(instants)


@every_variant
def test_the_counts_are_those_of_the_lines(variant: str, tmp_path: Path) -> None:
    workload = write_workload(tmp_path, variant, 5_000)
    counted: Counter[tuple[str, int]] = Counter()
    for line in workload.path.read_bytes().splitlines():
        event = orjson.loads(line)
        instant = parse_instant(event["time"])
        assert instant is not None
        if event["type"] in SPEECH:
            counted[event["community_id"], instant // DAY * DAY] += 1
    assert workload.speech == counted
    assert workload.size == sum(map(len, workload.path.read_bytes().splitlines()))


def test_the_last_event_lies_in_the_last_day() -> None:
    assert instant_of(0) == 0
    assert instant_of(EVENTS - 1) // DAY == DAYS - 1


@every_variant
def test_every_member_belongs_to_one_community(variant: str) -> None:
    members = defaultdict(set)
    for event in islice(interactions(variant), 5_000):
        members[event["user_id"]].add(event["community_id"])
    assert all(len(communities) == 1 for communities in members.values())


@every_variant
def test_all_members_are_shared_out(variant: str) -> None:
    shares = share_out(MEMBERS, weights_of(variant))
    assert (len(shares), sum(shares), min(shares) > 0) == (COMMUNITIES, MEMBERS, True)


def test_by_zipf_the_first_community_is_twice_as_busy_as_the_second() -> None:
    counts = Counter(event["community_id"] for event in interactions("zipf", 20_000))
    assert counts["c0000"] / counts["c0001"] == pytest.approx(2, rel=0.1)
    uniform = Counter(event["community_id"] for event in interactions("uniform", 20_000))
    assert max(uniform.values()) < 50


def test_shares_of_which_rounding_took_too_much_are_made_to_fit() -> None:
    assert share_out(5, [100.0, 1.0, 1.0]) == [3, 1, 1]


def test_fewer_communities_share_the_same_events_and_members_among_them() -> None:
    counts = Counter(event["community_id"] for event in interactions("uniform", 20_000, 50))
    assert counts.keys() == {f"c{number:04}" for number in range(50)}
    assert all(280 < count < 520 for count in counts.values())
