"""What the keeper holds when a batch is cut short."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any, NoReturn

import pytest

from models.instants import parse_instant
from rules.configuration import Configuration
from rules.policy import Policies
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.journal import Journal
from streams.keeper import Keeper
from streams.metrics import Metrics
from tests.builders import owned

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
    catalogue = shipped_catalogue()
    policies = Policies(Configuration(), catalogue)
    keeper = Keeper(policies, Metrics(catalogue, "test"), None, None, 1)  # type: ignore[arg-type]
    keeper.owned[0] = owned(Partition(policies), Journal())
    event = b'{"id":"a","type":"post.created","time":"%s","community_id":"42"}' % NOON.encode()

    async def apply() -> None:
        await keeper.apply(0, [Fetched(0, event)], CancelledPublisher())  # type: ignore[arg-type]

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(apply())

    assert keeper.owned == {}
    assert keeper.next_offset(0) is None
