"""Keeps the state of the partitions that this worker owns, and applies batches to it.

Progress is part of the state: a batch is applied only where it continues the last offset applied,
and it counts only once its marker is in the changelog (ARCHITECTURE, "One batch").
"""

import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from contextlib import aclosing, contextmanager
from typing import Final

from models import state as stored
from models.events import AHEAD_TOLERANCE
from models.position import Position
from models.topics import EVENTS
from rules.effects import Effects, Output
from rules.engine import fold, tick
from rules.policy import Policies
from rules.records import Recorder
from streams.batch import Batch, read_batch
from streams.changelogs import Changelogs
from streams.faust_internals import SourceRecord
from streams.gauges import set_gauges
from streams.holes import Holes
from streams.metrics import Metrics
from streams.outputs import write_outputs
from streams.owned import Owned
from streams.partition_locks import PartitionLocks
from streams.partitioning import partition_of
from streams.pieces import Pieces, join
from streams.publish import Publisher, chunks
from streams.reread import Reread, Stretch, read_again
from streams.takeover import Takeover

ROOM: Final = 200
"""Outputs after which a fold is cut at the next close, and written as a batch of its own: it holds
the event loop, and all that it causes stands in memory."""


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
        recorder: Recorder,
        metrics: Metrics,
        reread: Reread,
        changelogs: Changelogs,
        partitions: int,
        holes: Holes | None = None,
    ) -> None:
        """Begin without partitions; `partitions` is how many the events topic has.

        `holes` knows at which offsets of it no record stands; the rest is found out by `reread`.
        """
        self._holes = holes or Holes()
        self._reread = reread
        self._changelogs = changelogs
        self._takeover = Takeover(policies, reread, partitions)
        self._policies = policies
        self._recorder = recorder
        self._metrics = metrics
        self._partitions = partitions
        self._source = policies.configuration.kafka.topic_prefix + EVENTS.name
        self._follows_wall = policies.configuration.time.clock == "wall"
        self._recoveries = 0
        self._handed_on: defaultdict[int, Pieces] = defaultdict(Pieces)
        self._locks = PartitionLocks()
        self.room = ROOM
        self.owned: dict[int, Owned] = {}

    # Recovery -----------------------------------------------------------------------------

    def abandon_recovery(self) -> None:
        """End a recovery that is under way: the partitions are dealt out anew."""
        self._recoveries += 1

    async def complete_recovery(
        self, partitions: Set[int], publisher: Publisher, standbys: Set[int] = frozenset()
    ) -> bool:
        """Build the state of `partitions`, drop every other, publish what was never confirmed.

        A state that was held before is kept where nobody else has written since. The changelogs of
        `standbys` are read from then on, so that to take one over takes little. False where the
        partitions were dealt out anew meanwhile.
        """
        self.abandon_recovery()
        number, begun = self._recoveries, time.monotonic()
        async with self._locks.all_at_rest(partitions):
            held = {each: self.owned[each] for each in partitions & self.owned.keys()}
            self.owned = {}
            if not await self._take_over(partitions, held, publisher, number):
                # As it was before: it may be the right one for the next recovery.
                self.owned = {**held, **self.owned}
                return False
            self._changelogs.stand_by(standbys)
            self._metrics.recovery.set(time.monotonic() - begun)
            self._metrics.recovery_records.inc(self._changelogs.records)
            self.refresh_gauges()
        return True

    async def _take_over(
        self, partitions: Set[int], held: Mapping[int, Owned], publisher: Publisher, number: int
    ) -> bool:
        def is_over() -> bool:
            return number != self._recoveries

        ends = {partition: publisher.end_of(partition) for partition in held}
        found = await self._changelogs.read(partitions, ends, is_over)
        for partition in sorted(partitions):
            if is_over():
                return False
            # What was read of it is let go before the next one is built.
            changelog = found.pop(partition, None)
            if changelog is None:
                self.owned[partition] = held[partition]
            else:
                self.owned[partition] = await self._takeover.run(partition, changelog, publisher)
        return True

    def next_offset(self, partition: int) -> int | None:
        """Return the first offset not yet applied; None where the partition is not held."""
        owned = self.owned.get(partition)
        return owned.offset + 1 if owned else None

    # Progress -----------------------------------------------------------------------------

    async def apply(
        self, partition: int, records: Sequence[SourceRecord], publisher: Publisher
    ) -> None:
        """Apply a batch of the partition, where it continues what was applied.

        The known part of a batch is skipped. Where one starts too late, and not behind a hole that
        is known, what lies before it is read again from the topic and applied first; a hole that
        stands there too is real (a truncated topic).

        What came while the last batch was written is one batch: the more there is, the larger.
        """
        handed_on = self._handed_on[partition]
        handed_on.append(records)
        async with self._locks.of(partition):
            # Until nothing waits: also what a cancelled task has left behind.
            while handed_on:
                await self._go_on(partition, join(handed_on), publisher)

    async def _go_on(
        self, partition: int, records: Sequence[SourceRecord], publisher: Publisher
    ) -> None:
        owned = self.owned.get(partition)
        if owned is None:
            return
        expected = self._holes.skip(partition, owned.offset + 1)
        if records[-1].offset < expected:
            return
        first = records[0].offset
        with self._whole(partition):
            if first > expected:
                self._metrics.gaps.inc()
                stretch = Stretch(partition, first, start=expected)
                async with aclosing(read_again(self._reread, stretch)) as pieces:
                    async for missed in pieces:
                        await self._apply(partition, owned, missed, publisher)
            else:
                records = [record for record in records if record.offset >= expected]
            await self._apply(partition, owned, records, publisher)

    @contextmanager
    def _whole(self, partition: int) -> Iterator[None]:
        """Drop the partition where its batch is cut short: the state is then ahead of its position.

        Any failure ends the process; a cancellation by Faust may not, and must not lead to the same
        records being folded twice.
        """
        try:
            yield
        except BaseException:
            self.owned.pop(partition, None)
            raise

    async def _apply(
        self, partition: int, owned: Owned, records: Sequence[SourceRecord], publisher: Publisher
    ) -> None:
        limit = wall_clock() + AHEAD_TOLERANCE if self._follows_wall else None
        begun = time.perf_counter()
        batch = read_batch(self._source, partition, records)
        self._metrics.batch.observe(len(records))
        stopped = True
        while stopped:
            known = len(owned.state.communities)
            effects = fold(owned.state, batch.events, limit=limit, room=self.room)
            self._metrics.fold.observe(time.perf_counter() - begun)
            stopped, rest, place = effects.stopped, Batch(), len(records)
            if stopped:
                place, batch, rest = batch.cut(effects.tally.read)
            self._count_misplaced(partition, owned, known, batch)
            offset = records[place - 1].offset if place else owned.offset
            await self._complete(partition, owned, offset, effects.outputs, batch, publisher)
            self._count(owned, effects, batch)
            records, batch, begun = records[place:], rest, time.perf_counter()

    def _count(self, owned: Owned, effects: Effects, batch: Batch) -> None:
        # Under `clock: wall` a worker that lags closes late, whatever its records say.
        behind = wall_clock() - owned.state.clock if self._follows_wall else 0
        self._metrics.count(effects.tally, max(behind, 0))
        for reason, number in batch.rejected.items():
            self._metrics.rejected.labels(reason).inc(number)

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
            if owned is None:
                return False
            with self._whole(partition):
                effects = tick(owned.state, instant, room=self.room)
                if effects.outputs:
                    offset, outputs = owned.offset, effects.outputs
                    await self._complete(partition, owned, offset, outputs, Batch(), publisher)
                    self._metrics.count(effects.tally)
            return effects.stopped

    async def _complete(
        self,
        partition: int,
        owned: Owned,
        offset: int,
        outputs: Iterable[Output],
        batch: Batch,
        publisher: Publisher,
    ) -> None:
        written = await write_outputs(self._recorder, outputs)
        records = owned.records()
        stamp = owned.journal.stamp
        for number, chunk in enumerate(chunks(written.alerts)):
            records.append((stored.outbox_key(number), stored.encode_outbox(stamp, chunk)))
        marker = owned.marker(offset)
        await publisher.complete(partition, records, marker, written.others, batch.letters)
        place = publisher.end_of(partition) - 1
        owned.state.clean()
        await publisher.publish(partition, written.alerts)
        await publisher.clear_outbox(partition, stamp, written.alerts)
        owned.keep(records, Position(publisher.end_of(partition), marker[1], place))
        owned.offset = offset
        for rule_id, status in written.announced:
            self._metrics.alerts.labels(rule_id, status).inc()

    # Figures ------------------------------------------------------------------------------

    def _count_misplaced(self, partition: int, owned: Owned, known: int, batch: Batch) -> None:
        """Count the events of communities that do not belong in this partition.

        Where a community belongs is looked up when it is first met, not per event.
        """
        communities = owned.state.communities
        if len(communities) > known:
            for community_id in list(communities)[known:]:
                if partition_of(community_id, self._partitions) != partition:
                    owned.misplaced.add(community_id)
        if owned.misplaced:
            strangers = owned.misplaced
            number = sum(event.community_id in strangers for _, _, event in batch.events)
            self._metrics.misplaced.inc(number)

    def refresh_gauges(self) -> None:
        """Set the gauges that describe what is owned now."""
        set_gauges(self._metrics, self._policies.catalogue, self.owned)
