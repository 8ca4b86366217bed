"""Law 1: the result is a function of the records in order, not of batches, restarts or crashes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import dropwhile
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.alerts import Snapshot
from models.decode import decode
from models.events import Arrived, Event
from models.instants import parse_instant
from models.recovered import Recovered
from rules import state
from rules.configuration import parse_configuration
from rules.effects import Output
from rules.engine import fold, remember
from rules.policy import Policies
from rules.state import Partition
from streams import journal
from streams.catalogue import shipped_catalogue
from streams.changelog import Record, marker_record
from streams.lines import arrival_of
from streams.restoration import restore
from tests.oracle.scenarios import scenario
from tests.whole import described

SEEDS = range(100, 112)
End = Literal["goes on", "restarts", "crashes"]


class History(NamedTuple):
    policies: Policies
    records: list[Arrived]


class Result(NamedTuple):
    outputs: list[Output]
    state: dict[str, Any]


class Batch(NamedTuple):
    """So many records, what becomes of the worker after them, and what a crash lets through.

    After `room` outputs it ends before the next close.
    """

    size: int
    end: End
    written: float
    room: int | None = None


@cache
def history_of(seed: int) -> History:
    random = scenario(seed)
    catalogue = shipped_catalogue()
    configuration = parse_configuration("scenario", random.configuration, catalogue)
    records = []
    for event in map(decode, random.lines):
        if isinstance(event, Event):
            time = parse_instant(event.time)
            assert time is not None
            records.append((arrival_of(event), time, event))
    return History(Policies(configuration, catalogue), records)


def remembered(partition: Partition) -> dict[str, Any]:
    """All that a partition remembers: what a changelog says of it, and the ids seen lately."""
    horizon = partition.policies.dedupe
    return {
        "clock": partition.clock,
        "seen": {key: at for key, at in partition.seen.items() if partition.clock - at <= horizon},
        "due": sorted(partition.due),
        "communities": described(partition),
    }


class Worker:
    """A worker's memory and the log that it writes, which outlives it."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.log: list[Record] = []
        self.offset = -1
        self.take_over()

    def take_over(self) -> None:
        """Begin anew as a worker does that knows the changelog and the topic."""
        recovered = Recovered()
        for offset, (key, value) in enumerate(self.log):
            recovered.absorb(key, value, offset)
        self.partition, self.journal = restore(recovered, self._history.policies)
        self.offset = recovered.partition.offset if recovered.partition else -1
        applied = self._history.records[: self.offset + 1]
        since = self.partition.clock - self._history.policies.dedupe
        # A topic is read again from the first record that is young enough.
        remember(self.partition, dropwhile(lambda record: record[0] < since, applied))
        self._lineage = recovered.lineage()
        stamp = self.journal.begin(len(self.log))
        self.log.append(self._marker())
        if repairs := recovered.repairs(stamp.next()):
            self.journal.stamp = stamp.next()
            self.log += [*repairs, self._marker()]

    def _marker(self) -> Record:
        return marker_record(self.partition, self.journal.stamp, self.offset, 1, self._lineage)

    def write(self, offset: int) -> None:
        """Write a whole batch that ends at `offset`."""
        self.log += self.journal.records(self.partition)
        self.offset = offset
        self.log.append(self._marker())
        self.partition.clean()

    def write_part(self, part: float) -> None:
        """Write a batch without its marker, and not all of it."""
        changes = list(self.journal.records(self.partition))
        self.log += changes[: round(part * len(changes))]


@cache
def in_one_fold(seed: int) -> Result:
    history = history_of(seed)
    partition = Partition(history.policies)
    outputs = fold(partition, history.records).outputs
    return Result(outputs, remembered(partition))


def in_batches(seed: int, batches: list[Batch]) -> Result:
    """Fold batch after batch; the rest, which no batch of the list takes, is one more."""
    history = history_of(seed)
    worker, outputs, done = Worker(history), list[Output](), 0
    for batch in [*batches, Batch(len(history.records), "goes on", 1)]:
        end = min(done + batch.size, len(history.records))
        effects = fold(worker.partition, history.records[done:end], room=batch.room)
        if effects.stopped:
            end = done + effects.tally.read
        if batch.end == "crashes":
            # Nothing of it has been published.
            worker.write_part(batch.written)
        else:
            worker.write(end - 1)
            outputs += effects.outputs
            done = end
        if batch.end != "goes on":
            worker.take_over()
            assert worker.offset == done - 1
    return Result(outputs, remembered(worker.partition))


@pytest.fixture(autouse=True, scope="module")
def small_pieces() -> Iterator[None]:
    """Few members to a page, and few changes to a record: else all fits into one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_PAGE_CHARACTERS", 60)
        patch.setattr(journal, "DELTA_BYTES", 300)
        patch.setattr(journal, "MOST_DELTAS", 3)
        yield


def batches(*ends: End, most: int = 400) -> st.SearchStrategy[list[Batch]]:
    room = st.none() | st.integers(1, 30)
    batch = st.builds(Batch, st.integers(1, most), st.sampled_from(ends), st.floats(0, 1), room)
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


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_crash_in_a_long_batch_loses_nothing_of_the_short_ones_after_it(seed: int) -> None:
    crash, restart = Batch(400, "crashes", 1), Batch(20, "restarts", 1)
    division = [*[crash, restart] * 15, restart, crash, restart]
    assert_same(in_batches(seed, division), in_one_fold(seed))


def test_a_close_at_a_time_is_as_good_as_all_at_once() -> None:
    seed = max(SEEDS, key=lambda each: len(in_one_fold(each).outputs))
    outputs = sum(isinstance(each, Snapshot) for each in in_one_fold(seed).outputs)
    most = len(history_of(seed).records)
    close_by_close = [Batch(most, "restarts", 1, room=1)] * (outputs // 2)
    assert_same(in_batches(seed, close_by_close), in_one_fold(seed))


def test_a_record_at_a_time_is_as_good_as_all_at_once() -> None:
    seed = min(SEEDS, key=lambda each: len(history_of(each).records))
    one_by_one = [Batch(1, "goes on", 1)] * len(history_of(seed).records)
    assert_same(in_batches(seed, one_by_one), in_one_fold(seed))


def test_the_histories_hold_what_the_properties_are_about() -> None:
    outputs = [type(each).__name__ for seed in SEEDS for each in in_one_fold(seed).outputs]
    assert {"Transition", "Digest", "Snapshot"} == set(outputs)
    assert any(in_one_fold(seed).state["seen"] for seed in SEEDS)
