"""Keeps the state of the partitions that this worker owns, and applies batches to it.

Progress is part of the state: a batch is applied only where it continues the last offset applied,
and it counts only once its marker is in the changelog (ARCHITECTURE, "One batch").
"""

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import AsyncExitStack, contextmanager

from models.events import AHEAD_TOLERANCE
from models.topics import EVENTS
from rules.engine import tick
from rules.policy import Policies
from rules.records import Recorder
from streams.batch import AHEAD, ROOM, STRIDE, Batch, folded, room_of
from streams.changelogs import Changelogs
from streams.faust_internals import SourceRecord
from streams.gauges import set_gauges
from streams.holes import Holes
from streams.incoming import Records
from streams.intake import Intake
from streams.marks import Mark, Marks
from streams.metrics import Metrics
from streams.owned import Owned
from streams.partition_locks import PartitionLocks
from streams.publish import Publisher
from streams.reach import Nowhere, Reach
from streams.recovery import Recovery
from streams.reread import Reread
from streams.router import Router
from streams.takeover import Takeover
from streams.writing import Writer


def wall_clock() -> int:
    """Return the wall clock in milliseconds."""
    return time.time_ns() // 1_000_000


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
        self._follows_wall = policies.configuration.time.clock == "wall"
        self._intake = Intake(self._router)
        self._locks = PartitionLocks()
        self._turn = asyncio.Lock()
        self.room = ROOM
        self.stride = STRIDE
        self.owned: dict[int, Owned] = {}

    @property
    def marks(self) -> Marks:
        """How far every source partition is routed, as far as it is known here."""
        return self._router.marks

    # Recovery -----------------------------------------------------------------------------

    def abandon_recovery(self) -> None:
        """End a recovery that is under way: the partitions are dealt out anew."""
        self._recovery.abandon()

    async def complete_recovery(
        self, partitions: Set[int], publisher: Publisher, standbys: Set[int] = frozenset()
    ) -> bool:
        """Build the state of `partitions`, drop every other, publish what was never confirmed.

        A state that was held before is kept where nobody else has written since. The changelogs of
        `standbys` are read from then on, so that to take one over takes little. False where the
        partitions were dealt out anew meanwhile.
        """
        attempt = self._recovery.begin()
        async with self._locks.all_at_rest(partitions):
            before, self.owned = self.owned, {}
            self.owned, done = await self._recovery.run(
                attempt, before, partitions, standbys, publisher
            )
            if done:
                self._intake.keep(self.owned.keys())
                self.refresh_gauges()
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
        self._intake.add(partition, records)
        if not self.marks.must_merge:
            await self._apply_incoming(partition, publisher)
        self._router.keep_pace(self.owned.values())
        await self.apply_ready(partition, publisher)
        await self.go_on(publisher)

    async def _apply_incoming(self, partition: int, publisher: Publisher) -> None:
        """Route and fold what has come of a partition, stride by stride, and write it."""
        async with self._locks.of(partition):
            owned = self.owned.get(partition)
            if owned is None:
                return
            with self._whole(owned):
                batch = Batch(room_of(owned, self.room))
                while await self._intake.route(owned, self.stride, self._latest(), publisher):
                    batch.fold_ready(owned, self._latest())
                    while batch.is_full:
                        await self._write(owned, batch, publisher)
                        batch = folded(owned, self.room, self._latest())
                if batch.moved:
                    await self._write(owned, batch, publisher)

    async def _apply_in_turns(self, publisher: Publisher) -> None:
        """Route and fold what has come of all partitions side by side, and write it."""
        async with self._turn:
            goes_on = True
            while goes_on and self.marks.must_merge:
                async with AsyncExitStack() as held:
                    partitions = sorted(self.owned)
                    for partition in partitions:
                        await held.enter_async_context(self._locks.of(partition))
                    # By now a recovery may have built others.
                    owned = {each: self.owned[each] for each in partitions if each in self.owned}
                    for each in owned.values():
                        held.enter_context(self._whole(each))
                    goes_on = await self._round(owned, publisher)

    async def _round(self, owned: Mapping[int, Owned], publisher: Publisher) -> bool:
        """Fill a batch of each partition until one is full or none can go on, and write them.

        False where none can go on.
        """
        route, latest = self._intake.route_in_turns, self._latest()
        batches = [(each, Batch(room_of(each, self.room))) for each in owned.values()]
        goes_on = True
        while goes_on and not any(batch.is_full for _, batch in batches):
            goes_on = await route(owned, self.stride, latest, publisher)
            for each, batch in batches:
                batch.fold_ready(each, latest)
        moved = [each for each in batches if each[1].moved]
        writing = asyncio.gather(*(self._write(*each, publisher) for each in moved))
        # Better than to wait, though what is decoded now will be in no cache by then.
        while not writing.done() and await route(owned, self.stride, latest, publisher, AHEAD):
            pass
        await writing
        return bool(moved)

    async def receive(
        self, partition: int, records: Sequence[SourceRecord], publisher: Publisher
    ) -> int | None:
        """Take in records that were rerouted to a partition; `apply_ready` is due then.

        Returns from where on more are wanted; None where the partition is not held.
        """
        owned = self.owned.get(partition)
        if owned is None:
            return None
        with self._whole(owned):
            return await self._router.receive(owned, records, publisher)

    async def rest(self) -> None:
        """Wait until no batch is in hand."""
        async with self._locks.all_at_rest(self.owned):
            pass

    async def go_on(self, publisher: Publisher) -> None:
        """Apply what waited for others, and needs to no longer."""
        if self.marks.must_merge:
            await self._apply_in_turns(publisher)
        else:
            for partition in sorted(self._intake.partitions() & self.owned.keys()):
                if not self._locks.of(partition).locked():
                    await self._apply_incoming(partition, publisher)
        for partition in sorted(self.owned):
            owned = self.owned.get(partition)
            # Who holds the lock looks again before it is let go.
            if owned and owned.merge.waits and not self._locks.of(partition).locked():
                await self.apply_ready(partition, publisher)

    def look(self) -> dict[int, Mark]:
        """Notice how far the owned partitions are read; return their marks."""
        return self._router.look(self.owned.values())

    def rerouted_left(self, partition: int) -> int:
        """Return how many records that were rerouted to a partition are not applied yet."""
        owned = self.owned.get(partition)
        return self._router.left(owned) if owned else 0

    def waiting(self) -> dict[int, int]:
        """Return which wait for what others may hold; the number grows while those are read."""
        if not self.marks.must_merge:
            return {}
        routed = self.marks.all_routed()
        return {number: routed for number, owned in dict(self.owned).items() if owned.merge.waits}

    def superfluous(self) -> dict[int, tuple[int, int]]:
        """Return, by partition, which rerouted records nobody needs any more (`Owned`)."""
        horizon = self._policies.dedupe
        return {number: owned.superfluous(horizon) for number, owned in self.owned.items()}

    async def apply_ready(self, partition: int, publisher: Publisher) -> None:
        """Apply all that needs to wait no longer in a partition."""
        async with self._locks.of(partition):
            while (owned := self.owned.get(partition)) is not None:
                with self._whole(owned):
                    batch = folded(owned, self.room, self._latest())
                    if not batch.moved:
                        return
                    await self._write(owned, batch, publisher)

    @contextmanager
    def _whole(self, owned: Owned) -> Iterator[None]:
        """Drop the partition where its batch is cut short: the state is then ahead of its position.

        Any failure ends the process; a cancellation by Faust may not, and must not lead to the same
        records being folded twice.
        """
        try:
            yield
        except BaseException:
            if self.owned.get(owned.partition) is owned:
                del self.owned[owned.partition]
            raise

    async def _write(self, owned: Owned, batch: Batch, publisher: Publisher) -> None:
        # Under `clock: wall` a worker that lags closes late, whatever its records say.
        behind = max(wall_clock() - owned.state.clock, 0) if self._follows_wall else 0
        await self._writer.write(owned, batch, publisher, behind)

    def _latest(self) -> int | None:
        return wall_clock() + AHEAD_TOLERANCE if self._follows_wall else None

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
        async with self._locks.of(partition):
            owned = self.owned.get(partition)
            if owned is None or owned.merge.waits:
                return False
            # Where records may come from elsewhere, the clock goes no further than these are here.
            read_until = owned.merge.read_until()
            instant = instant if read_until is None else min(instant, read_until)
            with self._whole(owned):
                effects = tick(owned.state, instant, room=room_of(owned, self.room))
                if effects.outputs:
                    await self._writer.complete(owned, Batch(0, effects.outputs), publisher)
                    self._metrics.count(effects.tally)
            return effects.stopped

    # Figures ------------------------------------------------------------------------------

    def refresh_gauges(self) -> None:
        """Set the gauges that describe what is owned now."""
        set_gauges(self._metrics, self._policies.catalogue, self.owned)
