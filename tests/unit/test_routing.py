"""What is at home in a partition, and what is sent on with which header."""

from __future__ import annotations

import json
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rejections import RejectionReason
from rules.state import BEGINNING
from streams.forwarded import HEADER, Source, read_forwarded, source_header
from streams.partitioning import partition_of
from streams.routing import Route

PARTITIONS = 4
HERE = "c1"
HOME = partition_of(HERE, PARTITIONS)
ELSEWHERE = next(
    name for name in map("c{}".format, range(99)) if partition_of(name, PARTITIONS) != HOME
)
THERE = partition_of(ELSEWHERE, PARTITIONS)


class Message(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def message(offset: int, community: str, timestamp: int) -> Message:
    fields = {"id": "e", "type": "post.created", "time": "2025-01-01T00:00:00Z"}
    value = json.dumps({**fields, "community_id": community}).encode()
    return Message(offset, timestamp, b"key", value, [("trace", b"x")])


def route() -> Route:
    return Route("events", HOME, PARTITIONS, 0, BEGINNING)


def test_what_is_at_home_stays_and_costs_no_list_of_offsets() -> None:
    messages = [message(5, HERE, 100), message(6, HERE, 90)]

    routed = route().part(messages, {HERE}, since=7)

    assert routed.forwards == []
    assert [event.community_id for _, _, event in routed.portion.events] == [HERE, HERE]
    assert routed.portion.offsets == range(5, 7)
    assert (routed.portion.end, routed.portion.clock, routed.portion.since) == (7, 100, 7)
    assert routed.portion.channel_clocks() == [100, 100]


def test_a_hole_between_two_records_is_kept_in_mind() -> None:
    routed = route().part([message(5, HERE, 100), message(9, HERE, 90)], (), since=0)

    assert routed.portion.offsets == [5, 9]
    assert routed.portion.end == 10


def test_a_misplaced_record_is_sent_home_as_it_was_with_where_it_stood() -> None:
    messages = [message(5, HERE, 100), message(6, ELSEWHERE, 90), message(8, ELSEWHERE, 120)]
    own = route()

    routed = own.part(messages, {HERE}, since=7)

    assert routed.portion.events[0][2].community_id == HERE
    assert (routed.portion.end, routed.portion.clock) == (9, 120)
    first, second = routed.forwards
    assert first[:4] == (THERE, 90, ELSEWHERE.encode(), messages[1].value)
    assert first[4] == [("trace", b"x"), source_header((HOME, 6, -1, 100, 7))]
    assert second[4][-1] == source_header((HOME, 8, 6, 120, 7))
    later = own.part([message(9, ELSEWHERE, 1)], {HERE}, since=8)
    assert later.forwards[0][4][-1] == source_header((HOME, 9, 8, 120, 8))


def test_a_record_that_cannot_be_read_is_refused_where_it_stands() -> None:
    bad = Message(6, 500, None, b"no event", [])

    routed = route().part([message(5, HERE, 100), bad, message(7, HERE, 90)], {HERE}, since=0)

    assert routed.forwards == []
    [refused] = routed.portion.refused
    assert (refused.offset, refused.reason) == (6, RejectionReason.BAD_JSON)
    assert ("pulse-partition", str(HOME).encode()) in refused.letter[2]
    # It moves no clock.
    assert routed.portion.clock == 100
    assert routed.portion.offsets == [5, 7]


def test_a_record_from_the_future_moves_the_channel_clock_no_further_than_the_bound() -> None:
    messages = [message(5, HERE, 100), message(6, HERE, 900), message(7, HERE, 100)]

    routed = route().part(messages, {HERE}, since=0, latest=400)

    assert routed.portion.channel_clocks() == [100, 400, 400]
    assert routed.portion.clock == 400
    assert [arrival for arrival, _, _ in routed.portion.events] == [100, 900, 100]


NUMBERS = st.integers(-(1 << 62), 1 << 62)


@given(st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS, NUMBERS))
def test_a_source_is_read_back_from_its_header(source: Source) -> None:
    headers = [(HEADER, b"of somebody else"), source_header(source)]

    [read] = read_forwarded([Message(3, 50, b"k", b"v", headers)])

    assert read.source == source
    assert read.headers == headers[:1]
    assert (read.place, read.timestamp, read.key, read.value) == (3, 50, b"k", b"v")


@pytest.mark.parametrize(
    "headers", [[], [("other", b"x" * 40)], [(HEADER, b"x" * 39)], [(HEADER, b"")]]
)
def test_a_record_that_is_not_ours_is_passed_over(headers: list[tuple[str, bytes]]) -> None:
    assert list(read_forwarded([Message(3, 50, None, b"v", headers)])) == []
