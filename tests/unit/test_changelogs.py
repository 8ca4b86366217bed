"""Which part of a changelog is read at a takeover, and what is thrown away before."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError

from models.state import PARTITION_KEY
from streams import changelogs
from streams.changelogs import ChangelogError, Changelogs
from streams.read_back import ReadBack, ReadBacks
from tests.logs import Log, Logged, Writer, all_of, in_memory, logged, random_log
from tests.stores import MemoryStore

FROM_ITS_START = "partition 0 is read from its start, not from the local store"


class Topic:
    """Changelog partitions in memory, and from where they were read."""

    def __init__(self, *logs: Log) -> None:
        self.logs = list(logs)
        self.starts: list[dict[int, int]] = []
        self.failures = 0
        self.gives_nothing = False

    async def open(self) -> Consumer:
        if self.failures:
            self.failures -= 1
            raise KafkaConnectionError
        return Consumer(self)


class Consumer:
    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self._positions: dict[int, int] = {}

    async def begin(self, starts: Mapping[int, int]) -> None:
        self._positions = dict(starts)
        self._topic.starts.append(dict(starts))

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        return {partition: self.known_end(partition) for partition in partitions}

    async def next(self) -> dict[int, list[Logged]]:
        await asyncio.sleep(0)
        pieces = {}
        for partition, position in self._positions.items():
            piece = logged(self._topic.logs[partition])[position : position + 3]
            if piece and not self._topic.gives_nothing:
                pieces[partition] = piece
                self._positions[partition] = piece[-1].offset + 1
        return pieces

    async def position(self, partition: int) -> int:
        return self._positions[partition]

    def known_end(self, partition: int) -> int:
        return len(self._topic.logs[partition])

    async def stop(self) -> None:
        return


def some_log(seed: int) -> Log:
    log = random_log(random.Random(seed))
    Writer(log)
    return log


def read(
    reader: Changelogs, partitions: Iterable[int], held: Mapping[int, int] | None = None
) -> dict[int, ReadBack]:
    return asyncio.run(reader.read(partitions, held or {}, lambda: False))


def assert_read_whole(found: Mapping[int, ReadBack], topic: Topic) -> None:
    for partition, changelog in found.items():
        whole = in_memory(logged(topic.logs[partition]))
        assert all_of(changelog.recovered) == all_of(whole.recovered)
        assert changelog.end == len(topic.logs[partition])


def test_without_anything_known_all_is_read() -> None:
    topic = Topic(some_log(1), some_log(2), [])
    found = read(reader := Changelogs(topic, ReadBacks()), range(3))
    assert topic.starts == [{0: 0, 1: 0}]
    assert reader.records == sum(map(len, topic.logs))
    assert reader.taken == sum(map(len, topic.logs))
    assert_read_whole(found, topic)


def test_what_stands_in_the_local_store_is_not_read_again() -> None:
    topic, store = Topic(some_log(1), some_log(2)), MemoryStore()
    read(Changelogs(topic, ReadBacks(store, 1)), range(2))
    known = [len(log) for log in topic.logs]
    Writer(topic.logs[1])
    found = read(reader := Changelogs(topic, ReadBacks(store, 1)), range(2))
    # From the marker that is known, to see whether it still stands there.
    assert topic.starts[1] == {0: known[0] - 1, 1: known[1] - 1}
    assert reader.records == len(topic.logs[1]) - known[1] > 0
    assert_read_whole(found, topic)


def test_a_changelog_that_is_shorter_than_the_local_store_says_is_read_from_its_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic, store = Topic(some_log(1)), MemoryStore()
    read(Changelogs(topic, ReadBacks(store, 1)), [0])
    before = len(topic.logs[0])
    topic.logs[0] = [*topic.logs[0][:1]]
    with caplog.at_level(logging.WARNING):
        found = read(Changelogs(topic, ReadBacks(store, 1)), [0])
    assert topic.starts[1] == {0: 0}
    assert [record.message for record in caplog.records] == [
        f"{FROM_ITS_START}: it goes as far as {before}, the changelog as far as 1"
    ]
    assert_read_whole(found, topic)


def test_a_changelog_with_another_record_at_the_known_marker_is_read_from_its_start(
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic, store = Topic(some_log(1), some_log(2)), MemoryStore()
    read(Changelogs(topic, ReadBacks(store, 1)), range(2))
    before, place = topic.logs[0], len(topic.logs[0]) - 1
    others = (log for log in map(some_log, range(4, 50)) if len(log) > place)
    topic.logs[0] = next(log for log in others if log[place] != before[place])
    with caplog.at_level(logging.WARNING):
        found = read(Changelogs(topic, ReadBacks(store, 1)), range(2))
    assert topic.starts[1][0] == place
    assert topic.starts[2][0] == 0
    assert [record.message for record in caplog.records] == [
        f"{FROM_ITS_START}: another record stands at offset {place}"
    ]
    assert_read_whole(found, topic)


def test_a_state_in_memory_is_right_where_the_changelog_ends_as_it_was_left() -> None:
    topic = Topic(some_log(1), some_log(2))
    ends = {number: len(log) for number, log in enumerate(topic.logs)}
    Writer(topic.logs[1])
    found = read(Changelogs(topic, ReadBacks()), range(2), ends)
    assert found.keys() == {1}
    assert_read_whole(found, topic)


def test_a_changelog_that_gives_nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelogs, "_PATIENCE", 0.05)
    topic = Topic(some_log(1))
    topic.gives_nothing = True
    with pytest.raises(ChangelogError, match=r"changelog \[0\]: nothing for"):
        read(Changelogs(topic, ReadBacks()), [0])


def test_a_recovery_that_is_over_is_not_read_to_its_end() -> None:
    topic = Topic(some_log(1) * 50)
    reader = Changelogs(topic, ReadBacks())
    turns = iter([False, False])
    asyncio.run(reader.read([0], {}, lambda: next(turns, True)))
    assert next(turns, None) is None
    # The next one goes on from there.
    found = read(reader, [0])
    assert 0 < topic.starts[1][0] < len(topic.logs[0])
    assert_read_whole(found, topic)


# Standing by --------------------------------------------------------------------------------------


def while_standing_by(reader: Changelogs, act: Coroutine[Any, Any, None]) -> None:
    async def run() -> None:
        task = asyncio.create_task(reader.run())
        try:
            await asyncio.wait_for(act, 10)
        finally:
            task.cancel()

    asyncio.run(run())


async def caught_up(reader: Changelogs, topic: Topic) -> None:
    await until(
        lambda: all(
            read_back.end == len(topic.logs[partition])
            for partition, read_back in reader._standing_by.items()
        )
    )
    await asyncio.sleep(0.01)


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 (what is waited for tells nobody)
        await asyncio.sleep(0)


@pytest.mark.parametrize("store", [None, MemoryStore()])
def test_who_stands_by_reads_little_at_a_takeover(store: MemoryStore | None) -> None:
    topic = Topic(some_log(1), some_log(2), some_log(3))
    reader = Changelogs(topic, ReadBacks(store, 1))

    async def act() -> None:
        reader.stand_by({0, 1})
        await caught_up(reader, topic)
        Writer(topic.logs[0])
        await caught_up(reader, topic)
        assert reader.lags() == {0: 0, 1: 0}
        before = len(topic.starts)
        found = await reader.read({0}, {}, lambda: False)
        assert reader.records == 0
        assert len(topic.starts) == before
        assert_read_whole(found, topic)
        reader.stand_by({1, 2})
        await caught_up(reader, topic)
        assert reader.lags() == {1: 0, 2: 0}
        found = await reader.read({1, 2}, {}, lambda: False)
        assert reader.records == 0
        assert_read_whole(found, topic)

    while_standing_by(reader, act())


def test_who_stands_by_for_nothing_opens_no_consumer() -> None:
    topic = Topic(some_log(1))
    topic.failures = 1
    reader = Changelogs(topic, ReadBacks())

    async def act() -> None:
        reader.stand_by(set())
        await asyncio.sleep(0.01)

    while_standing_by(reader, act())
    assert topic.failures == 1


def test_what_a_standby_still_fetches_of_a_partition_taken_over_is_not_taken_in() -> None:
    topic = Topic(some_log(1) * 30)
    reader = Changelogs(topic, ReadBacks())

    async def act() -> None:
        reader.stand_by({0})
        await until(lambda: reader._standing_by[0].end > 0)
        (changelog,) = (await reader.read({0}, {}, lambda: False)).values()
        end = len(topic.logs[0])
        Writer(topic.logs[0])
        for _ in range(20):
            await asyncio.sleep(0)
        assert changelog.end == end

    while_standing_by(reader, act())


def test_a_cluster_that_does_not_answer_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(changelogs, "_PAUSE", 0)
    topic = Topic(some_log(1))
    topic.failures = 3
    reader = Changelogs(topic, ReadBacks())

    async def act() -> None:
        reader.stand_by({0})
        await caught_up(reader, topic)

    while_standing_by(reader, act())
    assert not topic.failures


def test_a_partition_that_cannot_be_read_is_not_stood_by_for(
    caplog: pytest.LogCaptureFixture,
) -> None:
    topic = Topic(some_log(1), [(PARTITION_KEY, b"z" * 30)])
    reader = Changelogs(topic, ReadBacks())

    async def act() -> None:
        reader.stand_by({1})
        await until(lambda: not reader._standing_by)
        reader.stand_by({0})
        await caught_up(reader, topic)

    while_standing_by(reader, act())
    assert "stands by no longer for [1]" in caplog.text
