"""The check of the check: whatever makes the worker exact, taken out, makes a seed fail."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .faults import Fault
from .mutations import (
    the_changes_that_are_not_loaded_yet,
    the_check_that_a_batch_continues,
    the_epochs,
    the_fence,
    the_lineage,
    the_look_at_who_else_wrote,
    the_memory_of_ids,
    the_outbox,
    the_records_behind_the_position_on_disk,
    the_repair_of_the_changelog,
    the_seek_from_the_state,
    the_wait_for_confirmations,
    the_zombie_rule,
    what_waits_on_disk,
)
from .mutations_of_rerouting import (
    the_chain_of_each_channel,
    the_channel_clock_in_the_marker,
    the_confirmation_before_a_deletion,
    the_confirmation_of_what_is_sent_home,
    the_ends_of_marks,
    the_horizon_of_deletion,
    the_memory_of_rerouted_ids,
    the_memory_of_what_came,
    the_order_of_what_is_rerouted,
    the_place_of_the_first_that_waits,
    the_place_to_read_on_from_in_the_marker,
    the_proof_of_what_is_folded_while_catching_up,
    the_rebuilding_of_what_was_folded_too_early,
    the_wait_after_a_recovery,
    the_wait_for_others,
    what_is_applied_of_each_channel_in_the_marker,
)
from .simulation import Product, run

SEEDS = range(200)
REBALANCES = (2, 1, 3, 4, 2, 5, 1, 2, 3, 4)
Take = Callable[[pytest.MonkeyPatch], Product]

# What is taken out, and the seeds that are known to fail then: they are tried first.
TAKEN_OUT: list[tuple[Take, list[int]]] = [
    (the_fence, [0, 2, 8]),
    (the_check_that_a_batch_continues, [1, 6, 7]),
    (the_seek_from_the_state, [3, 5, 8]),
    (the_outbox, [0, 1, 2]),
    (the_wait_for_confirmations, [2, 7, 25]),
    (the_zombie_rule, [3, 12, 21]),
    (the_epochs, [0, 1, 2]),
    (the_lineage, [4, 28, 53]),
    (the_memory_of_ids, [2, 4, 6]),
    (the_look_at_who_else_wrote, [9, 37, 54]),
    (the_changes_that_are_not_loaded_yet, [4, 9, 12]),
    (the_records_behind_the_position_on_disk, [4, 6, 9]),
    (what_waits_on_disk, [231]),
    (the_memory_of_what_came, [11, 16, 23]),
    # Needs a record batch that fails, and one behind it in the same partition that does not.
    (the_chain_of_each_channel, [2308, 6610]),
    (the_ends_of_marks, [11, 16, 23]),
    (the_wait_for_others, [11, 16, 23]),
    (the_place_of_the_first_that_waits, [23, 46, 50]),
    (the_wait_after_a_recovery, [29, 44, 70]),
    (the_confirmation_of_what_is_sent_home, [11, 16, 43]),
    (the_proof_of_what_is_folded_while_catching_up, []),
    (the_rebuilding_of_what_was_folded_too_early, []),
    # Needs arrivals out of order on both sides of a restart.
    (the_channel_clock_in_the_marker, [12414, 14114]),
    (what_is_applied_of_each_channel_in_the_marker, [11, 16, 23]),
    (the_place_to_read_on_from_in_the_marker, [23, 70, 80]),
    (the_memory_of_rerouted_ids, [29, 50, 111]),
    # Needs a repeat, and between it and the first one a deletion and a recovery.
    (the_horizon_of_deletion, [384]),
    (the_confirmation_before_a_deletion, [16]),
    # Needs an old write, days of calm, compaction and a recovery after it: one seed in 1,000.
    (the_repair_of_the_changelog, [384, 1066]),
]


def fails(seed: int, product: Product) -> bool:
    return bool(run(seed, product=product).problem)


@pytest.mark.parametrize(
    ("take", "known"), [pytest.param(*row, id=row[0].__name__) for row in TAKEN_OUT]
)
def test_one_of_the_seeds_fails_without(
    take: Take, known: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    product = take(monkeypatch)
    others = [seed for seed in SEEDS if seed not in known]
    assert any(fails(seed, product) for seed in [*known, *others])


@pytest.mark.parametrize("seed", sorted({seed for _, known in TAKEN_OUT for seed in known}))
def test_the_same_seed_passes_with_everything_in_place(seed: int) -> None:
    assert not run(seed).problem


def test_a_seed_fails_without_the_order_of_what_is_rerouted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Needs a recovery while rerouted records are on their way, which few plans have."""
    faults = [Fault("fetch rerouted", nth, "rebalance", 1937) for nth in REBALANCES]
    assert not run(1937, faults=faults).problem
    assert run(1937, faults=faults, product=the_order_of_what_is_rerouted(monkeypatch)).problem
