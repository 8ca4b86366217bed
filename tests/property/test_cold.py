"""A state larger than memory: how much of it stays there, and what is counted of the rest."""

from __future__ import annotations

import pytest

from rules.engine import fold
from rules.state import Partition
from streams.figures import Figures
from streams.journal import Journal
from streams.owned import Owned
from tests.builders import owned
from tests.property.folding import SEEDS, Worker, history_of

pytestmark = pytest.mark.usefixtures("small_pieces")


@pytest.mark.parametrize("hot", [1, 2])
@pytest.mark.parametrize("seed", SEEDS[:4])
def test_only_so_many_communities_stay_in_memory(seed: int, hot: int) -> None:
    history = history_of(seed)
    worker = Worker(history, hot)
    most = 0
    for done, record in enumerate(history.records):
        fold(worker.owned.state, [record])
        worker.write(done)
        most = max(most, len(worker.owned.state.communities))
    assert most == hot


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_what_is_not_in_memory_is_counted_too(seed: int) -> None:
    history = history_of(seed)
    worker, whole = Worker(history, 1), Partition(history.policies)
    for done, record in enumerate(history.records):
        fold(worker.owned.state, [record])
        worker.write(done)
        fold(whole, [record])
        if done % 50 == 0 or done == len(history.records) - 1:
            assert counted(worker.owned) == counted(owned(whole, Journal(), 0))
            worker.take_over(0)
            assert worker.owned.state.communities == {}
            assert counted(worker.owned) == counted(owned(whole, Journal(), 0))


def counted(owned: Owned) -> tuple[int, int, dict[str, int]]:
    figures = Figures()
    for community in owned.state.communities.values():
        figures.add(community)
    if owned.cold is not None:
        figures.join(owned.cold.figures)
    firing = {rule_id: number for rule_id, number in figures.firing.items() if number}
    return figures.communities, figures.members, firing
