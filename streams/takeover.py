"""Takes a partition over: builds its state out of the changelog, and begins an epoch of its own."""

from contextlib import aclosing

from models.decode import decode_records
from models.position import Position
from models.recovered import Recovered
from models.state import StateError
from rules.engine import remember
from rules.policy import Policies
from rules.state import Partition
from streams.owned import Owned
from streams.publish import Publisher
from streams.read_back import ReadBack
from streams.reread import Reread, Stretch, read_again


class Takeover:
    """Takes over partitions of one deployment; `partitions` is how many the events topic has."""

    def __init__(self, policies: Policies, reread: Reread, partitions: int) -> None:
        """Bind what holds for all of them."""
        self._policies = policies
        self._reread = reread
        self._partitions = partitions

    async def run(self, partition: int, changelog: ReadBack, publisher: Publisher) -> Owned:
        """Build the state, publish what was never confirmed, and write the first marker.

        With it a new epoch begins: what others write from here on does not count. The outbox is
        published before, because with a newer marker nobody would find it again.
        """
        recovered = changelog.recovered
        self._check(partition, recovered)
        state, journal, cold = changelog.restore(self._policies)
        offset = recovered.partition.offset if recovered.partition else -1
        await self.remember(partition, state, offset)
        publisher.follow(partition, changelog.end)
        await publisher.publish(partition, recovered.outbox())
        owned = Owned(state, journal, offset, self._partitions, recovered.lineage(), cold)
        stamp = journal.begin(changelog.end)
        await publisher.complete(partition, [], owned.marker(offset), [], [])
        if repairs := recovered.repairs(stamp.next()):
            journal.stamp = stamp.next()
            await publisher.complete(partition, repairs, owned.marker(offset), [], [])
        if cold is not None:
            end = publisher.end_of(partition)
            cold.mirror.begin(repairs, Position(end, owned.marker(offset)[1], end - 1))
        return owned

    def _check(self, partition: int, recovered: Recovered) -> None:
        before = recovered.partition.partitions if recovered.partition else self._partitions
        if before != self._partitions:
            raise StateError(
                f"partition {partition}: the state was kept for {before} partitions, "
                f"the events topic has {self._partitions} now; make it anew with: pulse rebuild"
            )

    async def remember(self, partition: int, state: Partition, offset: int) -> None:
        """Read again which ids were seen within the horizon before the clock."""
        if offset < 0:
            return
        since = max(state.clock - self._policies.dedupe, 0)
        stretch = Stretch(partition, offset + 1, since)
        async with aclosing(read_again(self._reread, stretch)) as pieces:
            async for records in pieces:
                remember(state, decode_records(records)[0])
