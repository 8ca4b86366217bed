"""Records of one source partition after routing: those that are at home there."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from operator import itemgetter
from typing import NamedTuple

from models.events import Arrived
from models.rejections import RejectionReason
from streams.letters import Letter

Bound = tuple[int, int]
"""A channel clock and a source partition: the last place in the order that may be applied."""

_arrival = itemgetter(0)


class Refused(NamedTuple):
    """A record that cannot be read: where it stood, why, and its dead letter."""

    offset: int
    reason: RejectionReason
    letter: Letter


@dataclass(slots=True)
class Portion:
    """Records that were routed at once.

    `offsets` are those of `events`; `end` is the offset after the last record, at home or not.
    `begin` and `clock` are the channel clock before and after them all; `clocks` those of the
    events, None where they follow from the arrivals. `since` is a time of the wall clock
    (milliseconds) at which all these records stood in the topic already. `done` events are applied.
    """

    events: list[Arrived]
    offsets: Sequence[int]
    end: int
    begin: int
    clock: int
    since: int
    clocks: list[int] | None = None
    refused: list[Refused] = field(default_factory=list)
    done: int = 0

    @property
    def is_done(self) -> bool:
        """Whether every event is applied."""
        return self.done == len(self.events)

    def left(self) -> list[Arrived]:
        """Return the events that are not applied yet."""
        return self.events[self.done :] if self.done else self.events

    def channel_clocks(self) -> list[int]:
        """Return the channel clock of each event."""
        if self.clocks is None:
            arrivals = map(_arrival, self.events)
            self.clocks = list(accumulate(arrivals, max, initial=self.begin))[1:]
        return self.clocks

    def passing(self, partition: int, bound: Bound | None) -> int:
        """Return how many of the events, from the first, come no later than `bound`."""
        if bound is None or (self.clock, partition) <= bound:
            return len(self.events)
        latest = bound[0] if partition <= bound[1] else bound[0] - 1
        return bisect_right(self.channel_clocks(), latest) if self.begin <= latest else self.done

    def advance(self, number: int) -> int:
        """Note that up to `number` more events are applied; return how many of them were here."""
        before = self.done
        self.done = min(before + number, len(self.events))
        return self.done - before

    def place(self) -> tuple[int, int]:
        """Return the first offset not applied, and the channel clock before it."""
        if self.is_done:
            return self.end, self.clock
        if not self.done:
            return self.offsets[0], self.begin
        return self.offsets[self.done - 1] + 1, self.channel_clocks()[self.done - 1]

    def take_refused(self, before: int) -> list[Refused]:
        """Take out the records that cannot be read and stood before the offset `before`."""
        number = sum(refused.offset < before for refused in self.refused)
        taken, self.refused = self.refused[:number], self.refused[number:]
        return taken
