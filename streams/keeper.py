"""Keeps the state of the partitions that this worker owns, and applies batches to it.

Progress is part of the state: a batch is applied only where it continues the last offset applied,
and it counts only once its marker is in the changelog (ARCHITECTURE, "One batch").
"""

import asyncio
import logging
from collections.abc import Sequence, Set

from models.topics import EVENTS
from rules.engine import tick
from rules.policy import Policies
from rules.records import Recorder
from streams.backlog import PIECE
from streams.batch import Batch
from streams.catching_up import CatchingUp
from streams.changelogs import Changelogs
from streams.faust_internals import SourceRecord
from streams.gauges import set_gauges
from streams.holdings import Holdings, wall_clock
from streams.holes import Holes
from streams.incoming import Records
from streams.marks import Mark, Marks
from streams.metrics import Metrics
from streams.owned import Owned
from streams.publish import Publisher
from streams.reach import Nowhere, Reach
from streams.recovery import Recovery
from streams.reread import Reread
from streams.router import Router
from streams.takeover import Takeover
from streams.writing import Writer

LOG = logging.getLogger("pulse")


class Keeper:
    """The state of all owned partitions; in each of them one batch or tick at a time.

    Partitions wait for Kafka's confirmations side by side; a recovery waits until all are at rest.
    """

    def __init__(
        self,
        policies: Policies,
        metrics: Metrics,
        reread: Reread,
        changelogs: Changelogs,
        partitions: int,
        holes: Holes | None = None,
        reach: Reach | None = None,
    ) -> None:
        """Begin without partitions; `partitions` is how many the events topic has.

        `holes` knows at which offsets of it no record stands; the rest is found out by `reread`.
        `reach` knows of what is rerouted; without it nothing is, and nothing waits.
        """
        self._reach = reach or Nowhere(partitions)
        source = policies.configuration.kafka.topic_prefix + EVENTS.name
        holes = holes or Holes()
        self._router = Router(source, partitions, metrics, reread, holes, self._reach)
        takeover = Takeover(policies, reread, self._reach, self._router, partitions)
        self._recovery = Recovery(changelogs, takeover, self._router, self._reach, metrics)
        self._policies = policies
        recorder = Recorder(policies.catalogue, policies.configuration.deployment)
        self._writer = Writer(recorder, metrics)
        self._metrics = metrics
        follows_wall = policies.configuration.time.clock == "wall"
        self._holdings = Holdings(self._router, self._writer, follows_wall=follows_wall)
        self._catching_up = CatchingUp(self._holdings)
        self._follows_wall = follows_wall
        self._turn = asyncio.Lock()
        self._recovering = 0
        self._reached: dict[int, int] = {}
        self._standbys: Set[int] = frozenset()

    @property
    def holdings(self) -> Holdings:
        """The partitions that are held, and what has come for them."""
        return self._holdings

    @property
    def owned(self) -> dict[int, Owned]:
        """The partitions that are held."""
        return self._holdings.owned

    @property
    def marks(self) -> Marks:
        """How far every source partition is routed, as far as it is known here."""
        return self._router.marks

    # Recovery -----------------------------------------------------------------------------

    def abandon_recovery(self) -> None:
        """End a recovery that is under way: the partitions are dealt out anew."""
        self._recovery.abandon()

    def recovered(self) -> int:
        """Return a number that grows while a recovery reads."""
        return self._recovery.read_so_far()

    async def complete_recovery(
        self, partitions: Set[int], publisher: Publisher, standbys: Set[int] = frozenset()
    ) -> bool:
        """Build the state of `partitions`, drop every other, publish what was never confirmed.

        A state that was held before is kept where nobody else has written since. The changelogs of
        `standbys` are read from then on, so that to take one over takes little. False where the
        partitions were dealt out anew meanwhile.
        """
        self._recovering += 1
        self._standbys = standbys
        attempt = self._recovery.begin()
        try:
            async with self._holdings.locks.all_at_rest(partitions):
                self._reached = {
                    number: each.route.next_offset for number, each in self.owned.items()
                }
                # What is folded and not written is ahead of its changelog.
                before = {number: each for number, each in self.owned.items() if not each.open}
                self._holdings.owned = {}
                self._holdings.owned, done = await self._recovery.run(
                    attempt, before, partitions, standbys, publisher
                )
                if done:
                    self._holdings.incoming.keep(self.owned.keys())
                    self.refresh_gauges()
        finally:
            self._recovering -= 1
        return done

    def next_offset(self, partition: int) -> int | None:
        """Return the first offset not yet applied; None where the partition is not held."""
        owned = self.owned.get(partition)
        return owned.offset + 1 if owned else None

    # Progress -----------------------------------------------------------------------------

    async def apply(self, partition: int, records: Records, publisher: Publisher) -> None:
        """Route records of a source partition, and apply all that needs to wait no longer.

        What came while the last batch was written is one batch: the more there is, the larger.
        """
        self._holdings.incoming.add(partition, records)
        await self.apply_ready(partition, publisher)
        self._router.keep_pace(self.owned.values())
        await self.go_on(publisher)

    async def apply_ready(self, partition: int, publisher: Publisher) -> None:
        """Route what has come of a partition, and apply all that needs to wait no longer.

        While the worker catches up, `go_on` does: it passes over a partition that is locked.
        """
        if self.marks.catching_up:
            return
        holdings = self._holdings
        async with holdings.locks.of(partition):
            while True:
                await holdings.fair_turn()
                owned = self.owned.get(partition)
                if owned is None or self._is_held_up(owned):
                    return
                with holdings.whole(owned):
                    batch = await holdings.fold(owned, PIECE, publisher)
                    if not batch.moved:
                        return
                    await holdings.write(owned, publisher)

    def _is_held_up(self, owned: Owned) -> bool:
        """Whether it is not known yet if what is folded of the partition may stay as it is."""
        return self.marks.catching_up or (self.marks.must_merge and owned.open is not None)

    async def receive(
        self, partition: int, records: Sequence[SourceRecord], publisher: Publisher
    ) -> int | None:
        """Take in records that were rerouted to a partition; `apply_ready` is due then.

        Returns from where on more are wanted; None where the partition is not held.
        """
        owned = self.owned.get(partition)
        if owned is None:
            return None
        with self._holdings.whole(owned):
            return await self._router.receive(owned, records, publisher)

    async def rest(self) -> None:
        """Wait until no batch is in hand."""
        async with self._holdings.locks.all_at_rest(self.owned):
            pass

    async def go_on(self, publisher: Publisher) -> None:
        """Apply what waited for others, and needs to no longer."""
        # Who has the turn sees by itself what has come; a look around must not wait for all of it.
        if not self._turn.locked():
            async with self._turn:
                if self.marks.must_merge:
                    await self._redo(publisher)
                if self.marks.catching_up:
                    await self._catching_up.run(publisher)
        coming = self._holdings.incoming.partitions()
        for partition in sorted(self.owned):
            owned = self.owned.get(partition)
            is_due = owned and (partition in coming or owned.merge.waits or owned.open)
            # Who holds the lock looks again before it is let go.
            if is_due and not self._holdings.is_locked(partition):
                await self.apply_ready(partition, publisher)

    async def _redo(self, publisher: Publisher) -> None:
        """Build again what was folded before it was known that a record lies elsewhere.

        It comes once in the life of a worker: from then on records wait for each other.
        """
        early = [number for number, each in self.owned.items() if each.open]
        # A recovery that is under way builds them anyway.
        if not early or self._recovering:
            return
        LOG.info("records lie outside their partitions: building %d of these again", len(early))
        await self.complete_recovery(set(self.owned), publisher, self._standbys)
        # Unlike after a rebalance nobody goes back with the consumer, not even for those kept.
        for partition, end in self._reached.items():
            async with self._holdings.locks.of(partition):
                owned = self.owned.get(partition)
                if owned is not None:
                    with self._holdings.whole(owned):
                        latest = self._holdings.latest()
                        await self._router.route_again(owned, end, latest, publisher)

    def look(self) -> dict[int, Mark]:
        """Notice how far the owned partitions are read; return their marks."""
        return self._router.look(self.owned.values())

    def rerouted_left(self, partition: int) -> int:
        """Return how many records that were rerouted to a partition are not applied yet."""
        owned = self.owned.get(partition)
        return self._router.left(owned) if owned else 0

    def waiting(self) -> dict[int, int]:
        """Return which wait for what others may hold; the number grows while those are read."""
        if not self.marks.must_merge and not self.marks.catching_up:
            return {}
        routed = self.marks.all_routed()
        return {
            number: routed
            for number, owned in dict(self.owned).items()
            if owned.merge.waits or owned.open
        }

    def superfluous(self) -> dict[int, tuple[int, int]]:
        """Return, by partition, which rerouted records nobody needs any more (`Owned`)."""
        horizon = self._policies.dedupe
        return {number: owned.superfluous(horizon) for number, owned in self.owned.items()}

    async def tick(self, publisher: Publisher, caught_up: set[int]) -> None:
        """Let the clocks of partitions that are fully read follow the wall clock."""
        if not self._follows_wall:
            return
        for partition in sorted(caught_up):
            instant = wall_clock()
            # Between two pieces of a long tick the batches of other partitions get their turn.
            while await self._tick(partition, instant, publisher):
                pass

    async def _tick(self, partition: int, instant: int, publisher: Publisher) -> bool:
        """Close what is due, as far as it goes at once; tell whether something is left."""
        async with self._holdings.locks.of(partition):
            owned = self.owned.get(partition)
            if owned is None or owned.merge.waits or owned.open:
                return False
            # Where records may come from elsewhere, the clock goes no further than these are here.
            read_until = owned.merge.read_until()
            instant = instant if read_until is None else min(instant, read_until)
            with self._holdings.whole(owned):
                effects = tick(owned.state, instant, room=owned.room_of(self._holdings.room))
                if effects.outputs:
                    await self._writer.complete(owned, Batch(0, effects.outputs), publisher)
                    self._metrics.count(effects.tally)
            return effects.stopped

    # Figures ------------------------------------------------------------------------------

    def refresh_gauges(self) -> None:
        """Set the gauges that describe what is owned now."""
        set_gauges(self._metrics, self._policies.catalogue, self.owned)
