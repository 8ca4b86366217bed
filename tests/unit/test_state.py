"""The state as bytes: what is written comes back, and what cannot be read is a named error."""

from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models import state
from models.panes import WIDTH
from models.state import (
    FORMAT_VERSION,
    PARTITION_KEY,
    START,
    OutboxEntry,
    Position,
    StateError,
    StoredAlert,
    StoredCommunity,
    StoredPartition,
)

integers = st.integers(-(1 << 62), 1 << 62)
days = st.integers(1, 3_652_059)
counts = st.integers(0, (1 << 32) - 1)
positions = st.builds(Position, st.integers(-1, 1 << 62), counts, counts)
A_MEMBER = state.encode_member(START, 7)
identifiers = st.text(min_size=1, max_size=20) | st.sampled_from(["社" * 256, "\x00", "a|b"])
alerts = st.builds(StoredAlert, *[st.integers(0, 1 << 40)] * 6)
communities = st.builds(
    StoredCommunity,
    st.sampled_from(["UTC", "Australia/Lord_Howe"]),
    days,
    days,
    st.dictionaries(st.sampled_from(["member-silent", "speech-density-drop"]), alerts),
    st.dictionaries(days, st.lists(st.integers(0, 1 << 40), min_size=WIDTH, max_size=WIDTH)),
)
entries = st.lists(st.tuples(identifiers, st.binary(max_size=9), st.binary(max_size=9)))


@given(
    positions, st.builds(StoredPartition, st.just(FORMAT_VERSION), integers, st.integers(1, 10_000))
)
def test_a_partition_comes_back(position: Position, stored: StoredPartition) -> None:
    value = state.encode_partition(position, stored)
    assert state.position_of(value) == position
    assert state.decode_partition(value) == stored


@given(positions, communities)
def test_a_community_comes_back(position: Position, stored: StoredCommunity) -> None:
    value = state.encode_community(position, stored)
    assert state.position_of(value) == position
    assert state.decode_community(value) == stored


@given(positions, st.integers(0, (1 << 64) - 1))
def test_a_member_comes_back(position: Position, member: int) -> None:
    value = state.encode_member(position, member)
    assert state.position_of(value) == position
    assert state.decode_member(value) == member


@given(positions, entries)
def test_the_outbox_comes_back(position: Position, records: list[OutboxEntry]) -> None:
    value = state.encode_outbox(position, records)
    assert state.position_of(value) == position
    assert state.decode_outbox(value) == records


@given(identifiers, identifiers, st.integers(0, (1 << 32) - 1))
def test_a_key_says_whose_it_is_and_nothing_else(community: str, user: str, number: int) -> None:
    of_community = state.community_key(community)
    of_member = state.member_key_prefix(community) + user.encode()
    of_outbox = state.outbox_key(number)
    assert state.community_of(of_community) == community
    everything = dict.fromkeys((of_community, of_outbox, PARTITION_KEY, of_member), A_MEMBER)
    assert list(state.members_of(everything)) == [(state.member_key_prefix(community), user, 7)]
    assert [state.community_of(key) for key in (of_member, of_outbox, PARTITION_KEY)] == [None] * 3
    keys = (of_community, of_member, of_outbox, PARTITION_KEY)
    assert [state.is_outbox_key(key) for key in keys] == [False, False, True, False]


@given(st.lists(st.tuples(identifiers, st.text(max_size=5)), unique=True))
def test_no_two_members_share_a_key(members: list[tuple[str, str]]) -> None:
    keys = {state.member_key_prefix(community) + user.encode() for community, user in members}
    assert len(keys) == len(members)


def test_chunks_of_the_outbox_sort_by_their_number() -> None:
    keys = [state.outbox_key(number) for number in (0, 1, 9, 10, 255, 256, 70_000)]
    assert keys == sorted(keys)


def test_positions_are_ordered_by_offset_then_tick_then_closes() -> None:
    nine = Position(9, 3)
    later = [nine.after_closes(2), nine.after_closes(2).after_closes(1), nine.after_tick()]
    ordered = [START, Position(0), Position(0, 1), Position(1), nine, *later, Position(10)]
    assert ordered == sorted(ordered)


AT_NINE = struct.pack("<qII", 9, 0, 0)
Read = Callable[[bytes], object]
DECODERS: list[Read] = [
    state.decode_partition,
    state.decode_community,
    state.decode_member,
    state.decode_outbox,
]


@pytest.mark.parametrize("decode", DECODERS)
@given(content=st.binary(max_size=40))
@example(content=b"\x95\xa1\xff")
@example(content=b"\x91\x93\xa1\xff")
def test_unreadable_values_are_named_errors(decode: Read, content: bytes) -> None:
    for value in (content, AT_NINE + content):
        # Any other error fails the test.
        with suppress(StateError):
            decode(value)


@given(st.binary(max_size=12))
def test_unreadable_keys_are_named_errors(content: bytes) -> None:
    for kind in (b"c", b"m", b""):
        with suppress(StateError):
            state.community_of(kind + content)
        with suppress(StateError):
            list(state.members_of({kind + content: A_MEMBER}))


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("value", [AT_NINE + b"\xc1", AT_NINE + b"\x93\x01", AT_NINE])
def test_a_cut_or_foreign_value_is_refused(decode: Read, value: bytes) -> None:
    with pytest.raises(StateError):
        decode(value)


def test_a_partition_with_more_fields_is_still_read() -> None:
    value = AT_NINE + msgspec.msgpack.encode([FORMAT_VERSION, 5, 12, "new"])
    assert state.decode_partition(value) == StoredPartition(FORMAT_VERSION, 5, 12)
