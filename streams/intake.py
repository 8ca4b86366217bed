"""What has come of the source partitions, and its routing, in order and in turns."""

import asyncio
from collections.abc import Mapping, Set
from typing import Final

from streams.incoming import Incoming, Records
from streams.owned import Owned
from streams.publish import Publisher
from streams.router import Router
from streams.turns import Turns

_FEWEST: Final = 50
"""Records that are worth a turn."""


class Intake:
    """Keeps what has come until it is routed; who routes holds the partition."""

    def __init__(self, router: Router) -> None:
        """Begin with nothing."""
        self._router = router
        self._incoming = Incoming()
        self._turns = Turns(router)

    def add(self, partition: int, records: Records) -> None:
        """Keep records of a partition."""
        self._incoming.add(partition, records)

    def keep(self, partitions: Set[int]) -> None:
        """Keep nothing of any other partition: it is not held here any more."""
        self._incoming.keep(partitions)

    def partitions(self) -> set[int]:
        """Return of which partitions something may have come that is not routed."""
        return self._incoming.partitions()

    async def route(
        self, owned: Owned, most: int, latest: int | None, publisher: Publisher
    ) -> bool:
        """Route what has come of a partition, at most `most`; False where nothing was left.

        `latest` bounds the channel clock (`streams.routing`).
        """
        records = self._incoming.take(owned.partition, most)
        if records:
            await self._router.route(owned, records, latest, publisher)
        return bool(records)

    async def route_in_turns(
        self,
        owned: Mapping[int, Owned],
        stride: int,
        latest: int | None,
        publisher: Publisher,
        ahead: int | None = None,
    ) -> bool:
        """Route about a stride of what has come of all partitions; False where none can go on.

        Nor does any go on once one that comes next has `ahead` events waiting.
        """
        coming = self.partitions() & owned.keys()
        most = max(stride // max(len(owned), 1), min(stride, _FEWEST))
        goes_on = False
        for partition in self._turns.take(owned, coming, most, ahead):
            await self.route(owned[partition], most, latest, publisher)
            goes_on = True
        # The event loop gets a turn.
        await asyncio.sleep(0)
        return goes_on
