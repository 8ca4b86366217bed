"""Takes over the partitions that are dealt out to this worker, and keeps those it had."""

import time
from collections.abc import Mapping, Set
from typing import NamedTuple

from streams.changelogs import Changelogs
from streams.metrics import Metrics
from streams.owned import Owned
from streams.publish import Publisher
from streams.reach import Reach
from streams.router import Router
from streams.takeover import Takeover


class Attempt(NamedTuple):
    """One recovery: its number, and when it began (monotonic)."""

    number: int
    begun: float


class Recovery:
    """The recoveries of one worker, one after another; each one ends those before it."""

    def __init__(
        self,
        changelogs: Changelogs,
        takeover: Takeover,
        router: Router,
        reach: Reach,
        metrics: Metrics,
    ) -> None:
        """Begin with none."""
        self._changelogs = changelogs
        self._takeover = takeover
        self._router = router
        self._reach = reach
        self._metrics = metrics
        self._number = 0

    def begin(self) -> Attempt:
        """Begin another one."""
        self._number += 1
        return Attempt(self._number, time.monotonic())

    def read_so_far(self) -> int:
        """Return how many records all of them have read: it grows while one goes on."""
        return self._changelogs.taken + self._takeover.remembered

    def abandon(self) -> None:
        """End the one that is under way, if any: the partitions are dealt out anew."""
        self._number += 1

    async def run(
        self,
        attempt: Attempt,
        before: Mapping[int, Owned],
        partitions: Set[int],
        standbys: Set[int],
        publisher: Publisher,
    ) -> tuple[dict[int, Owned], bool]:
        """Return what is owned from now on, and whether it is all of `partitions`.

        A state of `before` is kept where nobody else has written since. The changelogs of
        `standbys` are read from then on. Where the recovery is over before its end, what there was
        before is still owned: it may be the right one for the next recovery.
        """
        held = {partition: before[partition] for partition in partitions & before.keys()}
        owned: dict[int, Owned] = {}
        await self._router.prepare()
        if not await self._take_over(attempt, owned, held, partitions, publisher):
            return {**held, **owned}, False
        await self._reach.follow({number: each.begin for number, each in owned.items()})
        self._changelogs.stand_by(standbys)
        self._metrics.recovery.set(time.monotonic() - attempt.begun)
        self._metrics.recovery_records.inc(self._changelogs.records)
        return owned, True

    async def _take_over(
        self,
        attempt: Attempt,
        owned: dict[int, Owned],
        held: Mapping[int, Owned],
        partitions: Set[int],
        publisher: Publisher,
    ) -> bool:
        def is_over() -> bool:
            return attempt.number != self._number

        ends = {partition: publisher.end_of(partition) for partition in held}
        found = await self._changelogs.read(partitions, ends, is_over)
        await self._router.look_again()
        for partition in sorted(partitions):
            if is_over():
                return False
            # What was read of it is let go before the next one is built.
            changelog = found.pop(partition, None)
            if changelog is None:
                owned[partition] = self._takeover.keep(held[partition])
            else:
                owned[partition] = await self._takeover.run(partition, changelog, publisher)
        return True
