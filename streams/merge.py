"""In which order one partition applies the records of its communities, wherever they were written.

A record's community belongs to one partition, its home; a producer with another partitioner writes
it elsewhere, and the worker that reads it there sends it on (`streams.routing`). What was written
to source partition q and belongs to home p is the channel q -> p, in the order of q; p -> p is
what was well placed. The channel clock of a record is the latest arrival among the valid records
read from q up to it. A home applies the records of all its channels by channel clock, then source
partition, then offset: so history that is read at full speed gives the result of a replay.
"""

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import replace
from itertools import repeat
from operator import itemgetter

from models.events import Arrived
from rules.state import BEGINNING
from streams.marks import GRACE, Heard, Marks
from streams.passage import Passage, Rerouted
from streams.routed import Bound, Portion, Refused

Entry = tuple[int, int, int, Arrived] | Rerouted
"""A record in the order of a home: channel clock, source partition, offset, the event."""

Place = tuple[int, int, int]
"""Where a record stands in that order."""

_place = itemgetter(0, 1, 2)


class Merge:
    """The records that wait to be applied in one home partition, and which come next.

    It reads no clock and does no I/O: portions, rerouted records and marks are told to it as they
    come, in any interleaving; the records of one channel in order.
    """

    def __init__(
        self, home: int, marks: Marks, next_offset: int, clock: int, passage: Passage
    ) -> None:
        """Begin where the state says that the last worker ended.

        `next_offset` is the first source offset not applied yet, `clock` the channel clock of all
        before it.
        """
        self._home = home
        self._marks = marks
        self._own: deque[Portion] = deque()
        self._rerouted: dict[int, deque[Rerouted]] = {}
        self._received = dict(passage.applied)
        self._clocks = [BEGINNING] * marks.partitions
        self._clocks[home] = clock
        self._read_at = [0] * marks.partitions
        self._heard = [(Heard(), Heard()) for _ in range(marks.partitions)]
        self._order: list[int] = []
        self._events: list[Arrived] = []
        self.next_offset = self.routed = next_offset
        self.clock = clock
        self.passage = replace(passage, applied=dict(passage.applied))
        self.next_place = passage.begin

    # What comes ---------------------------------------------------------------------------

    def add(self, portion: Portion) -> None:
        """Take in what was routed of our own source partition."""
        self._own.append(portion)
        self._clocks[self._home] = portion.clock
        self.routed = portion.end

    @property
    def routed_clock(self) -> int:
        """The channel clock of all that was routed of our own source partition."""
        return self._clocks[self._home]

    def read(self, at: int) -> None:
        """Hear that our own source partition was fully read, and all of it added, at `at`."""
        self._read_at[self._home] = max(at, self._read_at[self._home])

    def accept(self, source: int, offset: int, previous: int) -> bool:
        """Tell whether a rerouted record is new; to be asked once per record, in their order.

        After a crash records are rerouted again: what is known is a repeat. `previous` is the
        offset of the record before it in the channel, -1 for the first that its sender sent.
        Where that one is missing, its writing has failed: the sender has ended, and another one
        sends both again.
        """
        received = self._received.get(source, -1)
        if offset <= received or previous > received:
            return False
        self._received[source] = offset
        return True

    def receive(self, records: Iterable[Rerouted], next_place: int) -> None:
        """Take in accepted records; the topic of rerouted records is now read to `next_place`."""
        clocks = self._clocks
        for record in records:
            clock, source = record[:2]
            waiting = self._rerouted.get(source)
            if waiting is None:
                waiting = self._rerouted[source] = deque()
            if clock < clocks[source]:
                # A channel's clock never falls, whatever a later sender made of it.
                waiting.append((clocks[source], *record[1:]))
            else:
                clocks[source] = clock
                waiting.append(record)
        self.next_place = next_place

    # What may be applied ------------------------------------------------------------------

    @property
    def waits(self) -> bool:
        """Whether there is anything that is not applied yet; other threads may ask."""
        return bool(self._own) or any(list(self._rerouted.values()))

    @property
    def first_place(self) -> int:
        """Where in the topic of rerouted records the first one stands that is not applied."""
        heads = (waiting[0][4] for waiting in self._rerouted.values() if waiting)
        return min(heads, default=self.next_place)

    def read_until(self) -> int | None:
        """Return until when all source partitions are read, and what they hold for us is here.

        In milliseconds of the wall clock; None where it does not matter.
        """
        if not self._marks.must_merge and not self._marks.catching_up:
            return None
        self._hear()
        return min(self._read_at)

    def is_proven(self, since: int) -> bool:
        """Tell whether nobody else can hold a record that comes before what is applied.

        What is applied stood in its topic at `since` (`_bound`).
        """
        self._hear()
        bound = self._bound(since)
        return bound is None or (self.clock, self._home) <= bound

    def ready(self, limit: int) -> list[Arrived]:
        """Return the events to be applied next, at most `limit` of them; they stay until `advance`.

        None may come where only the position moves: `advance(0)` is due where `has_passed`.
        """
        if not self._order:
            if self._marks.must_merge:
                self._hear()
            if not any(self._rerouted.values()):
                return self._ready_own(limit)
            # Whatever comes from now on comes after these.
            entries = self._ready_merged(limit)
            self._order = [entry[1] for entry in entries]
            self._events = [entry[3] for entry in entries]
        return self._events[:limit]

    @property
    def has_passed(self) -> bool:
        """Whether what comes next in our own source partition is nothing to be applied."""
        return bool(self._own) and self._own[0].is_done

    def advance(self, number: int) -> list[Refused]:
        """Forget the first `number` events of the last `ready`: they are applied.

        `next_offset`, `clock` and `passage` move on. Returns the records of our own source
        partition that cannot be read and stood before the new `next_offset`.
        """
        counts = Counter(self._order[:number] or {self._home: number})
        del self._order[:number], self._events[:number]
        for source, count in counts.items():
            if source != self._home:
                self._advance_rerouted(source, count)
        self.passage.begin = self.first_place
        self.passage.end = max(self.passage.end, self.passage.begin)
        return self._advance_own(counts[self._home])

    def _advance_rerouted(self, source: int, number: int) -> None:
        waiting = self._rerouted[source]
        for _ in range(number):
            _, _, offset, _, place, _ = waiting.popleft()
            self.passage.end = max(self.passage.end, place + 1)
            self.passage.applied[source] = offset

    def _advance_own(self, number: int) -> list[Refused]:
        refused: list[Refused] = []
        while self._own:
            portion = self._own[0]
            stepped = portion.advance(number)
            number -= stepped
            if stepped or portion.is_done:
                self.next_offset, self.clock = portion.place()
                refused += portion.take_refused(self.next_offset)
            if not portion.is_done:
                break
            self._own.popleft()
        return refused

    def _ready_own(self, limit: int) -> list[Arrived]:
        parts: list[list[Arrived]] = []
        room = limit
        for portion in self._own:
            number = portion.passing(self._home, self._bound_where_merged(portion.since))
            whole = number == len(portion.events)
            part = portion.left() if whole else portion.events[portion.done : number]
            parts.append(part if len(part) <= room else part[:room])
            room -= len(part)
            if not whole or room <= 0:
                break
        return parts[0] if len(parts) == 1 else [event for part in parts for event in part]

    def _ready_merged(self, limit: int) -> list[Entry]:
        """Merge what may pass; what comes after the first record that may not waits with it."""
        runs = [self._own_run(limit)]
        runs += [self._rerouted_run(waiting, limit) for waiting in self._rerouted.values()]
        stop = min((blocked for _, blocked in runs if blocked is not None), default=None)
        entries: list[Entry] = []
        for run, _ in runs:
            number = len(run) if stop is None else bisect_left(run, stop, key=_place)
            entries += run[:number] if number < len(run) else run
        # The offset tells any two of one channel apart: events are never compared.
        entries.sort()
        return entries

    def _own_run(self, limit: int) -> tuple[list[Entry], Place | None]:
        run: list[Entry] = []
        for portion in self._own:
            number = portion.passing(self._home, self._bound(portion.since))
            clocks = portion.channel_clocks()
            span = slice(portion.done, number)
            run += zip(
                clocks[span], repeat(self._home), portion.offsets[span], portion.events[span]
            )
            if number < len(portion.events):
                return run, (clocks[number], self._home, portion.offsets[number])
            if len(run) > limit:
                return run, _place(run[-1])
        return run, None

    def _rerouted_run(
        self, waiting: Iterable[Rerouted], limit: int
    ) -> tuple[list[Entry], Place | None]:
        run: list[Entry] = []
        bound: Bound | None = None
        bound_since = -1
        for record in waiting:
            if record[5] != bound_since:
                bound_since = record[5]
                bound = self._bound(bound_since)
            if len(run) > limit or (bound is not None and record[:2] > bound):
                return run, _place(record)
            run.append(record)
        return run, None

    def _hear(self) -> None:
        """Move on as far as the marks allow, whose records have reached us."""
        home, here = self._home, self.next_place
        for source, (clocks, reads) in enumerate(self._heard):
            if source != home:
                furthest, read = self._marks.furthest(source), self._marks.read_last(source)
                if furthest.ends:
                    clock = clocks.reached(furthest.clock, furthest.ends[home], here)
                    self._clocks[source] = max(self._clocks[source], clock)
                if read.ends:
                    self._read_at[source] = reads.reached(read.read_at, read.ends[home], here)

    def _bound_where_merged(self, since: int) -> Bound | None:
        return self._bound(since) if self._marks.must_merge else None

    def _bound(self, since: int) -> Bound | None:
        """Return how far, in the order, records that stood in their topic at `since` may go.

        A source partition that was fully read a while after that holds nobody up; None where no
        other one does.
        """
        behind = (
            (clock, source)
            for source, clock in enumerate(self._clocks)
            if self._read_at[source] < since + GRACE
        )
        return min(behind, default=None)
