"""How long nothing moved although there was something to read.

The changelog's records carry the clock of the worker that wrote them, which is this machine's.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from .outcome import Mark

Sent = Sequence[tuple[float, Counter[int]]]
"""When how many records of each partition were confirmed."""
Killed = tuple[float, set[int]]
"""When a worker was killed, and which partitions it held."""


@dataclass(slots=True)
class Stalls:
    """In seconds: after each kill the longest of its partitions', and the longest of all."""

    after_kills: list[float] = field(default_factory=list)
    longest: float = 0.0

    @property
    def longest_after_kill(self) -> float:
        return max(self.after_kills, default=0.0)

    @property
    def median_after_kill(self) -> float:
        return median(self.after_kills) if self.after_kills else 0.0


def measure(marks: Mapping[int, list[Mark]], sent: Sent, kills: Sequence[Killed]) -> Stalls:
    """Measure the times without a completed batch, while records of the partition were unread."""
    waits = {number: list(_waits(each, _arrivals(number, sent))) for number, each in marks.items()}
    stalls = Stalls()
    stalls.longest = max(
        (end - begin for each in waits.values() for begin, end in each), default=0.0
    )
    for at, owned in kills:
        gaps = [
            end - max(begin, at)
            for number in owned
            for begin, end in waits.get(number, ())
            if begin <= at < end or _follows(at, begin, number, marks)
        ]
        if gaps:
            stalls.after_kills.append(max(gaps))
    return stalls


def _follows(at: float, begin: float, number: int, marks: Mapping[int, list[Mark]]) -> bool:
    """Whether the wait that begins after a kill is for the first batch completed since then."""
    return begin > at and not any(at < mark.at <= begin for mark in marks[number])


def _arrivals(number: int, sent: Sent) -> list[tuple[int, float]]:
    """How many records the partition had, and since when: only where it grew."""
    arrivals: list[tuple[int, float]] = []
    for at, counts in sent:
        if not arrivals or counts[number] > arrivals[-1][0]:
            arrivals.append((counts[number], at))
    return arrivals


def _waits(
    marks: Sequence[Mark], arrivals: Sequence[tuple[int, float]]
) -> Iterator[tuple[float, float]]:
    """From when there was something unread, or from the last batch, to the next batch."""
    sizes = [size for size, _ in arrivals]
    applied, since = 0, 0.0
    for mark in marks:
        if mark.offset + 1 <= applied:
            continue
        place = bisect_right(sizes, applied)
        if place < len(arrivals):
            begin = max(arrivals[place][1], since)
            if mark.at > begin:
                yield begin, mark.at
        applied, since = mark.offset + 1, max(mark.at, since)
