"""How the keeper takes turns, and what it holds when a batch is cut short."""

from __future__ import annotations

import asyncio
from typing import Any, NoReturn

import pytest

from rules.configuration import Configuration
from rules.policy import Policies
from rules.state import Partition
from streams.batch import Batch
from streams.catalogue import shipped_catalogue
from streams.holdings import Holdings
from streams.journal import Journal
from streams.keeper import Keeper
from streams.metrics import Metrics
from tests.builders import Fetched, Handed, owned

NOON = "2025-03-01T12:00:00Z"


class CancelledPublisher:
    """A publisher whose task is cancelled before anything is written."""

    async def complete(self, *_: Any) -> NoReturn:
        raise asyncio.CancelledError


class SlowPublisher:
    """A publisher whose batches are not confirmed before `confirm`."""

    def __init__(self) -> None:
        self.batches = 0
        self.confirm = asyncio.Event()

    async def complete(self, *_: Any) -> None:
        self.batches += 1
        await self.confirm.wait()

    def end_of(self, _: int) -> int:
        return 1

    async def publish(self, *_: Any) -> None:
        return

    async def clear_outbox(self, *_: Any) -> None:
        return


def test_what_comes_while_a_batch_is_written_is_one_batch() -> None:
    """Else each fetch would wait for a confirmation of its own, and a worker fall behind."""
    catalogue = shipped_catalogue()
    policies = Policies(Configuration(), catalogue)
    keeper = Keeper(policies, Metrics(catalogue, "test"), None, None, 1)  # type: ignore[arg-type]
    keeper.owned[0] = owned(Partition(policies), Journal())

    async def apply() -> int:
        publisher: Any = SlowPublisher()
        applied = []
        for offset in range(5):
            event = b'{"id":"%d","type":"post.created","time":"%s","community_id":"42"}'
            record: Any = Fetched(offset, event % (offset, NOON.encode()))
            applied.append(asyncio.create_task(keeper.apply(0, Handed([record]), publisher)))
            await asyncio.sleep(0.01)
        publisher.confirm.set()
        await asyncio.gather(*applied)
        return int(publisher.batches)

    assert asyncio.run(apply()) == 2
    assert keeper.next_offset(0) == 5


def test_partitions_that_are_due_at_once_leave_the_event_loop_turns_between(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else the folds of all of them, at a midnight, would hold the loop together."""
    catalogue = shipped_catalogue()
    policies = Policies(Configuration(), catalogue)
    keeper = Keeper(policies, Metrics(catalogue, "test"), None, None, 3)  # type: ignore[arg-type]
    for number in range(3):
        keeper.owned[number] = owned(Partition(policies), Journal())
    happened: list[str] = []

    async def fold(*_: Any) -> Batch:
        happened.append("fold")
        return Batch(1)

    async def others_have_turns() -> None:
        while happened.count("fold") < 3:
            happened.append("turn")
            await asyncio.sleep(0)

    async def midnight() -> None:
        publisher: Any = None
        due = (keeper.apply_ready(number, publisher) for number in range(3))
        await asyncio.gather(*due, others_have_turns())

    monkeypatch.setattr(Holdings, "fold", fold)
    asyncio.run(midnight())

    assert happened.count("fold") == 3
    assert ["fold", "fold"] not in [happened[at : at + 2] for at in range(len(happened))]


def test_a_partition_whose_batch_is_cut_short_is_dropped_instead_of_folded_twice() -> None:
    """The state has the batch by then, its position has not: going on would count it again."""
    catalogue = shipped_catalogue()
    policies = Policies(Configuration(), catalogue)
    keeper = Keeper(policies, Metrics(catalogue, "test"), None, None, 1)  # type: ignore[arg-type]
    keeper.owned[0] = owned(Partition(policies), Journal())
    event = b'{"id":"a","type":"post.created","time":"%s","community_id":"42"}' % NOON.encode()

    async def apply() -> None:
        await keeper.apply(0, Handed([Fetched(0, event)]), CancelledPublisher())  # type: ignore[arg-type]

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(apply())

    assert keeper.owned == {}
    assert keeper.next_offset(0) is None
