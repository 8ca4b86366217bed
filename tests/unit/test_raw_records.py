"""What was fetched comes in lists: all of it, in order, bounded, with the holes that it shows."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.structs import TopicPartition
from hypothesis import given
from hypothesis import strategies as st

from streams import raw_records
from streams.backlog import PIECE
from streams.header_names import TolerantRecords
from streams.holes import Holes
from streams.raw_records import FetchedPartition, FetchedPieces, PackedRecords, note_holes

PLACE = TopicPartition("events", 3)

Batches = list[list[int]]
"""The offsets of the records of each batch."""


def data_of(batches: Batches) -> bytes:
    """Record batches as a broker sends them, lz4; offsets that are left out were compacted away."""
    data = b""
    for offsets in batches:
        builder = DefaultRecordBatchBuilder(
            2, 3, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0,
            batch_size=1 << 20,
        )  # fmt: skip
        for offset in offsets:
            value = b"value of %d" % offset
            builder.append(offset - offsets[0], 1_000 + offset, key=None, value=value, headers=[])
        data += offsets[0].to_bytes(8, "big") + bytes(builder.build())[8:]
    return data


def fetched(batches: Batches, begin: int) -> FetchedPartition:
    records = TolerantRecords(data_of(batches))
    return FetchedPartition(PLACE, records, [], begin, None, None, True, 1)


class State:
    """What aiokafka knows of an assigned partition."""

    active = True
    paused = False

    def __init__(self, position: int) -> None:
        self.position = position

    def state_value(self, _: TopicPartition) -> State:
        return self

    def consumed_to(self, position: int) -> None:
        self.position = position


batches = st.lists(
    st.tuples(st.integers(0, 2), st.lists(st.booleans(), min_size=1, max_size=6)), max_size=5
)


@st.composite
def offsets(draw: st.DrawFn) -> Batches:
    """Batches with holes inside and between."""
    made, offset = [], draw(st.integers(0, 3))
    for gap, kept in draw(batches):
        offset += gap
        batch = [offset + place for place, keep in enumerate(kept) if keep]
        offset += len(kept)
        if batch:
            made.append(batch)
    return made


@given(offsets(), st.integers(-2, 5), st.lists(st.integers(1, 7), min_size=1, max_size=9))
def test_every_record_from_the_begin_on_is_given_once_and_in_order(
    made: Batches, ahead: int, sizes: list[int]
) -> None:
    # A broker begins with the batch in which the offset lies, or with the next one.
    begin = min(max(made[0][0] + ahead, 0), made[0][-1]) if made else 0
    partition, given_offsets = fetched(made, begin), []
    for size in cycle(sizes):
        taken = partition.take(size)
        assert len(taken) <= size
        if taken:
            assert partition.next_fetch_offset > taken[-1].offset
        given_offsets += [record.offset for record in taken]
        assert all(record.value == b"value of %d" % record.offset for record in taken)
        if partition.is_empty:
            break

    expected = [offset for batch in made for offset in batch if offset >= begin]
    assert given_offsets == expected
    assert partition.is_empty
    assert partition.next_fetch_offset == max([begin, *(offset + 1 for offset in expected)])


def test_no_more_than_a_piece_is_given_at_once_and_the_end_is_known_with_the_last_one() -> None:
    made = [list(range(PIECE - 10)), list(range(PIECE - 10, PIECE + 10))]
    state = State(0)
    result: Any = FetchedPieces(
        PLACE, assignment=state, partition_records=fetched(made, 0), backoff=0.0
    )

    assert [record.offset for record in result.getall()] == list(range(PIECE))
    assert (state.position, result.has_more()) == (PIECE, True)
    assert [record.offset for record in result.getall(3)] == [PIECE, PIECE + 1, PIECE + 2]
    assert len(result.getall()) == 7
    assert (state.position, result.has_more()) == (PIECE + 10, False)
    assert result.getall() == []


def test_nothing_is_given_where_the_partition_is_to_be_read_elsewhere_by_now() -> None:
    result: Any = FetchedPieces(
        PLACE, assignment=State(7), partition_records=fetched([[0, 1]], 0), backoff=0.0
    )

    assert result.getall() == []
    assert not result.has_more()


def test_a_batch_that_is_damaged_is_not_passed_over() -> None:
    data = bytearray(data_of([[0, 1], [2, 3]]))
    data[-3] ^= 1
    partition = FetchedPartition(PLACE, TolerantRecords(bytes(data)), [], 0, None, None, True, 1)

    assert [record.offset for record in partition.take(2)] == [0, 1]
    with pytest.raises(fetcher.Errors.CorruptRecordException):
        partition.take(2)
    assert partition.next_fetch_offset == 2
    assert partition.take(2) == []
    assert partition.is_empty


@pytest.mark.parametrize(
    ("start", "found", "end", "holes"),
    [
        (5, [5, 6, 7], 8, []),
        (5, [], 5, []),
        (5, [], 9, [(5, 9)]),
        (5, [7, 8], 9, [(5, 7)]),
        (5, [5, 8, 10], 12, [(6, 8), (9, 10), (11, 12)]),
    ],
)
def test_the_offsets_that_a_fetch_leaves_out_are_noted(
    start: int, found: list[int], end: int, holes: list[tuple[int, int]]
) -> None:
    noted = []

    class Notes(Holes):
        def note(self, partition: int, start: int, end: int) -> None:
            noted.append((start, end))

    class Record:
        def __init__(self, offset: int) -> None:
            self.offset = offset

    note_holes(Notes(), 0, start, [Record(offset) for offset in found], end)

    assert noted == holes


@given(offsets(), st.integers(-2, 5), st.lists(st.integers(1, 7), min_size=1, max_size=9))
def test_what_is_packed_gives_every_record_once_and_notes_what_is_left_out(
    made: Batches, ahead: int, sizes: list[int]
) -> None:
    begin = min(max(made[0][0] + ahead, 0), made[0][-1]) if made else 0
    holes = Holes()
    packed = packed_of(made, begin, holes)
    length, given_offsets = len(packed), []
    for size in cycle(sizes):
        taken = packed.take(size)
        given_offsets += [record.offset for record in taken]
        if len(taken) < size:
            break

    expected = [offset for batch in made for offset in batch if offset >= begin]
    assert given_offsets == expected
    assert (packed.offset, length) == (max([begin - 1, *expected]), packed.offset + 1 - begin)
    # Whatever is left out from the begin to the end is known as a hole.
    for offset in range(begin, packed.offset + 1):
        at = holes.skip(3, offset)
        assert at == next((other for other in expected if other >= offset), packed.offset + 1)


def packed_of(made: Batches, begin: int, holes: Holes) -> PackedRecords:
    return fetched(made, begin).take_packed(PIECE, holes)


def test_only_who_does_not_say_how_many_gets_records_of_the_source_packed() -> None:
    def result(holes: Holes | None) -> Any:
        partition = fetched([[0, 1, 2]], 0)
        partition.holes = holes
        return FetchedPieces(PLACE, assignment=State(0), partition_records=partition, backoff=0.0)

    packed = result(Holes()).getall()
    assert [record.offset for record in packed.take(9)] == [0, 1, 2]
    assert [record.offset for record in result(Holes()).getall(9)] == [0, 1, 2]
    assert [record.offset for record in result(None).getall()] == [0, 1, 2]


@pytest.mark.parametrize("most", [1, 2, 3, 10])
def test_a_header_name_that_is_no_text_loses_no_record_of_what_is_packed(most: int) -> None:
    builder = DefaultRecordBatchBuilder(
        2, 0, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0,
        batch_size=1 << 20,
    )  # fmt: skip
    for offset in range(6):
        headers = [("name", b"")] if offset == 3 else []
        builder.append(offset, 1_000, key=None, value=b"%d" % offset, headers=headers)
    data = bytes(builder.build()).replace(b"name", b"n\xff\xfee")
    batch, taken = TolerantRecords(data).next_batch(), []

    while more := batch.take(most):
        taken += more

    assert [record.value for record in taken] == [b"%d" % offset for offset in range(6)]
    assert taken[3].headers == [("n\\xff\\xfee", b"")]


def test_only_holes_of_the_source_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetcher, "PartitionRecords", fetcher.PartitionRecords)
    monkeypatch.setattr(fetcher, "FetchResult", fetcher.FetchResult)
    holes, others = Holes(), Holes()
    for source, notes in (("events", holes), ("another", others)):
        raw_records.hand_on_raw_records(source, notes)
        records = TolerantRecords(data_of([[4, 6]]))
        made = fetcher.PartitionRecords(PLACE, records, [], 2, None, None, True, 1)
        assert len(made.take(10)) == 2

    assert [holes.skip(3, offset) for offset in (2, 4, 5)] == [4, 4, 6]
    assert others.skip(3, 2) == 2
