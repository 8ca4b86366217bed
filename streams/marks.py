"""How far each source partition has been routed, as far as this worker knows.

A mark is a promise about one source partition that stays true for ever: what it says was routed
has been confirmed by Kafka. So marks may come late, twice and from several workers; only a newer
one tells more.
"""

from collections import deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from rules.state import BEGINNING


class Mark(NamedTuple):
    """How far one source partition has been routed.

    `clock` is its channel clock, `routed` the first offset that is not routed yet, `read_at` when
    it was last seen to be fully read (milliseconds of the wall clock, 0 for never), and `ends[p]`
    is an offset in partition p of the topic of rerouted records: everything that was routed from
    here to there stands before it.
    """

    clock: int
    routed: int
    read_at: int
    ends: Sequence[int]


GRACE: Final = 1_000
"""How much later, in milliseconds, a record may be written than another one with a later arrival,
and is still applied before it: producers do not write to all partitions at the same moment."""

_MARKS_KEPT: Final = 64

UNHEARD: Final = Mark(BEGINNING, 0, 0, ())
"""Nothing is known of a source partition yet."""


class Heard:
    """What the marks of one source partition said that has not reached us yet.

    A mark counts once the records it speaks of were read. Where more are always on their way, that
    is never the newest mark: so a few of those before it are kept.
    """

    def __init__(self) -> None:
        """Nothing is heard yet."""
        self._coming: deque[tuple[int, int]] = deque()
        self._reached = self._latest = BEGINNING

    def reached(self, number: int, end: int, here: int) -> int:
        """Hear that `number` holds once all before the offset `end` is read, which it is to `here`.

        Return the highest number that holds now; numbers and ends never fall.
        """
        if number > self._latest:
            self._latest = number
            if self._coming and self._coming[-1][0] == end:
                self._coming.pop()
            self._coming.append((end, number))
            if len(self._coming) > _MARKS_KEPT:
                del self._coming[_MARKS_KEPT // 2]
        while self._coming and self._coming[0][0] <= here:
            self._reached = self._coming.popleft()[1]
        return self._reached


class Marks:
    """The marks that tell most of each source partition."""

    def __init__(self, partitions: int) -> None:
        """Know nothing of any of `partitions` source partitions."""
        self.partitions = partitions
        self._targets = [0] * partitions
        self._furthest = [UNHEARD] * partitions
        self._read_last = [UNHEARD] * partitions
        self._routed = [0] * partitions
        self._rerouting = False
        self._catching_up = False

    def aim(self, targets: Sequence[int], *, rerouting: bool) -> None:
        """Hear where the source partitions end now, and whether a record was ever rerouted."""
        self._targets = list(targets)
        self._catching_up = True
        self._rerouting = self._rerouting or rerouting

    @property
    def must_merge(self) -> bool:
        """Whether records wait for what others may hold: a record was ever rerouted here."""
        return self._rerouting

    @property
    def catching_up(self) -> bool:
        """Whether something that stood in the topic at the start is not routed, and none rerouted.

        What others hold may then still turn out to be misplaced.
        """
        if self._catching_up and not self._rerouting:
            routed = zip(self._routed, self._targets, strict=True)
            self._catching_up = any(offset < target for offset, target in routed)
        return self._catching_up and not self._rerouting

    def learn_of_rerouting(self) -> None:
        """Hear that a record was rerouted."""
        self._rerouting = True

    def learn(self, source: int, mark: Mark) -> None:
        """Take in a mark of the source partition `source`."""
        # Of two with one clock the first asks less of those who wait for it.
        if mark.clock > self._furthest[source].clock:
            self._furthest[source] = mark
        if mark.read_at > self._read_last[source].read_at:
            self._read_last[source] = mark
        self._routed[source] = max(self._routed[source], mark.routed)
        self._rerouting = self._rerouting or any(mark.ends)

    def furthest(self, source: int) -> Mark:
        """Return the mark with the highest clock."""
        return self._furthest[source]

    def read_last(self, source: int) -> Mark:
        """Return the mark of when the partition was last seen to be fully read."""
        return self._read_last[source]

    def all_routed(self) -> int:
        """Return a number that grows as long as anything is routed anywhere."""
        return sum(self._routed)

    def end(self, home: int) -> int:
        """Return where, as far as is known, the records end that were rerouted to `home`."""
        return max(
            (mark.ends[home] for mark in (*self._furthest, *self._read_last) if mark.ends),
            default=0,
        )

    def slowest(self, since: int) -> int | None:
        """Return the lowest clock of those who hold records up; None if nobody does.

        These are records that stood in their topic at `since` (milliseconds of the wall clock). Who
        was fully read a while after that holds nobody up.
        """
        clocks = (
            furthest.clock
            for furthest, read in zip(self._furthest, self._read_last, strict=True)
            if read.read_at < since + GRACE
        )
        return min(clocks, default=None)
