"""What is folded while catching up counts only once it is proven to be in order."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from typing import Any

import pytest

from rules.configuration import Configuration
from rules.policy import Policies
from rules.state import BEGINNING, Partition
from streams import catching_up
from streams.batch import Batch
from streams.catalogue import shipped_catalogue
from streams.holdings import Holdings
from streams.journal import Journal
from streams.keeper import Keeper
from streams.marks import Mark
from streams.merge import Merge
from streams.metrics import Metrics
from streams.owned import Owned
from streams.partitioning import partition_of
from streams.passage import Passage
from streams.reach import Nowhere
from streams.routing import Route
from tests.builders import NOON, Fetched, Handed

CATALOGUE = shipped_catalogue()
POLICIES = Policies(Configuration(), CATALOGUE)
HERE, OTHER = 0, 1
HOME = {partition_of(name, 2): name for name in ("a", "b", "c", "d")}


class Written:
    """A publisher that confirms everything, and knows which partitions were written."""

    def __init__(self) -> None:
        self.partitions: list[int] = []

    async def complete(self, partition: int, *_: Any) -> None:
        self.partitions.append(partition)

    def end_of(self, _: int) -> int:
        return 1

    async def publish(self, *_: Any) -> None:
        return

    async def clear_outbox(self, *_: Any) -> None:
        return


class RebuildingKeeper(Keeper):
    """Tells of recoveries what they had to build, and what was left of it."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.rebuilt: list[tuple[set[int], set[int]]] = []

    async def complete_recovery(self, partitions: Set[int], *_: Any) -> bool:
        self.rebuilt.append((set(partitions), set(self.owned)))
        return False


def keeper_of(*partitions: int) -> RebuildingKeeper:
    """Of two partitions, neither of which is routed to where it ended at the start."""
    reach, changelogs = Nowhere(2), Any
    metrics = Metrics(CATALOGUE, "test")
    keeper = RebuildingKeeper(POLICIES, metrics, reach, changelogs, 2, None, reach)
    keeper.marks.aim([2, 2], rerouting=False)
    for number in partitions:
        merge = Merge(number, keeper.marks, 0, BEGINNING, Passage())
        route = Route("events", number, 2, 0, BEGINNING)
        keeper.owned[number] = Owned(number, Partition(POLICIES), Journal(), route, merge)
    return keeper


def record(partition: int, offset: int, minutes: int) -> Any:
    at = NOON + minutes * 60_000
    text = '{"id":"%d","type":"post.created","time":"2025-03-01T12:00:00Z","community_id":"%s"}'
    return Fetched(offset, (text % (offset, HOME[partition])).encode(), at)


def apply(keeper: Keeper, partition: int, *records: Any) -> list[int]:
    """Which partitions were written by then."""
    publisher: Any = Written()
    asyncio.run(keeper.apply(partition, Handed(records), publisher))
    return list(publisher.partitions)


def test_a_batch_is_written_once_the_other_partition_is_as_far() -> None:
    """
    partition 0:  12:01 12:02         folded at once; written with the other's 12:03
    partition 1:                12:03 not before 0 is as far
    """
    keeper = keeper_of(HERE, OTHER)

    assert apply(keeper, HERE, record(HERE, 0, 1)) == []
    held = keeper.owned[HERE]
    assert (held.offset, held.merge.next_offset) == (-1, 1)
    assert held.open is not None

    assert apply(keeper, OTHER, record(OTHER, 0, 3)) == [HERE]
    assert held.offset == 0
    assert not keeper.owned[HERE].open
    assert keeper.owned[OTHER].open is not None


def test_who_is_furthest_behind_is_folded_next_until_nothing_is_left_in_hand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """
    partition 0:  12:00 12:01 │ 12:02 12:03 │ 12:04      a phase is two events
    partition 1:  12:00 12:10 │ 12:20 12:30 │ 12:40
    """
    folded: list[int] = []
    fold = Holdings.fold

    async def noted(holdings: Holdings, owned: Owned, *arguments: Any) -> Batch:
        folded.append(owned.partition)
        return await fold(holdings, owned, *arguments)

    monkeypatch.setattr(catching_up, "PHASE", 2)
    monkeypatch.setattr(Holdings, "fold", noted)
    keeper = keeper_of(HERE, OTHER)
    keeper.marks.aim([9, 9], rerouting=False)
    keeper.holdings.stride = 1
    for partition, minutes in ((HERE, 1), (OTHER, 10)):
        coming = [record(partition, number, number * minutes) for number in range(5)]
        keeper.holdings.incoming.add(partition, Handed(coming))
    publisher: Any = Written()

    asyncio.run(keeper.go_on(publisher))

    assert folded == [HERE, OTHER, HERE, HERE, OTHER, OTHER]
    assert [keeper.owned[number].merge.next_offset for number in (HERE, OTHER)] == [5, 5]


def test_a_batch_waits_for_the_marks_of_another_worker() -> None:
    keeper = keeper_of(HERE)
    assert apply(keeper, HERE, record(HERE, 0, 1)) == []

    publisher: Any = Written()
    keeper.marks.learn(OTHER, Mark(NOON, 1, 0, (0, 0)))
    asyncio.run(keeper.go_on(publisher))
    assert publisher.partitions == []
    keeper.marks.learn(OTHER, Mark(NOON + 2 * 60_000, 1, 0, (0, 0)))
    asyncio.run(keeper.go_on(publisher))
    assert publisher.partitions == [HERE]


def test_everything_is_written_once_all_that_stood_in_the_topic_is_routed() -> None:
    keeper = keeper_of(HERE, OTHER)
    apply(keeper, HERE, record(HERE, 0, 5), record(HERE, 1, 9))

    written = apply(keeper, OTHER, record(OTHER, 0, 1), record(OTHER, 1, 2))

    assert sorted(written) == [HERE, OTHER]
    assert not keeper.marks.catching_up


def test_what_is_not_written_is_built_again_where_a_record_lies_elsewhere() -> None:
    keeper = keeper_of(HERE)
    apply(keeper, HERE, record(HERE, 0, 1))
    keeper.marks.learn(OTHER, Mark(NOON, 1, 0, (1, 0)))
    publisher: Any = Written()
    asyncio.run(keeper.go_on(publisher))

    assert keeper.rebuilt == [({HERE}, {HERE})]
    assert publisher.partitions == []


def test_who_looks_whether_a_partition_may_go_on_does_not_lock_it() -> None:
    """Locked, it is passed over by who lets partitions go on, and nobody would come back to it."""
    keeper = keeper_of(HERE, OTHER)

    async def locked_while_it_is_looked_at() -> bool:
        publisher: Any = Written()
        looking = asyncio.create_task(keeper.apply_ready(HERE, publisher))
        await asyncio.sleep(0)
        locked = keeper.holdings.is_locked(HERE)
        await looking
        return locked

    assert not asyncio.run(locked_while_it_is_looked_at())
