"""Whatever fails, and whenever: in the end everything is as after a run without any failure.

More seeds: `make simulate`, or `python -m tests.simulation --seeds N`.
"""

from __future__ import annotations

from collections import Counter

import pytest

from .faults import Fault, plan
from .shrinking import shrunk
from .simulation import Product, run
from .stories import story

SEEDS = 200
GROUPS = 20
MUST_HAPPEN = {
    "crash": 200, "stop": 40, "rebalance": 60, "zombie": 150, "late writes of the dead": 50,
    "lose": 20, "fail": 20, "twice": 20, "drop": 20, "redeliver": 15, "reread": 10,
    "compacted away": 500, "state kept": 50, "taken over by a standby": 50,
    "disk found again": 100, "disk lost its last writes": 30,
    "alert records": 5_000, "alert records repeated": 500,
    "rerouted records deleted": 500,
}  # fmt: skip
totals: Counter[str] = Counter()


@pytest.mark.parametrize("first", range(0, SEEDS, SEEDS // GROUPS))
def test_state_and_records_equal_those_of_the_uninterrupted_run(first: int) -> None:
    for seed in range(first, first + SEEDS // GROUPS):
        outcome = run(seed)
        totals.update(outcome.counts)
        if outcome.problem:
            pytest.fail(str(shrunk(seed, outcome.problem, Product())), pytrace=False)


def test_the_seeds_went_through_every_kind_of_failure() -> None:
    if totals["runs"] < SEEDS:
        pytest.skip("only where all seeds have run before, in this process")
    lacking = {name: totals[name] for name, least in MUST_HAPPEN.items() if totals[name] < least}
    assert not lacking


def test_the_same_seed_takes_the_same_steps() -> None:
    seed = next(seed for seed in range(SEEDS) if len(plan(seed)) > 10)
    assert run(seed).counts == run(seed).counts


def test_a_topic_with_holes_is_read_to_its_end_without_any_fault() -> None:
    # Seed 5 begins at the offset 1: a consumer that seeks to 0 and reads ahead once lost records.
    assert not run(5, faults=[]).problem


MIDST_OF_A_HOP = (
    # Before it is sent; under way; there and not confirmed; confirmed, but not in the marker.
    "send forwards", "write forwards", "wrote forwards", "send marker",
    # Read at home and not taken in; applied and not in the marker of the home; in it.
    "fetch rerouted", "write marker", "wrote marker",
)  # fmt: skip
SCATTERED = [seed for seed in range(40) if story(seed).scattered]


@pytest.mark.parametrize("kind", ["crash", "pause"])
@pytest.mark.parametrize("point", MIDST_OF_A_HOP)
def test_a_worker_ends_or_stands_still_in_the_midst_of_a_hop(point: str, kind: str) -> None:
    times = 0
    for seed in SCATTERED:
        faults = [Fault(point, nth, kind, seed) for nth in (1, 2, 4)]
        outcome = run(seed, faults=faults)
        assert not outcome.problem
        times += outcome.counts[kind]
    # In a few stories hardly anything is misplaced.
    assert times > 2 * len(SCATTERED)
