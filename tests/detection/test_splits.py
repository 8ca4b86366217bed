from __future__ import annotations

from itertools import combinations

import pytest

from rules.lifecycle import Hold
from tests.detection.contenders import Family
from tests.detection.episodes import Score
from tests.detection.splits import choose, halves, reaches_bar, split
from tests.detection.trials import Trial

NAMES = ("a", "b", "c", "d")


def scored(hit: int, alerts: int, episodes: int, lead: int) -> Score:
    return Score(alerts, hit, episodes, (lead,) * hit, 1.0)


@pytest.mark.parametrize(
    ("score", "reached"),
    [
        pytest.param(scored(6, 15, 8, 0), True, id="exactly at the bar"),
        pytest.param(scored(6, 16, 8, 0), False, id="one false alert more"),
        pytest.param(scored(6, 15, 9, 0), False, id="one episode more"),
        pytest.param(scored(6, 15, 8, -1), False, id="one day late"),
        pytest.param(scored(0, 0, 8, 0), False, id="no alert"),
    ],
)
def test_the_bar_takes_all_three(score: Score, reached: bool) -> None:
    assert reaches_bar(score) is reached


def test_eight_communities_are_halved_in_70_ways_each_with_its_converse() -> None:
    ways = list(halves("abcdefgh"))
    assert len(ways) == 70
    assert all(len(half) == 4 and set(half) | set(others) == set("abcdefgh")
               for half, others in ways)  # fmt: skip
    assert {(others, half) for half, others in ways} == set(ways)


def family(*names: str) -> Family:
    return Family("rule", "", tuple(Trial(name, lambda _: [], Hold()) for name in names))


def test_chosen_is_what_does_well_whichever_community_is_left_out() -> None:
    steady = dict.fromkeys(NAMES, scored(3, 6, 3, 3))
    lucky = {**dict.fromkeys(NAMES, scored(2, 6, 3, 3)), "a": scored(30, 30, 30, 9)}
    assert choose(family("lucky", "steady"), {"lucky": lucky, "steady": steady}, NAMES) == "steady"


def test_of_equals_the_first_is_chosen() -> None:
    same = dict.fromkeys(NAMES, scored(3, 6, 3, 3))
    assert choose(family("one", "two"), {"two": same, "one": same}, NAMES) == "one"


def test_what_the_other_half_says_changes_no_choice() -> None:
    good, bad = scored(3, 4, 3, 5), scored(1, 9, 3, -5)
    for half in combinations(NAMES, 2):
        others = tuple(name for name in NAMES if name not in half)
        first = {name: good if name in half else bad for name in NAMES}
        second = {name: bad if name in half else good for name in NAMES}
        outcome = split(family("x", "y"), {"x": first, "y": second}, half, others)
        assert outcome.chosen == "x"
        assert (outcome.inside.precision, outcome.outside.precision) == (3 / 4, 1 / 9)
