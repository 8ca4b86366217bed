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
from models.position import Position
from rules import state
from rules.bookkeeping import settle
from rules.configuration import parse_configuration
from rules.effects import Output
from rules.engine import fold, remember
from rules.entries import note_interaction
from rules.policy import Policies
from rules.state import Partition
from streams import journal, mirror, read_back
from streams.catalogue import shipped_catalogue
from streams.changelog import Record
from streams.figures import Figures
from streams.journal import Journal
from streams.lines import arrival_of
from streams.owned import Owned
from streams.read_back import ReadBacks
from tests.builders import owned
from tests.oracle.scenarios import scenario
from tests.stores import MemoryStore
from tests.whole import described

SEEDS = range(100, 112)
CLOSES = 60
End = Literal["goes on", "restarts", "crashes"]


class History(NamedTuple):
    policies: Policies
    records: list[Arrived]


class Result(NamedTuple):
    outputs: list[Output]
    state: dict[str, Any]


class Batch(NamedTuple):
    """So many records, what becomes of the worker after them, and what a crash lets through.

    After `room` outputs it ends before the next close. A worker's end takes as many of the last
    writes from its disk as `lost` says.
    """

    size: int
    end: End
    written: float
    room: int | None = None
    lost: int = 0


class Logged(NamedTuple):
    """A record of the changelog."""

    offset: int
    key: bytes
    value: bytes | None
    timestamp: int = 0
    headers: tuple[()] = ()


@cache
def history_of(seed: int) -> History:
    random = scenario(seed, with_ledger=True)
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
    """A worker's memory and disk, and the log that it writes, which outlives them."""

    def __init__(self, history: History, hot: int | None) -> None:
        """Keep at most `hot` communities in memory; or all of them, without a disk."""
        self._history = history
        self._store = MemoryStore() if hot else None
        self._read_backs = ReadBacks(self._store, hot or 0)
        self.log: list[Record] = []
        self.take_over(0)

    def take_over(self, lost: int) -> None:
        """Begin anew as a worker does that knows the changelog, the topic, and maybe its disk."""
        if self._store is not None:
            self._store.lose(lost)
        changelog = self._read_backs.open(0)
        log = [Logged(offset, *record) for offset, record in enumerate(self.log)]
        changelog.absorb(log[changelog.start :])
        recovered = changelog.recovered
        state, journal, cold = changelog.restore(self._history.policies)
        offset = recovered.partition.offset if recovered.partition else -1
        self.owned = owned(state, journal, offset, recovered.lineage(), cold)
        applied = self._history.records[: offset + 1]
        since = state.clock - self._history.policies.dedupe
        # A topic is read again from the first record that is young enough.
        remember(state, dropwhile(lambda record: record[0] < since, applied))
        stamp = journal.begin(len(self.log))
        self.log.append(self.owned.marker())
        if repairs := recovered.repairs(stamp.next()):
            journal.stamp = stamp.next()
            self.log += [*repairs, self.owned.marker()]
        if cold is not None:
            cold.mirror.begin(repairs, self._position())

    def _position(self) -> Position:
        return Position(len(self.log), self.log[-1][1], len(self.log) - 1)

    def write(self, offset: int) -> None:
        """Write a whole batch that ends at `offset`."""
        records = self.owned.records()
        self.owned.merge.next_offset = offset + 1
        self.log += [*records, self.owned.marker()]
        self.owned.state.clean()
        self.owned.keep(records, self._position())

    def write_part(self, part: float) -> None:
        """Write a batch without its marker, and not all of it."""
        changes = self.owned.records()
        self.log += changes[: round(part * len(changes))]


@cache
def in_one_fold(seed: int) -> Result:
    history = history_of(seed)
    partition = Partition(history.policies)
    outputs = fold(partition, history.records).outputs
    return Result(outputs, remembered(partition))


def in_batches(seed: int, batches: list[Batch], hot: int | None = None) -> Result:
    """Fold batch after batch; the rest, which no batch of the list takes, is one more."""
    history = history_of(seed)
    worker, outputs, done = Worker(history, hot), list[Output](), 0
    for batch in [*batches, Batch(len(history.records), "goes on", 1)]:
        end = min(done + batch.size, len(history.records))
        effects = fold(worker.owned.state, history.records[done:end], room=batch.room)
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
            worker.take_over(batch.lost)
            assert worker.owned.offset == done - 1
    return Result(outputs, remembered(worker.owned.state))


@pytest.fixture(autouse=True, scope="module")
def small_pieces() -> Iterator[None]:
    """Few members to a page, and few changes to a record: else all fits into one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_PAGE_CHARACTERS", 60)
        patch.setattr(journal, "DELTA_BYTES", 300)
        patch.setattr(journal, "MOST_DELTAS", 3)
        patch.setattr(mirror, "MOST_BYTES", 200)
        patch.setattr(read_back, "_PIECE", 5)
        yield


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


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_of_a_member_is_what_stands_in_memory(seed: int, size: int) -> None:
    history = history_of(seed)
    partition = Partition(history.policies)
    changed = 0
    for start in range(0, len(history.records), size):
        fold(partition, history.records[start : start + size])
        for community in partition.dirty.values():
            assert community.dirty_members.items() <= community.members.items()
            changed += len(community.dirty_members)
        partition.clean()
    assert changed


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_an_interaction_says_nothing_new_of_members_who_are_not_restless(seed: int) -> None:
    history = history_of(seed)
    partition, looked_at = Partition(history.policies), 0
    for start in range(0, len(history.records), 20):
        fold(partition, history.records[start : start + 20])
        for community in partition.communities.values():
            settle(community)
            ledger = community.ledger
            if ledger is None:
                continue
            before = described(partition)[community.id]
            for user_id in ledger.people.keys() - ledger.restless - ledger.gone:
                looked_at += 1
                for day in range(max(ledger.newest, community.next_day), community.next_day + 3):
                    note_interaction(community, ledger, user_id, day)
            assert described(partition)[community.id] == before
    assert looked_at


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
