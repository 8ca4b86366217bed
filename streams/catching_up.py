"""Folds what stood in the topic at the start, before all of it is known to be well keyed."""

import asyncio
from itertools import takewhile
from typing import Final

from streams.backlog import PIECE
from streams.batch import PHASE
from streams.holdings import Holdings
from streams.publish import Publisher

_TURNS: Final = 6
"""Turns of the event loop between two phases. What is being written needs several for each of its
confirmations; the longer it takes, the more partitions are full, and wait for it."""


class CatchingUp:
    """Lets partitions go on as if every record were at home, and checks that before it counts.

    Whether a record that comes before what is folded lies elsewhere, is known once all others are
    routed as far. A partition that waited for that would fold what it has decoded when it is in no
    cache any more. So it is folded at once, a phase at a time, the partition first that is furthest
    behind; and its batch is written once it is proven to be in order. Where a record is found
    elsewhere after all, what was folded and not written is built again (`streams.keeper`).
    """

    def __init__(self, holdings: Holdings) -> None:
        """Bind the partitions."""
        self._holdings = holdings
        self._marks = holdings.router.marks

    async def run(self, publisher: Publisher) -> None:
        """Fold and write as long as anything can go on; to be called by one at a time."""
        writing: set[asyncio.Task[None]] = set()
        while self._marks.catching_up:
            partition = self._furthest_behind()
            if partition is not None:
                await self._fold_phase(partition, publisher)
            for proven in self._proven():
                writing.add(asyncio.create_task(self._write(proven, publisher)))
            if partition is not None:
                await self._give_turns()
            elif writing:
                await asyncio.wait(writing, return_when=asyncio.FIRST_COMPLETED)
            else:
                break
            over = {each for each in writing if each.done()}
            writing -= over
            await asyncio.gather(*over)
        await asyncio.gather(*writing)

    async def _give_turns(self) -> None:
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    def _furthest_behind(self) -> int | None:
        """Return which partition is to be folded next."""
        coming = self._holdings.incoming.partitions()
        places = (
            (each.merge.routed_clock, number)
            for number, each in self._holdings.owned.items()
            if (number in coming or each.merge.waits)
            and not (each.open and each.open.is_full)
            and not self._holdings.is_locked(number)
        )
        return min(places, default=(None, None))[1]

    async def _fold_phase(self, partition: int, publisher: Publisher) -> None:
        holdings = self._holdings
        async with holdings.locks.of(partition):
            owned = holdings.owned.get(partition)
            if owned is not None:
                with holdings.whole(owned):
                    await holdings.fold(owned, PHASE, publisher)

    def _proven(self) -> list[int]:
        """Return of which partitions there is a batch that may be written, and is worth it."""
        coming = self._holdings.incoming.partitions()
        worth = [
            (each.merge.clock, number)
            for number, each in self._holdings.owned.items()
            if (batch := each.open)
            and (batch.is_full or batch.number >= PIECE // 2 or number not in coming)
            and not self._holdings.is_locked(number)
        ]
        # Those behind one that is not proven are not either.
        return [*takewhile(self._is_proven, (number for _, number in sorted(worth)))]

    def _is_proven(self, partition: int) -> bool:
        owned = self._holdings.owned[partition]
        return owned.merge.is_proven(owned.since)

    async def _write(self, partition: int, publisher: Publisher) -> None:
        holdings = self._holdings
        async with holdings.locks.of(partition):
            owned = holdings.owned.get(partition)
            # By now more may be folded, or something have been found elsewhere.
            if owned and owned.open and not self._marks.must_merge and self._is_proven(partition):
                with holdings.whole(owned):
                    await holdings.write(owned, publisher)
