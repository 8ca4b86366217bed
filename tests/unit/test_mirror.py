"""What the local store has of a changelog partition equals what the changelog says of it."""

from __future__ import annotations

import random

import pytest

from models.state import PARTITION_KEY, outbox_key
from streams import mirror, read_back
from streams.mirror import Mirror
from streams.read_back import MirroredReadBack, ReadBacks, StrangeMirrorError
from tests.logs import Log, Logged, Writer, all_of, in_memory, logged, random_log
from tests.stores import MemoryStore


@pytest.fixture(autouse=True)
def little_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "MOST_BYTES", 60)
    monkeypatch.setattr(read_back, "_PIECE", 4)


def compacted(log: Log, dice: random.Random, start: int) -> list[Logged]:
    """Without some of those records from `start` on behind which the same key comes again."""
    last = {key: offset for offset, (key, _) in enumerate(log)}
    return [
        record
        for record in logged(log)
        if record.offset < start or last[record.key] == record.offset or dice.random() < 0.5
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_partition_read_into_the_store_with_restarts_says_what_the_log_says(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        store, log = MemoryStore(), random_log(dice)
        records = logged(log)
        while True:
            changelog = ReadBacks(store, 1).open(0)
            rest = [each for each in records if each.offset >= changelog.start]
            size = dice.randint(1, 30)
            changelog.absorb(rest[:size])
            if len(rest) <= size:
                break
            if dice.random() < 0.3:
                store.lose(dice.choice([1, 2, 5]))
        assert all_of(changelog.recovered) == all_of(in_memory(records).recovered)
        assert changelog.end == len(log)


@pytest.mark.parametrize("seed", range(12))
def test_a_part_from_before_a_compaction_and_the_rest_say_what_the_whole_log_says(
    seed: int,
) -> None:
    dice = random.Random(seed)
    for _ in range(60):
        store, log = MemoryStore(), random_log(dice)
        known = dice.randint(0, len(log))
        first = ReadBacks(store, 1).open(0)
        first.absorb(logged(log)[:known])
        for _ in range(dice.randint(0, 3)):
            # Only a partition that was taken over may be compacted (`Recovered.repairs`).
            Writer(log).write(dice)
        Writer(log)
        rest = compacted(log, dice, known if dice.random() < 0.5 else 0)
        changelog = ReadBacks(store, 1).open(0)
        changelog.absorb([each for each in rest if each.offset >= changelog.start])
        found, wanted = all_of(changelog.recovered), all_of(in_memory(logged(log)).recovered)
        assert (found["stamp"], found["marker"]) == (wanted["stamp"], wanted["marker"])
        assert contents(found) == contents(wanted)


def contents(found: dict[str, object]) -> dict[bytes, bytes]:
    values = found["values"]
    assert isinstance(values, dict)
    return {key: value[12:] for key, value in values.items() if len(value) > 12}


def test_what_an_owner_writes_is_found_again_without_its_outbox() -> None:
    store, log = MemoryStore(), list[tuple[bytes, bytes | None]]()
    writer = Writer(log)
    changelog = ReadBacks(store, 1).open(0)
    changelog.absorb(logged(log))
    assert isinstance(changelog, MirroredReadBack)
    begun = mirror.position_of(changelog.recovered, len(log))
    changelog.mirror.begin([], begun)
    dice = random.Random(3)
    for _ in range(30):
        start = len(log)
        writer.write(dice)
        if log[-1][0] != PARTITION_KEY:
            writer.mark()
        batch = [*log[start:-1], (outbox_key(0), b"x" * 20)]
        position = begun._replace(end=len(log), marker=log[-1][1], place=len(log) - 1)
        changelog.mirror.write(batch, position)
    found = ReadBacks(store, 1).open(0)
    assert found.start == len(log) - 1
    assert found.end == len(log)
    assert all_of(found.recovered) == all_of(in_memory(logged(log)).recovered)


def test_another_record_in_the_place_of_the_known_marker_is_noticed() -> None:
    store, log = MemoryStore(), random_log(random.Random(7))
    Writer(log)
    ReadBacks(store, 1).open(0).absorb(logged(log))
    other = [*log[:-1], (PARTITION_KEY, b"y" * 40)]
    changelog = ReadBacks(store, 1).open(0)
    with pytest.raises(StrangeMirrorError, match=f"offset {len(log) - 1}"):
        changelog.absorb(logged(other)[changelog.start :])


def test_a_known_marker_that_was_compacted_away_is_no_reason_for_doubt() -> None:
    store, log = MemoryStore(), random_log(random.Random(7))
    writer = Writer(log)
    ReadBacks(store, 1).open(0).absorb(logged(log))
    writer.stamp = writer.stamp.next()
    writer.mark()
    changelog = ReadBacks(store, 1).open(0)
    changelog.absorb(logged(log)[changelog.start + 1 :])
    assert changelog.recovered.stamp == writer.stamp


def test_without_a_position_nothing_that_stands_in_the_store_counts() -> None:
    store = MemoryStore()
    section = store.section(0)
    section.write([(b"vc42", b"z" * 20), (b"wc42" + b"\0" * 8, b"z" * 20)])
    found = Mirror(section)
    assert found.position.end == 0
    assert list(section.scan(b"")) == []


def test_partitions_do_not_see_each_other() -> None:
    store = MemoryStore()
    logs = {number: random_log(random.Random(number)) for number in (0, 1, 255, 256)}
    for number, log in logs.items():
        ReadBacks(store, 1).open(number).absorb(logged(log))
    for number, log in logs.items():
        found = ReadBacks(store, 1).open(number)
        assert all_of(found.recovered) == all_of(in_memory(logged(log)).recovered)
