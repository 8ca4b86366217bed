"""Reading a changelog back: only what was completed counts, and the newest of it."""

from __future__ import annotations

import pytest

from models import state
from models.recovered import Recovered
from models.state import (
    FORMAT_VERSION,
    NEVER,
    PARTITION_KEY,
    Stamp,
    StateError,
    StoredPartition,
    stamped,
)

Entry = tuple[bytes, bytes | None]
Log = list[Entry]

ANNA = state.page_key("42", 0)
BERT = state.page_key("42", 1)
SIX = state.delta_key(Stamp(0, 6), 0)


def marker(
    epoch: int, sequence: int, offset: int = 0, lineage: list[tuple[int, int]] | None = None
) -> Entry:
    stored = StoredPartition(FORMAT_VERSION, 0, 12, offset, lineage or [])
    return PARTITION_KEY, state.encode_partition(Stamp(epoch, sequence), stored)


def value(key: bytes, epoch: int, sequence: int, text: bytes) -> Entry:
    return key, stamped(Stamp(epoch, sequence), text)


def outbox(chunk: int, epoch: int, sequence: int, *texts: bytes) -> Entry:
    records = [("community.alerts.v1", b"42", text) for text in texts]
    return state.outbox_key(chunk), state.encode_outbox(Stamp(epoch, sequence), records)


def read(log: Log) -> Recovered:
    recovered = Recovered()
    for offset, (key, content) in enumerate(log):
        recovered.absorb(key, content, offset)
    return recovered


def texts(recovered: Recovered) -> dict[bytes, bytes]:
    return {key: content[state.STAMP_BYTES :] for key, content in recovered.values().items()}


# Each log begins at offset 0, so the first writer's epoch is 0, and who takes over at offset 5 has
# epoch 5. What the log says of Anna and Bert, and up to which batch:
LOGS: list[tuple[str, Log, dict[bytes, bytes], Stamp]] = [
    ("nothing", [], {}, NEVER),
    ("a first marker", [marker(0, 0)], {}, Stamp(0)),
    (
        "one batch",
        [marker(0, 0), value(ANNA, 0, 1, b"1"), marker(0, 1)],
        {ANNA: b"1"},
        Stamp(0, 1),
    ),
    (
        "a batch that was never completed",
        [marker(0, 0), value(ANNA, 0, 1, b"1")],
        {},
        Stamp(0),
    ),
    (
        "a second batch that was never completed",
        [marker(0, 0), value(ANNA, 0, 1, b"1"), marker(0, 1), value(ANNA, 0, 2, b"x")],
        {ANNA: b"1"},
        Stamp(0, 1),
    ),
    (
        "one that a successor has passed over",
        [
            marker(0, 0),
            value(ANNA, 0, 1, b"x"),
            marker(2, 0, lineage=[(0, 0)]),
            value(BERT, 2, 1, b"1"),
            marker(2, 1, lineage=[(0, 0)]),
            marker(2, 2, lineage=[(0, 0)]),
        ],
        {BERT: b"1"},
        Stamp(2, 2),
    ),
    (
        "a value that a paused worker writes after its successor took over",
        [
            marker(0, 0),
            value(ANNA, 0, 1, b"1"),
            marker(0, 1),
            marker(3, 0),
            value(ANNA, 0, 2, b"x"),
            value(BERT, 0, 2, b"x"),
            marker(0, 2),
            value(BERT, 3, 1, b"2"),
            marker(3, 1),
        ],
        {ANNA: b"1", BERT: b"2"},
        Stamp(3, 1),
    ),
    (
        "a takeover that somebody else's batch came before: it does not stand at its epoch",
        [
            marker(0, 0),
            marker(0, 1),
            value(ANNA, 0, 2, b"1"),
            marker(0, 2),
            marker(2, 0),
            value(BERT, 0, 3, b"2"),
            marker(0, 3),
        ],
        {ANNA: b"1", BERT: b"2"},
        Stamp(0, 3),
    ),
    (
        "a compacted log: only the last marker is left",
        [value(BERT, 0, 4, b"3"), value(ANNA, 0, 9, b"1"), marker(0, 19)],
        {ANNA: b"1", BERT: b"3"},
        Stamp(0, 19),
    ),
    (
        "a compacted log of several writers, one of whom left a batch uncompleted",
        [value(BERT, 0, 4, b"3"), value(ANNA, 0, 9, b"x"), marker(2, 7, lineage=[(0, 8)])],
        {BERT: b"3"},
        Stamp(2, 7),
    ),
]


@pytest.mark.parametrize(
    ("log", "values", "stamp"), [pytest.param(*row[1:], id=row[0]) for row in LOGS]
)
def test_the_newest_value_of_a_completed_batch_counts(
    log: Log, values: dict[bytes, bytes], stamp: Stamp
) -> None:
    recovered = read(log)
    assert texts(recovered) == values
    assert recovered.stamp == stamp


def test_the_partition_is_that_of_the_newest_marker() -> None:
    assert read([]).partition is None
    log = [marker(0, 0, 9), marker(0, 1, 19), marker(2, 0, 19), marker(2, 1, 29), marker(0, 2, 99)]
    found = read(log).partition
    assert found is not None
    assert found.offset == 29


