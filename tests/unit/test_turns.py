"""Whose turn it is: those first that are behind, and nobody runs ahead of who is still to come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from streams.incoming import Incoming
from streams.turns import Turns
from tests.builders import Handed


@dataclass
class Merge:
    """As much of a merge as turns look at."""

    routed_clock: int
    waiting: int = 0


@dataclass
class Held:
    """As much of an owned partition as turns look at."""

    merge: Merge
    is_read: bool = False


class Router:
    def is_read(self, held: Held) -> bool:
        return held.is_read


def turns(held: dict[int, Held], coming: set[int], ahead: int | None = None) -> list[int]:
    """Who is given a turn, where each moves its clock on by 10 and adds two waiting events."""

    def taken(places: Iterator[int]) -> Iterator[int]:
        for place in places:
            held[place].merge.routed_clock += 10
            held[place].merge.waiting += 2
            yield place

    router, owned = Router(), held
    made: Any = Turns(router)  # type: ignore[arg-type]
    return list(taken(made.take(owned, coming, 4, ahead)))


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        ({0: 5, 1: 6, 2: 7}, [0, 1, 2]),
        ({0: 50, 1: 6, 2: 7}, [1, 2, 1]),
        ({0: 50, 1: 60, 2: 7}, [2, 2, 2]),
        ({0: 7, 1: 7}, [0, 1]),
    ],
    ids=["one after another", "one is ahead", "one is behind", "of two alike the first"],
)
def test_each_turn_is_of_who_is_furthest_behind(
    clocks: dict[int, int], expected: list[int]
) -> None:
    held = {number: Held(Merge(clock)) for number, clock in clocks.items()}
    assert turns(held, set(clocks)) == expected


@pytest.mark.parametrize(
    ("other", "waiting", "expected"),
    [
        (Held(Merge(3)), 3, [0]),
        (Held(Merge(3)), 4, []),
        (Held(Merge(5)), 4, [0]),
        (Held(Merge(3), is_read=True), 99, [0]),
    ],
    ids=["a little ahead", "too far ahead", "not ahead", "of one that is fully read"],
)
def test_who_is_ahead_waits_for_one_of_which_more_is_to_come(
    other: Held, waiting: int, expected: list[int]
) -> None:
    held = {0: Held(Merge(5, waiting)), 1: other}
    assert turns(held, {0}) == expected


def test_nobody_goes_on_once_enough_is_waiting() -> None:
    held = {0: Held(Merge(0, 3)), 1: Held(Merge(5))}
    assert turns(held, {0, 1}, ahead=5) == [0, 1]
    assert turns({0: Held(Merge(0, 5)), 1: Held(Merge(5))}, {0, 1}, ahead=5) == []


def test_what_came_is_taken_in_its_order_and_kept_only_where_it_is_held() -> None:
    incoming = Incoming()
    for records in ([1, 2, 3], [], [4]):
        incoming.add(0, Handed(records))
    incoming.add(1, Handed([5]))

    taken: list[Any] = [incoming.take(0, 2) for _ in range(4)]
    assert taken == [[1, 2], [3], [4], []]
    assert incoming.partitions() == {1}
    incoming.keep({0})
    assert incoming.partitions() == set()
    assert incoming.take(1, 2) == []
