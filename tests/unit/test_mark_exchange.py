"""Marks on their way from one worker to another."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from streams.mark_exchange import decode_marks, encode_marks
from streams.marks import UNHEARD, Mark

NUMBERS = st.integers(-(1 << 62), 1 << 62)
ENDS = (7, 0, 12)


@given(st.dictionaries(st.integers(0, 2), st.tuples(NUMBERS, NUMBERS, NUMBERS)))
def test_marks_are_read_as_they_were_written(rows: dict[int, tuple[int, int, int]]) -> None:
    marks = {source: Mark(*row, ENDS) for source, row in rows.items()}
    assert decode_marks(encode_marks(marks, ENDS), len(ENDS)) == marks


def test_a_partition_of_which_nothing_is_known_can_be_told_of() -> None:
    marks = {1: UNHEARD._replace(ends=ENDS)}
    assert decode_marks(encode_marks(marks, ENDS), len(ENDS)) == marks


OURS = encode_marks({1: Mark(5, 6, 7, ENDS)}, ENDS)


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"x",
        OURS[:-1],
        OURS[:-8],
        b"\x02" + OURS[1:],
        encode_marks({1: Mark(5, 6, 7, (1, 2))}, (1, 2)),
        encode_marks({3: Mark(5, 6, 7, ENDS)}, ENDS),
    ],
    ids=["none", "empty", "text", "cut", "short", "version", "other partitions", "no partition"],
)
def test_what_is_no_message_of_ours_says_nothing(value: bytes | None) -> None:
    assert decode_marks(value, len(ENDS)) == {}


@given(st.binary(max_size=200))
def test_neither_do_any_other_bytes(value: bytes) -> None:
    assume(not value.startswith(OURS[:16]))
    assert decode_marks(value, len(ENDS)) == {}


@given(st.dictionaries(st.integers(-3, 6), st.tuples(NUMBERS, NUMBERS, NUMBERS)))
def test_what_is_told_of_partitions_that_do_not_exist_is_passed_over(
    rows: dict[int, tuple[int, int, int]],
) -> None:
    marks = {source: Mark(*row, ENDS) for source, row in rows.items()}
    existing = {source: mark for source, mark in marks.items() if source in range(len(ENDS))}
    assert decode_marks(encode_marks(marks, ENDS), len(ENDS)) == existing