FIRST = marker(0, 0)
OUTBOXES: list[tuple[str, Log, list[bytes]]] = [
    ("of the last batch", [FIRST, outbox(0, 0, 1, b"a", b"b"), marker(0, 1)], [b"a", b"b"]),
    ("of an earlier batch", [FIRST, outbox(0, 0, 1, b"a"), marker(0, 1), marker(0, 2)], []),
    ("of no completed batch", [FIRST, outbox(0, 0, 1, b"a")], []),
    ("of a batch before a takeover", [FIRST, outbox(0, 0, 1, b"a"), marker(2, 0)], []),
    (
        "in chunks, in their order",
        [
            FIRST,
            outbox(1, 0, 1, b"b"),
            outbox(10, 0, 1, b"d"),
            outbox(2, 0, 1, b"c"),
            outbox(0, 0, 1, b"a"),
            marker(0, 1),
        ],
        [b"a", b"b", b"c", b"d"],
    ),
    (
        "fewer chunks than the batch before",
        [
            FIRST,
            outbox(0, 0, 1, b"a"),
            outbox(1, 0, 1, b"b"),
            marker(0, 1),
            outbox(0, 0, 2, b"c"),
            marker(0, 2),
        ],
        [b"c"],
    ),
    ("cleared", [FIRST, outbox(0, 0, 1, b"a"), marker(0, 1), outbox(0, 0, 1)], []),
]


@pytest.mark.parametrize(
    ("log", "expected"), [pytest.param(*row[1:], id=row[0]) for row in OUTBOXES]
)
def test_the_outbox_holds_the_records_of_the_last_batch_only(
    log: Log, expected: list[bytes]
) -> None:
    assert [content for _, _, content in read(log).outbox()] == expected


def test_a_deleted_delta_is_gone_and_nothing_else_is_ever_deleted() -> None:
    log = [FIRST, value(ANNA, 0, 1, b"1"), value(SIX, 0, 1, b"6"), marker(0, 1)]
    assert texts(read(log)) == {ANNA: b"1", SIX: b"6"}
    deleted: Log = [*log, (SIX, None), (ANNA, None), (PARTITION_KEY, None)]
    assert texts(read(deleted)) == {ANNA: b"1"}
    assert read(deleted).stamp == Stamp(0, 1)


@pytest.mark.parametrize("content", [b"", b"\x00" * 11])
def test_a_value_without_a_stamp_is_refused(content: bytes) -> None:
    with pytest.raises(StateError, match=f"a value of {len(content)} bytes has no stamp"):
        Recovered().absorb(ANNA, content, 0)
    with pytest.raises(StateError, match="has no stamp"):
        Recovered().absorb(PARTITION_KEY, content, 0)


def test_a_state_of_another_version_is_refused_with_both_numbers() -> None:
    stored = StoredPartition(FORMAT_VERSION + 1, 0, 12, 0)
    content = state.encode_partition(Stamp(9), stored)
    with pytest.raises(
        StateError,
        match=f"has format {FORMAT_VERSION + 1}, this Pulse reads format {FORMAT_VERSION}",
    ):
        Recovered().absorb(PARTITION_KEY, content, 9)


def test_a_state_of_the_format_before_this_one_is_refused_with_the_command_that_mends_it() -> None:
    old = b"\x09" + b"\x00" * 15 + b"\x93\x02\x00\x0c"
    with pytest.raises(StateError, match="pulse rebuild"):
        Recovered().absorb(PARTITION_KEY, old, 9)


# What a log leaves to be made good by who takes over at its end, and what the marker must say.
REPAIRS: list[tuple[str, Log, Log, list[tuple[int, int]]]] = [
    ("nothing", [FIRST, value(ANNA, 0, 1, b"1"), marker(0, 1)], [], []),
    (
        "a value that was never completed, over one that counts",
        [FIRST, value(ANNA, 0, 1, b"1"), marker(0, 1), value(ANNA, 0, 2, b"x")],
        [value(ANNA, 9, 1, b"1")],
        [(0, 1)],
    ),
    (
        "one over nothing",
        [FIRST, value(ANNA, 0, 1, b"x")],
        [value(ANNA, 9, 1, b"")],
        [(0, 0)],
    ),
    ("changes that were never completed", [FIRST, value(SIX, 0, 1, b"x")], [(SIX, None)], [(0, 0)]),
    ("an outbox that was never completed", [FIRST, outbox(0, 0, 1, b"x")], [], []),
    (
        "a late value of a paused worker",
        [FIRST, value(ANNA, 0, 1, b"1"), marker(0, 1), marker(3, 0), value(ANNA, 0, 2, b"x")],
        [value(ANNA, 9, 1, b"1")],
        [(3, 0)],
    ),
    (
        "what the one before found, and did not come to make good",
        [FIRST, value(ANNA, 0, 1, b"x"), marker(2, 0, lineage=[(0, 0)])],
        [value(ANNA, 9, 1, b"")],
        [(0, 0), (2, 0)],
    ),
    ("a late marker", [FIRST, marker(1, 0), marker(0, 7)], [], [(1, 0)]),
]


@pytest.mark.parametrize(
    ("log", "repairs", "lineage"), [pytest.param(*row[1:], id=row[0]) for row in REPAIRS]
)
def test_who_takes_over_makes_good_what_must_not_count(
    log: Log, repairs: Log, lineage: list[tuple[int, int]]
) -> None:
    recovered = read(log)
    assert recovered.repairs(Stamp(9, 1)) == repairs
    assert recovered.lineage() == lineage


@pytest.mark.parametrize(("log"), [pytest.param(row[1], id=row[0]) for row in REPAIRS])
def test_after_the_repairs_nothing_is_left_to_make_good(log: Log) -> None:
    before = read(log)
    stamp = Stamp(len(log))
    whole: Log = [*log, marker(*stamp, lineage=before.lineage()), *before.repairs(stamp.next())]
    whole.append(marker(*stamp.next(), lineage=before.lineage()))
    after = read(whole)
    assert after.repairs(Stamp(99, 1)) == []
    counting = {key: text for key, text in texts(before).items() if not state.is_outbox_key(key)}
    found = {key: text for key, text in texts(after).items() if text}
    assert {key: found[key] for key in counting} == counting
