"""Member churn: who was called back, rung by rung."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.days import iso
from models.panes import WIDE, Figure, Pane, empty_pane
from rules.measures.member_churn import recall

DAY = 739_000

RUNGS = [
    ("first", Figure.RECALLED_FIRST, Figure.REACHED_FIRST),
    ("second", Figure.RECALLED_SECOND, Figure.REACHED_SECOND),
    ("third", Figure.RECALLED_THIRD, Figure.REACHED_THIRD),
]


def some_panes(seed: int, days: int) -> list[Pane]:
    chance = random.Random(seed)
    return [[chance.randrange(1_000) for _ in range(WIDE)] for _ in range(days)]


@pytest.mark.parametrize(("rung", "recalled", "reached"), RUNGS)
@given(panes=st.builds(some_panes, st.integers(), st.integers(60, 75)))
def test_of_those_who_reached_a_rung_30_to_59_days_ago_it_is_told_how_many_came_back(
    rung: str, recalled: Figure, reached: Figure, panes: list[Pane]
) -> None:
    days = [panes[-1 - ago] for ago in range(30, 60)]
    told = recall(panes, DAY)
    assert told[rung] == [sum(day[recalled] for day in days), sum(day[reached] for day in days)]
    assert told["window"] == [iso(DAY - 59), iso(DAY - 30)]


@pytest.mark.parametrize(("ago", "counts"), [(29, 0), (30, 1), (59, 1), (60, 0)])
def test_a_rung_counts_from_the_day_on_which_all_is_known_of_it(ago: int, counts: int) -> None:
    # days ago  60 | 59 ── rungs that are told of ── 30 | 29 ── may still come back ── 0
    panes = [empty_pane(WIDE) for _ in range(70)]
    panes[-1 - ago][Figure.REACHED_FIRST] = 1
    assert recall(panes, DAY)["first"] == [0, counts]
