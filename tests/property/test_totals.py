"""Totals that are moved on from close to close are those that the panes add up to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.panes import WIDE, Figure, Pane, empty_pane, recent
from models.totals import NO_TOTALS, Totals, add_up, move_on
from rules.effects import Outcome
from rules.engine import fold
from rules.state import Partition
from tests.builders import day
from tests.property.folding import SEEDS, history_of

FIRST = day("2025-01-01")
SUMMED = range(Figure.NEW_INVITERS + 1)
panes = st.lists(st.integers(0, 2_000), min_size=WIDE, max_size=WIDE)


def holds(totals: Totals, days: dict[int, Pane], last: int) -> bool:
    """Whether each counter is what the days of its window hold, one after another."""
    seen = totals.panes
    return list(seen) == recent(days, last, len(seen)) and all(
        summed == [sum(days[each][column] for each in window if each in days) for column in SUMMED]
        for summed, window in (
            (totals.week, range(last - 6, last + 1)),
            (totals.month, range(last - 27, last + 1)),
        )
    )


@given(st.dictionaries(st.integers(FIRST, FIRST + 60), panes, max_size=40))
def test_totals_are_the_sums_of_7_and_of_28_days_and_move_on_with_them(
    days: dict[int, Pane],
) -> None:
    totals = add_up(days, FIRST - 1)
    assert totals == NO_TOTALS
    for last in range(FIRST, FIRST + 60):
        totals = move_on(totals, days.get(last, empty_pane(WIDE)))
        assert totals == add_up(days, last)
    assert holds(totals, days, FIRST + 59)


@pytest.mark.parametrize("size", [1, 40, 1_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_a_community_keeps_follows_from_its_panes(seed: int, size: int) -> None:
    history = history_of(seed)
    partition = Partition(history.policies)
    for start in range(0, len(history.records), size):
        fold(partition, history.records[start : start + size])
        for community in partition.communities.values():
            if community.totals is not None:
                assert holds(community.totals, community.panes, community.next_day - 1)


def test_the_histories_hold_late_events_and_quiet_days_between_closes() -> None:
    late = forgotten = moved = quiet = 0
    for seed in SEEDS:
        history = history_of(seed)
        partition = Partition(history.policies)
        for record in history.records:
            before = {name: each.totals for name, each in partition.communities.items()}
            late += fold(partition, [record]).tally.of(Outcome.LATE)
            for name, community in partition.communities.items():
                kept = community.totals
                forgotten += before.get(name) is not None and kept is None
                moved += None is not kept is not before.get(name) is not None
                quiet += kept is not None and not any(kept.week) and any(kept.month)
    assert min(late, forgotten, moved, quiet) > 20, (late, forgotten, moved, quiet)
