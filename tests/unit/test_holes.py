"""Holes: where no record stands, whatever the order in which fetches showed it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.holes import Holes

spans = st.tuples(st.integers(0, 30), st.integers(1, 5)).map(lambda pair: (pair[0], sum(pair)))


@given(st.lists(spans), st.lists(st.integers(0, 40)))
def test_the_next_record_stands_behind_all_holes_that_touch(
    noted: list[tuple[int, int]], asked: list[int]
) -> None:
    holes, empty = Holes(), set[int]()
    for start, end in noted:
        holes.note(0, start, end)
        empty.update(range(start, end))

    for offset in sorted(asked):
        expected = offset
        while expected in empty:
            expected += 1
        assert holes.skip(0, offset) == expected


def test_a_partition_knows_only_its_own_holes() -> None:
    holes = Holes()
    holes.note(1, 5, 7)

    assert (holes.skip(0, 5), holes.skip(1, 5), holes.skip(1, 4)) == (5, 7, 4)
