"""What the keeper holds when a batch is cut short."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest

from models.instants import parse_instant
from rules.configuration import Configuration
from rules.policy import Policies
from rules.records import Recorder
from rules.state import Partition
from streams.batch import read_batch
from streams.catalogue import shipped_catalogue
from streams.journal import Journal
from streams.keeper import Keeper
from streams.metrics import Metrics
from streams.owned import Owned
from streams.pieces import Pieces, join

NOON = "2025-03-01T12:00:00Z"


@dataclass
class Fetched:
    """A source record as a fetch gives it."""

    offset: int
    value: bytes | None
    timestamp: int = parse_instant(NOON) or 0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = field(default=())


class CancelledPublisher:
    """A publisher whose task is cancelled before anything is written."""

    async def complete(self, *_: Any) -> NoReturn:
        raise asyncio.CancelledError


def test_a_partition_whose_batch_is_cut_short_is_dropped_instead_of_folded_twice() -> None:
    """The state has the batch by then, its position has not: going on would count it again."""
    catalogue, configuration = shipped_catalogue(), Configuration()
    policies = Policies(configuration, catalogue)
    recorder = Recorder(catalogue, configuration.deployment)
    keeper = Keeper(policies, recorder, Metrics(catalogue, "test"), None, None, 1)  # type: ignore[arg-type]
    keeper.owned[0] = Owned(Partition(policies), Journal(), -1, 1)
    event = b'{"id":"a","type":"post.created","time":"%s","community_id":"42"}' % NOON.encode()

    async def apply() -> None:
        await keeper.apply(0, [Fetched(0, event)], CancelledPublisher())  # type: ignore[arg-type]

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(apply())

    assert keeper.owned == {}
    assert keeper.next_offset(0) is None


@pytest.mark.parametrize("refused", [set[int](), {0}, {1}, {3}, {0, 1, 3, 5}, {5}])
@pytest.mark.parametrize("events", [0, 1, 2])
def test_a_batch_is_cut_before_an_event_with_what_was_refused_before_it(
    refused: set[int], events: int
) -> None:
    event = b'{"id":"%d","type":"post.created","time":"%s","community_id":"42"}'
    values = [b"bad %d" % n if n in refused else event % (n, NOON.encode()) for n in range(7)]
    records = [Fetched(number, value) for number, value in enumerate(values)]

    place, head, rest = read_batch("events", 0, records).cut(events)

    before, after = (
        read_batch("events", 0, records[:place]),
        read_batch("events", 0, records[place:]),
    )
    assert (head.events, head.letters) == (before.events, before.letters)
    assert (rest.events, rest.letters, rest.refused) == (after.events, after.letters, after.refused)
    assert len(head.events) == events
    assert place not in refused


@pytest.mark.parametrize(
    ("pieces", "joined", "left"),
    [
        ([range(3)], range(3), 0),
        ([range(3), range(3, 5), range(5, 6)], range(6), 0),
        ([range(3), range(4, 6)], range(3), 1),
        ([range(3), range(2, 6)], range(3), 1),
        ([range(8_000), range(8_000, 12_000)], range(8_000), 1),
        ([range(12_000), range(12_000, 12_001)], range(12_000), 1),
    ],
)
def test_pieces_are_joined_that_continue_each_other(
    pieces: list[range], joined: range, left: int
) -> None:
    waiting = Pieces([Fetched(offset, b"") for offset in piece] for piece in pieces)
    assert [record.offset for record in join(waiting)] == list(joined)
    assert len(waiting) == left
