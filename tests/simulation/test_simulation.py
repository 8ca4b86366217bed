"""Whatever fails, and whenever: in the end everything is as after a run without any failure.

More seeds: `make simulate`, or `python -m tests.simulation --seeds N`.
"""

from __future__ import annotations

from collections import Counter

import pytest

from .faults import plan
from .shrinking import shrunk
from .simulation import Product, run

SEEDS = 200
GROUPS = 20
MUST_HAPPEN = {
    "crash": 200, "stop": 40, "rebalance": 60, "zombie": 150, "late writes of the dead": 50,
    "lose": 20, "fail": 20, "twice": 20, "drop": 20, "redeliver": 15, "reread": 10,
    "compacted away": 500, "alert records": 5_000, "alert records repeated": 500,
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
