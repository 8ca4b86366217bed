"""Law 1: the result is a function of the records in order, not of batches, restarts or crashes."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.alerts import Snapshot
from streams import journal
from tests.property.folding import (
    SEEDS,
    Batch,
    End,
    Result,
    history_of,
    in_batches,
    in_one_fold,
)

CLOSES = 60

pytestmark = pytest.mark.usefixtures("small_pieces")


def batches(*ends: End, most: int = 400) -> st.SearchStrategy[list[Batch]]:
    room = st.none() | st.integers(1, 30)
    lost = st.sampled_from([0, 0, 1, 4, 1_000])
    batch = st.builds(
        Batch, st.integers(1, most), st.sampled_from(ends), st.floats(0, 1), room, lost
    )
    return st.lists(batch, max_size=12)


def assert_same(result: Result, expected: Result) -> None:
    assert result.outputs == expected.outputs
    assert result.state == expected.state


many = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


@many
@given(st.sampled_from(SEEDS), batches("goes on"))
def test_where_a_batch_ends_makes_no_difference(seed: int, division: list[Batch]) -> None:
    assert_same(in_batches(seed, division), in_one_fold(seed))


@many
@given(st.sampled_from(SEEDS), batches("goes on", "restarts"))
def test_a_restart_between_batches_makes_no_difference(seed: int, division: list[Batch]) -> None:
    assert_same(in_batches(seed, division), in_one_fold(seed))


@many
@given(st.sampled_from(SEEDS), batches("goes on", "restarts", "crashes"), st.integers(0, 8))
def test_a_crash_within_a_batch_makes_no_difference(
    seed: int, division: list[Batch], deltas: int
) -> None:
    """A changelog that holds many deltas or few, and then whole communities."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "MOST_DELTAS", deltas)
        assert_same(in_batches(seed, division), in_one_fold(seed))


@many
@given(
    st.sampled_from(SEEDS),
    batches("goes on", "restarts", "crashes"),
    st.sampled_from([1, 2, 3, 10_000]),
    st.integers(0, 8),
)
def test_a_state_larger_than_memory_makes_no_difference(
    seed: int, division: list[Batch], hot: int, deltas: int
) -> None:
    """Restarts find the disk as it was, or behind the changelog, or empty."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "MOST_DELTAS", deltas)
        assert_same(in_batches(seed, division, hot), in_one_fold(seed))


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_crash_in_a_long_batch_loses_nothing_of_the_short_ones_after_it(seed: int) -> None:
    crash, restart = Batch(400, "crashes", 1), Batch(20, "restarts", 1)
    division = [*[crash, restart] * 15, restart, crash, restart]
    assert_same(in_batches(seed, division), in_one_fold(seed))


def test_a_close_at_a_time_is_as_good_as_all_at_once() -> None:
    seed = max(SEEDS, key=lambda each: len(in_one_fold(each).outputs))
    outputs = sum(isinstance(each, Snapshot) for each in in_one_fold(seed).outputs)
    most = len(history_of(seed).records)
    close_by_close = [Batch(most, "restarts", 1, room=1)] * min(outputs // 2, CLOSES)
    assert_same(in_batches(seed, close_by_close), in_one_fold(seed))


def test_a_record_at_a_time_is_as_good_as_all_at_once() -> None:
    seed = min(SEEDS, key=lambda each: len(history_of(each).records))
    one_by_one = [Batch(1, "goes on", 1)] * len(history_of(seed).records)
    assert_same(in_batches(seed, one_by_one), in_one_fold(seed))


def test_the_histories_hold_what_the_properties_are_about() -> None:
    outputs = [type(each).__name__ for seed in SEEDS for each in in_one_fold(seed).outputs]
    assert {"Transition", "Digest", "Snapshot", "TierChange"} == set(outputs)
    assert any(in_one_fold(seed).state["seen"] for seed in SEEDS)
