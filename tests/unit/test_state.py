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
from models.alerts import AlertState, Phase
from models.panes import WIDTH
from models.state import (
    FORMAT_VERSION,
    NEVER,
    PARTITION_KEY,
    OutboxEntry,
    Stamp,
    StateError,
    StoredPartition,
)
from models.stored import (
    StoredChange,
    StoredCommunity,
    decode_change,
    decode_changes,
    decode_community,
    decode_page,
    encode_change,
    encode_community,
    encode_page,
    join_changes,
    split_changes,
)

integers = st.integers(-(1 << 62), 1 << 62)
days = st.integers(1, 3_652_059)
counts = st.integers(0, (1 << 32) - 1)
epochs = st.integers(0, 1 << 62)
stamps = st.builds(Stamp, epochs, counts)
identifiers = st.text(min_size=1, max_size=20) | st.sampled_from(["社" * 256, "\x00", "a|b"])
alerts = st.dictionaries(
    st.sampled_from(["member-silent", "speech-density-drop"]),
    st.builds(AlertState, st.sampled_from(Phase), *[st.integers(0, 1 << 40)] * 5),
)
zones = st.sampled_from(["UTC", "Australia/Lord_Howe"])
panes = st.dictionaries(days, st.lists(st.integers(0, 1 << 40), min_size=WIDTH, max_size=WIDTH))
members = st.dictionaries(identifiers, st.integers(0, (1 << 64) - 1))
communities = st.builds(
    StoredCommunity, st.tuples(epochs, counts), zones, days, days, counts, counts, alerts, panes
)
changes = st.builds(
    StoredChange, identifiers, zones, days, days, counts, counts, st.none() | alerts, panes, members
)
entries = st.lists(st.tuples(identifiers, st.binary(max_size=9), st.binary(max_size=9)))


@given(
    stamps,
    st.builds(
        StoredPartition,
        st.just(FORMAT_VERSION),
        integers,
        st.integers(1, 10_000),
        st.integers(-1, 1 << 62),
        st.lists(st.tuples(epochs, counts)),
    ),
)
def test_a_partition_comes_back(stamp: Stamp, stored: StoredPartition) -> None:
    value = state.encode_partition(stamp, stored)
    assert state.stamp_of(value) == stamp
    assert state.decode_partition(value) == stored


@given(stamps, communities)
def test_a_community_comes_back(stamp: Stamp, stored: StoredCommunity) -> None:
    value = encode_community(stamp, stored)
    assert state.stamp_of(value) == stamp
    assert decode_community(value) == stored


@given(stamps, members)
def test_a_page_of_members_comes_back(stamp: Stamp, page: dict[str, int]) -> None:
    value = encode_page(stamp, page)
    assert state.stamp_of(value) == stamp
    assert decode_page(value) == page


@given(stamps, st.lists(changes))
def test_changes_come_back_in_their_order(stamp: Stamp, batch: list[StoredChange]) -> None:
    value = join_changes(
        stamp, [encode_change(msgspec.structs.astuple(change)) for change in batch]
    )
    assert state.stamp_of(value) == stamp
    assert decode_changes(value) == batch
    assert [decode_change(part) for part in split_changes(value)] == batch


@given(stamps, stamps, st.binary())
def test_a_value_may_stand_once_more_with_another_stamp(
    stamp: Stamp, other: Stamp, content: bytes
) -> None:
    value = state.restamped(state.stamped(stamp, content), other)
    assert value == state.stamped(other, content)
    assert state.is_void(value) == (not content)


@given(stamps, entries)
def test_the_outbox_comes_back(stamp: Stamp, records: list[OutboxEntry]) -> None:
    value = state.encode_outbox(stamp, records)
    assert state.stamp_of(value) == stamp
    assert state.decode_outbox(value) == records


@given(identifiers, counts, stamps)
def test_a_key_says_what_it_is_of_and_nothing_else(
    community: str, number: int, stamp: Stamp
) -> None:
    of_community = state.community_key(community)
    of_page = state.page_key(community, number)
    of_delta, of_outbox = state.delta_key(stamp, number), state.outbox_key(number)
    assert state.community_of(of_community) == community
    assert state.page_of(of_page) == (community, number)
    keys = (of_community, of_page, of_delta, of_outbox, PARTITION_KEY)
    assert [key[:1] for key in keys[:3]] == [state.COMMUNITY, state.MEMBERS, state.DELTA]
    assert [state.is_outbox_key(key) for key in keys] == [False, False, False, True, False]
    assert [state.is_delta_key(key) for key in keys] == [False, False, True, False, False]


@given(st.lists(st.tuples(identifiers, counts), unique=True))
def test_no_two_pages_share_a_key(pages: list[tuple[str, int]]) -> None:
    assert len({state.page_key(*page) for page in pages}) == len(pages)


@given(st.lists(st.tuples(stamps, counts)))
def test_keys_of_deltas_sort_as_their_stamps(places: list[tuple[Stamp, int]]) -> None:
    keys = [state.delta_key(*place) for place in sorted(places)]
    assert keys == sorted(keys)


def test_chunks_of_the_outbox_sort_by_their_number() -> None:
    keys = [state.outbox_key(number) for number in (0, 1, 9, 10, 255, 256, 70_000)]
    assert keys == sorted(keys)


def test_a_later_writer_comes_after_all_of_an_earlier_one() -> None:
    first = Stamp(0)
    ordered = [NEVER, first, first.next(), first.next().next(), Stamp(7), Stamp(7).next()]
    assert ordered == sorted(ordered)


AT_NINE = struct.pack("<QI", 9, 0)
Read = Callable[[bytes], object]
DECODERS: list[Read] = [
    state.decode_partition,
    decode_community,
    decode_page,
    decode_changes,
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
            state.page_of(kind + content)


@pytest.mark.parametrize("decode", DECODERS)
@pytest.mark.parametrize("value", [AT_NINE + b"\xc1", AT_NINE + b"\x93\x01", AT_NINE])
def test_a_cut_or_foreign_value_is_refused(decode: Read, value: bytes) -> None:
    with pytest.raises(StateError):
        decode(value)


def test_a_partition_with_more_fields_is_still_read() -> None:
    value = AT_NINE + msgspec.msgpack.encode([FORMAT_VERSION, 5, 12, 9, [], None, "new"])
    assert state.decode_partition(value) == StoredPartition(FORMAT_VERSION, 5, 12, 9)
