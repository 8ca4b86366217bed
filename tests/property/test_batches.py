"""Law 1: the result is a function of the records in order, not of batches, restarts or crashes."""

from __future__ import annotations

from functools import cache
from itertools import dropwhile
from typing import Any, Literal, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import state as stored
from models.alerts import Snapshot
from models.decode import decode
from models.events import Arrived, Event
from models.instants import parse_instant
from models.recovered import Recovered
from models.state import START, Position
from rules.configuration import parse_configuration
from rules.effects import Output
from rules.engine import fold, remember
from rules.policy import Policies
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.changelog import Record, changed_records, marker_record, restore
from streams.lines import arrival_of
from tests.oracle.scenarios import scenario

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


def described(partition: Partition) -> dict[str, Any]:
    """All that a partition remembers: what a changelog says of it, and the ids seen lately."""
    partition.dirty = dict(partition.communities)
    for community in partition.communities.values():
        community.dirty_members = set(community.members)
    horizon = partition.policies.dedupe
    state: dict[str, Any] = {
        "clock": partition.clock,
        "seen": {key: at for key, at in partition.seen.items() if partition.clock - at <= horizon},
        "due": sorted(partition.due),
    }
    for key, value in changed_records(partition, Position(0)):
        is_community = stored.community_of(key) is not None
        read = stored.decode_community if is_community else stored.decode_member
        state[key.hex()] = read(value)
    return state


def written(partition: Partition, position: Position) -> list[Record]:
    return [*changed_records(partition, position), marker_record(partition, position, 1)]


@cache
def in_one_fold(seed: int) -> Result:
    history = history_of(seed)
    partition = Partition(history.policies)
    outputs = fold(partition, history.records).outputs
    return Result(outputs, described(partition))


def restarted(log: list[Record], history: History) -> Partition:
    """The partition as a worker finds it that knows the changelog and the topic."""
    recovered = Recovered()
    for key, value in log:
        recovered.absorb(key, value)
    partition = restore(recovered, history.policies)
    applied = history.records[: recovered.position.offset + 1]
    since = partition.clock - history.policies.dedupe
    # A topic is read again from the first record that is young enough.
    remember(partition, dropwhile(lambda record: record[0] < since, applied))
    return partition


def in_batches(seed: int, batches: list[Batch]) -> Result:
    """Fold batch after batch; the rest, which no batch of the list takes, is one more."""
    history, position = history_of(seed), START
    partition, outputs, log, done = Partition(history.policies), list[Output](), list[Record](), 0
    for batch in [*batches, Batch(len(history.records), "goes on", 1)]:
        end = min(done + batch.size, len(history.records))
        effects = fold(partition, history.records[done:end], room=batch.room)
        reached = Position(end - 1)
        if effects.stopped:
            end = done + effects.tally.read
            before = Position(end - 1) if end > done else position
            reached = before.after_closes(effects.begun)
        changes = written(partition, reached)
        if batch.end == "crashes":
            # Its marker, the last record, is not written; nothing of it has been published.
            log += changes[: round(batch.written * (len(changes) - 1))]
        else:
            log += changes
            partition.clean()
            outputs += effects.outputs
            done, position = end, reached
        if batch.end != "goes on":
            partition = restarted(log, history)
    return Result(outputs, described(partition))


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
@given(st.sampled_from(SEEDS), batches("goes on", "restarts", "crashes"))
def test_a_crash_within_a_batch_makes_no_difference(seed: int, division: list[Batch]) -> None:
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
