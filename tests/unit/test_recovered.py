"""Reading a changelog back: only what was completed counts, and the newest of it."""

from __future__ import annotations

import pytest

from models import state
from models.recovered import Recovered
from models.state import (
    FORMAT_VERSION,
    PARTITION_KEY,
    START,
    Position,
    StateError,
    StoredPartition,
)

Log = list[tuple[bytes, bytes]]

ANNA = state.member_key_prefix("42") + b"anna"
BEN = state.member_key_prefix("42") + b"ben"
BERT = state.member_key_prefix("42") + b"bert"


def marker(offset: int, tick: int = 0, clock: int = 0) -> tuple[bytes, bytes]:
    stored = StoredPartition(FORMAT_VERSION, clock, 12)
    return PARTITION_KEY, state.encode_partition(Position(offset, tick), stored)


def member(key: bytes, offset: int, number: int, tick: int = 0) -> tuple[bytes, bytes]:
    return key, state.encode_member(Position(offset, tick), number)


def outbox(chunk: int, offset: int, *texts: bytes, tick: int = 0) -> tuple[bytes, bytes]:
    records = [("community.alerts.v1", b"42", text) for text in texts]
    return state.outbox_key(chunk), state.encode_outbox(Position(offset, tick), records)


def read(log: Log) -> Recovered:
    recovered = Recovered()
    for key, value in log:
        recovered.absorb(key, value)
    return recovered


# What each log says of Anna and Bert, and how far it says the partition has come.
LOGS: list[tuple[str, Log, dict[bytes, int], Position]] = [
    ("nothing", [], {}, START),
    ("one batch", [member(ANNA, 9, 1), marker(9)], {ANNA: 1}, Position(9)),
    ("a batch that was never completed", [member(ANNA, 9, 1)], {}, START),
    (
        "a second batch that was never completed",
        [member(ANNA, 9, 1), marker(9), member(ANNA, 19, 2), member(BERT, 19, 3)],
        {ANNA: 1},
        Position(9),
    ),
    (
        "a batch that was completed by another worker",
        [member(ANNA, 9, 1), marker(9), member(ANNA, 19, 2), member(ANNA, 19, 2), marker(19)],
        {ANNA: 2},
        Position(19),
    ),
    (
        "a newer value that waits for its marker",
        [member(ANNA, 19, 2), member(ANNA, 9, 1), marker(9), member(BERT, 19, 3), marker(19)],
        {ANNA: 2, BERT: 3},
        Position(19),
    ),
    (
        "a newer value whose marker never comes, before the one that counts",
        [member(ANNA, 19, 9), member(ANNA, 14, 2), marker(14)],
        {ANNA: 2},
        Position(14),
    ),
    (
        "the same after a first batch",
        [member(ANNA, 9, 1), marker(9), member(ANNA, 19, 9), member(ANNA, 14, 2), marker(14)],
        {ANNA: 2},
        Position(14),
    ),
    (
        "an old value that a paused worker writes late",
        [member(ANNA, 9, 1), member(ANNA, 19, 2), marker(19), member(ANNA, 14, 9)],
        {ANNA: 2},
        Position(19),
    ),
    (
        "an old value and an old marker of a paused worker",
        [member(ANNA, 19, 2), marker(19), member(ANNA, 14, 9), marker(14), member(BERT, 16, 3)],
        {ANNA: 2, BERT: 3},
        Position(19),
    ),
    (
        "an old value of a member that the newer batch does not touch",
        [member(BERT, 19, 3), marker(19), member(ANNA, 14, 1)],
        {BERT: 3, ANNA: 1},
        Position(19),
    ),
    (
        "two values of one position: the last one",
        [member(ANNA, 9, 1), member(ANNA, 9, 2), marker(9)],
        {ANNA: 2},
        Position(9),
    ),
    (
        "ticks of the clock after the last record",
        [member(ANNA, 9, 1), marker(9), member(ANNA, 9, 2, tick=1), marker(9, 1)],
        {ANNA: 2},
        Position(9, 1),
    ),
    (
        "a tick that was never completed",
        [member(ANNA, 9, 1), marker(9), member(ANNA, 9, 2, tick=1)],
        {ANNA: 1},
        Position(9),
    ),
    (
        "a compacted log: only the last marker is left",
        [member(BERT, 4, 3), member(ANNA, 9, 1), marker(19)],
        {ANNA: 1, BERT: 3},
        Position(19),
    ),
]


@pytest.mark.parametrize(
    ("log", "members", "position"), [pytest.param(*row[1:], id=row[0]) for row in LOGS]
)
def test_the_newest_value_of_a_completed_batch_counts(
    log: Log, members: dict[bytes, int], position: Position
) -> None:
    recovered = read(log)
    values = recovered.values().items()
    assert {key: state.decode_member(value) for key, value in values} == members
    assert recovered.position == position


