"""Takes a partition over: builds its state out of the changelog, and begins an epoch of its own."""

from collections.abc import Iterable
from contextlib import aclosing
from dataclasses import replace

from models.decode import decode_records
from models.events import Arrived
from models.position import Position
from models.recovered import Recovered
from models.state import StateError, StoredPartition
from rules.engine import remember
from rules.policy import Policies
from rules.state import Partition
from streams.forwarded import read_forwarded
from streams.owned import Owned
from streams.pace import Pace
from streams.partitioning import partition_of
from streams.publish import Publisher
from streams.read_back import ReadBack
from streams.reread import Reread, Stretch, read_again
from streams.router import Router


class Takeover:
    """Takes over partitions of one deployment; `partitions` is how many the events topic has.

    `remembered` is how many records were read again so far.
    """

    def __init__(
        self, policies: Policies, reread: Reread, rerouted: Reread, router: Router, partitions: int
    ) -> None:
        """Bind what holds for all of them; `rerouted` reads rerouted records again."""
        self._policies = policies
        self._reread = reread
        self._rerouted = rerouted
        self._router = router
        self._partitions = partitions
        self.remembered = 0

    async def run(self, partition: int, changelog: ReadBack, publisher: Publisher) -> Owned:
        """Build the state, publish what was never confirmed, and write the first marker.

        With it a new epoch begins: what others write from here on does not count. The outbox is
        published before, because with a newer marker nobody would find it again.
        """
        recovered = changelog.recovered
        self._check(partition, recovered)
        state, journal, cold = changelog.restore(self._policies)
        route, merge = self._router.begin(partition, recovered.partition)
        if recovered.partition is not None:
            await self.remember(partition, state, recovered.partition)
        publisher.follow(partition, changelog.end)
        await publisher.publish(partition, recovered.outbox())
        owned = Owned(partition, state, journal, route, merge, recovered.lineage(), cold)
        stamp = journal.begin(changelog.end)
        await publisher.complete(partition, [], owned.marker(), [], [])
        if repairs := recovered.repairs(stamp.next()):
            journal.stamp = stamp.next()
            await publisher.complete(partition, repairs, owned.marker(), [], [])
        if cold is not None:
            end = publisher.end_of(partition)
            cold.mirror.begin(repairs, Position(end, owned.marker()[1], end - 1))
        return owned

    def keep(self, owned: Owned) -> Owned:
        """Go on with a state that was held, and that nobody else has written to since.

        What was routed and is not applied is routed once more: it may have been dropped. In another
        object, because the old one may be amid routing.
        """
        route, merge = self._router.begin(owned.partition, owned.stored())
        return replace(owned, route=route, merge=merge, pace=Pace(), since=0, left_alone=-1)

    def _check(self, partition: int, recovered: Recovered) -> None:
        before = recovered.partition.partitions if recovered.partition else self._partitions
        if before != self._partitions:
            raise StateError(
                f"partition {partition}: the state was kept for {before} partitions, "
                f"the events topic has {self._partitions} now; make it anew with: pulse rebuild"
            )

    async def remember(self, partition: int, state: Partition, stored: StoredPartition) -> None:
        """Read again which ids were seen within the horizon before the clock."""
        since = max(state.clock - self._policies.dedupe, 0)
        if stored.offset >= 0:
            stretch = Stretch(partition, stored.offset + 1, since)
            async with aclosing(read_again(self._reread, stretch)) as pieces:
                async for records in pieces:
                    self.remembered += len(records)
                    remember(state, self._at_home(partition, decode_records(records)[0]))
        if stored.route is not None and stored.route.applied:
            applied = stored.route.applied
            stretch = Stretch(partition, stored.route.end, since)
            async with aclosing(read_again(self._rerouted, stretch)) as pieces:
                async for records in pieces:
                    self.remembered += len(records)
                    known = [
                        each
                        for each in read_forwarded(records)
                        if each.source[1] <= applied.get(each.source[0], -1)
                    ]
                    remember(state, decode_records(known)[0])

    def _at_home(self, partition: int, events: Iterable[Arrived]) -> list[Arrived]:
        return [
            arrived
            for arrived in events
            if partition_of(arrived[2].community_id, self._partitions) == partition
        ]
