"""Routes what is read of the source partitions, and takes in what was rerouted to them.

Records are routed when their partition's turn comes, just before they are folded, and before any of
them waits for other partitions: all that others wait for is to know what this one holds for them
(`streams.merge`).
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import aclosing
from typing import Final

from models.decode import decode_records
from models.rejections import Rejection
from models.state import StateError, StoredPartition, StoredRoute
from rules.state import BEGINNING
from streams.backlog import PIECE
from streams.faust_internals import SourceRecord
from streams.forwarded import Forwarded, read_forwarded
from streams.holes import Holes
from streams.letters import Letter, dead_letter
from streams.marks import Mark, Marks
from streams.merge import Merge
from streams.metrics import Metrics
from streams.owned import Owned
from streams.passage import Passage
from streams.publish import Publisher
from streams.reach import Reach
from streams.reread import Reread, RereadError, Stretch, read_again
from streams.routing import Route

AHEAD: Final = 2 * PIECE
"""Records that a partition may be routed ahead of the slowest; then it is not read for a while."""


class Router:
    """Routes the source partitions of one worker."""

    def __init__(
        self,
        source: str,
        partitions: int,
        metrics: Metrics,
        reread: Reread,
        holes: Holes,
        reach: Reach,
    ) -> None:
        """Bind the events topic `source`; nothing is known of any partition yet."""
        self._source = source
        self._partitions = partitions
        self._metrics = metrics
        self._reread = reread
        self._holes = holes
        self._reach = reach
        self._begins = [0] * partitions
        self._ends = [0] * partitions
        self._counted = [0] * partitions
        self.marks = Marks(partitions)

    # Recovery -----------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Ask where everything ends: whatever was confirmed before now stands before these ends."""
        ends = await self._reach.ends()
        self._begins, self._ends = list(ends.begins), list(ends.rerouted)
        self.marks.aim(ends.source, rerouting=any(self._ends))

    async def look_again(self) -> None:
        """Ask again where rerouted records end: a state that was read since may be beyond that."""
        self._ends = list((await self._reach.ends()).rerouted)

    def begin(self, partition: int, stored: StoredPartition | None) -> tuple[Route, Merge]:
        """Begin where the state says; StateError where the topic of rerouted records is another."""
        offset = stored.offset if stored else -1
        at = (stored.route if stored else None) or StoredRoute(BEGINNING, {}, 0, 0)
        first, end = self._begins[partition], self._ends[partition]
        if not first <= at.begin <= end:
            raise StateError(
                f"partition {partition}: rerouted records are applied up to {at.begin}, but their "
                f"topic holds {first} to {end}; make the state anew with: pulse rebuild"
            )
        passage = Passage(dict(at.applied), at.begin, at.end)
        return (
            Route(self._source, partition, self._partitions, offset + 1, at.clock),
            Merge(partition, self.marks, offset + 1, at.clock, passage),
        )

    # What comes ---------------------------------------------------------------------------

    async def route(
        self,
        owned: Owned,
        records: Sequence[SourceRecord],
        latest: int | None,
        publisher: Publisher,
    ) -> None:
        """Route records of a source partition, where they continue what was routed.

        The known part of them is skipped. Where they start too late, and not behind a hole that is
        known, what lies before them is read again from the topic and routed first; a hole that
        stands there too is real (a truncated topic). `latest` bounds the channel clock.
        """
        expected = self._holes.skip(owned.partition, owned.route.next_offset)
        if records[-1].offset < expected:
            return
        first = records[0].offset
        if first > expected:
            self._metrics.gaps.inc()
            await self.route_again(owned, first, latest, publisher)
        elif first < expected:
            records = [record for record in records if record.offset >= expected]
        await self._route(owned, records, latest, publisher)

    async def route_again(
        self, owned: Owned, end: int, latest: int | None, publisher: Publisher
    ) -> None:
        """Read again from the topic what is not routed before the offset `end`, and route it."""
        expected = self._holes.skip(owned.partition, owned.route.next_offset)
        if expected >= end:
            return
        stretch = Stretch(owned.partition, end, start=expected)
        async with aclosing(read_again(self._reread, stretch)) as pieces:
            async for missed in pieces:
                await self._route(owned, missed, latest, publisher)

    async def _route(
        self,
        owned: Owned,
        records: Sequence[SourceRecord],
        latest: int | None,
        publisher: Publisher,
    ) -> None:
        owned.since = self._reach.since(owned.partition, records[-1].offset)
        routed = owned.route.part(records, owned.state.communities, owned.since, latest)
        if routed.forwards:
            for home, end in (await publisher.forward(routed.forwards)).items():
                self._ends[home] = max(self._ends[home], end)
            self._count(owned.partition, routed.sent)
        owned.merge.add(routed.portion)
        owned.pace.note(routed.portion.clock, len(records))
        self._tell(owned, 0)

    def _count(self, partition: int, sent: Sequence[int]) -> None:
        """Count records as misplaced, each once, though a recovery routes some once more."""
        known = self._counted[partition]
        self._metrics.misplaced.inc(sum(offset >= known for offset in sent))
        self._counted[partition] = max(known, sent[-1] + 1)

    async def receive(
        self, owned: Owned, records: Sequence[SourceRecord], publisher: Publisher
    ) -> int:
        """Take in records that were rerouted to a partition; return the first place to come next.

        Repeats are dropped. Records that do not continue what was taken are left alone. RereadError
        where they come again: what lies before them was deleted, which only happens once somebody
        else has applied it here.
        """
        self.marks.learn_of_rerouting()
        first, expected = records[0].offset, owned.merge.next_place
        if first > expected:
            if first == owned.left_alone:
                raise RereadError(
                    f"partition {owned.partition}: the rerouted records {expected} to {first - 1} "
                    f"are gone; another worker has applied them"
                )
            owned.left_alone = first
            return expected
        fresh = [each for each in read_forwarded(records) if self._is_new(owned.merge, each)]
        events, rejected = decode_records(fresh)
        if rejected:
            # Who sent them could read them: it was another version of Pulse.
            await publisher.refuse([*self._letters(fresh, rejected)])
            places = {place for place, _ in rejected}
            fresh = [each for place, each in enumerate(fresh) if place not in places]
        rerouted = []
        for each, event in zip(fresh, events, strict=True):
            source, offset, _, clock, since = each.source
            rerouted.append((clock, source, offset, event, each.place, since))
        owned.merge.receive(rerouted, max(records[-1].offset + 1, owned.merge.next_place))
        return owned.merge.next_place

    def _is_new(self, merge: Merge, each: Forwarded) -> bool:
        source, offset, previous = each.source[:3]
        known = each.place < merge.next_place or not 0 <= source < self._partitions
        return not known and merge.accept(source, offset, previous)

    def _letters(
        self, fresh: Sequence[Forwarded], rejected: Iterable[tuple[int, Rejection]]
    ) -> Iterator[Letter]:
        for place, rejection in rejected:
            source, offset = fresh[place].source[:2]
            letter = dead_letter(self._source, source, offset, fresh[place], rejection)
            self._metrics.rejected.labels(rejection.reason).inc()
            yield letter

    # How far it is ------------------------------------------------------------------------

    def look(self, owned: Iterable[Owned]) -> dict[int, Mark]:
        """Notice which of the owned partitions are fully read; return their marks.

        Those that are routed too far ahead of the slowest are not read for a while.
        """
        partitions = list(owned)
        marks = {}
        for each in partitions:
            at = self._reach.read_at(each.partition, self._next_record(each))
            each.merge.read(at)
            marks[each.partition] = self._tell(each, at)
        self.keep_pace(partitions)
        return marks

    def left(self, owned: Owned) -> int:
        """Return how many records that were rerouted to a partition are not applied yet.

        Those of a batch that is being written are among them; repeats that were dropped are not.
        """
        end = max(self._ends[owned.partition], self.marks.end(owned.partition))
        is_confirmed = owned.begin == owned.merge.passage.begin
        return max(end - (owned.merge.first_place if is_confirmed else owned.begin), 0)

    def keep_pace(self, owned: Iterable[Owned]) -> None:
        """Read on wherever what is routed is not too far ahead."""
        partitions = list(owned)
        slowest = None
        if self.marks.must_merge or self.marks.catching_up:
            slowest = self.marks.slowest(max((each.since for each in partitions), default=0))
        self._reach.pause(
            {each.partition for each in partitions if each.pace.ahead(slowest) > AHEAD}
        )

    def _tell(self, owned: Owned, read_at: int) -> Mark:
        # What is being sent at this moment is not confirmed, and not in the merge.
        clock, routed = owned.merge.routed_clock, self._next_record(owned)
        mark = Mark(clock, routed, read_at, tuple(self._ends))
        self.marks.learn(owned.partition, mark)
        return mark

    def _next_record(self, owned: Owned) -> int:
        return self._holes.skip(owned.partition, owned.merge.routed)