def test_the_partition_is_that_of_the_newest_marker() -> None:
    assert read([]).partition is None
    recovered = read([marker(9, clock=100), marker(19, clock=200), marker(14, clock=150)])
    assert recovered.partition == StoredPartition(FORMAT_VERSION, 200, 12)


OUTBOXES: list[tuple[str, Log, list[bytes]]] = [
    ("of the last batch", [outbox(0, 9, b"a", b"b"), marker(9)], [b"a", b"b"]),
    ("of an earlier batch", [outbox(0, 9, b"a"), marker(9), marker(19)], []),
    ("of no completed batch", [marker(9), outbox(0, 19, b"a")], []),
    (
        "in chunks, in their order",
        [
            outbox(1, 9, b"b"),
            outbox(10, 9, b"d"),
            outbox(2, 9, b"c"),
            outbox(0, 9, b"a"),
            marker(9),
        ],
        [b"a", b"b", b"c", b"d"],
    ),
    (
        "fewer chunks than the batch before",
        [outbox(0, 9, b"a"), outbox(1, 9, b"b"), marker(9), outbox(0, 19, b"c"), marker(19)],
        [b"c"],
    ),
    (
        "of a tick",
        [outbox(0, 9, b"a"), marker(9), outbox(0, 9, b"b", tick=1), marker(9, 1)],
        [b"b"],
    ),
    (
        "of a batch that a paused worker writes late",
        [outbox(0, 19, b"b"), marker(19), outbox(0, 9, b"a"), marker(9)],
        [b"b"],
    ),
    (
        "of a batch after a longer one that was never completed",
        [outbox(0, 19, b"x"), outbox(0, 14, b"a"), marker(14)],
        [b"a"],
    ),
]


@pytest.mark.parametrize(("log", "texts"), [pytest.param(*row[1:], id=row[0]) for row in OUTBOXES])
def test_the_outbox_holds_the_records_of_the_last_position_only(
    log: Log, texts: list[bytes]
) -> None:
    assert [value for _, _, value in read(log).outbox()] == texts


def test_tombstones_are_passed_over() -> None:
    recovered = read([member(ANNA, 9, 1), marker(9)])
    recovered.absorb(ANNA, None)
    recovered.absorb(PARTITION_KEY, None)
    assert list(recovered.values()) == [ANNA]
    assert recovered.position == Position(9)


@pytest.mark.parametrize("value", [b"", b"\x00" * 11])
def test_a_value_without_position_is_refused(value: bytes) -> None:
    with pytest.raises(StateError, match=f"a value of {len(value)} bytes has no position"):
        Recovered().absorb(ANNA, value)
    with pytest.raises(StateError, match="has no position"):
        Recovered().absorb(PARTITION_KEY, value)


def test_a_state_of_another_version_is_refused_with_both_numbers() -> None:
    stored = StoredPartition(FORMAT_VERSION + 1, 0, 12)
    value = state.encode_partition(Position(9), stored)
    with pytest.raises(
        StateError,
        match=f"has format {FORMAT_VERSION + 1}, this Pulse reads format {FORMAT_VERSION}",
    ):
        Recovered().absorb(PARTITION_KEY, value)


def test_a_tick_that_was_never_completed_does_not_count_after_later_batches_either() -> None:
    log = [member(ANNA, 9, 1), marker(9), member(ANNA, 9, 2, tick=1)]
    repairs = read(log).repairs()
    later = [*log, *repairs, member(BEN, 19, 1), marker(19)]

    assert read(later).values()[ANNA] == repairs[0][1]
    assert state.decode_member(repairs[0][1]) == state.decode_member(member(ANNA, 9, 1)[1])
    assert read([*log, *repairs]).position == Position(9, 2)


def test_closes_before_a_record_that_were_never_completed_come_again_the_same() -> None:
    begun = Position(9).after_closes(2)
    abandoned = (ANNA, state.encode_member(begun, 2))
    log = [member(ANNA, 9, 1), marker(9), abandoned]
    assert read(log).repairs() == [member(ANNA, 9, 1), marker(9)]
    assert read([*log, *read(log).repairs()]).position == Position(9)


def test_a_batch_that_was_never_completed_is_repaired_where_it_stands() -> None:
    log = [member(ANNA, 9, 1), marker(9), member(ANNA, 19, 2)]
    assert read(log).repairs() == [member(ANNA, 9, 1), marker(9)]
    assert read([member(ANNA, 9, 1), marker(9)]).repairs() == []
