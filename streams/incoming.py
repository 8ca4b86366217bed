"""What has come of the source partitions and is not looked at yet."""

from collections import defaultdict, deque
from collections.abc import Set
from typing import Protocol

from streams.faust_internals import SourceRecord


class Records(Protocol):
    """Records that came at once."""

    def take(self, most: int) -> list[SourceRecord]:
        """Return the next ones, at most so many; fewer: that was all."""


class Incoming:
    """Records by partition, in the order in which they came.

    They are not even unpacked before their turn comes: by then they would be in no cache any more.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._pieces: defaultdict[int, deque[Records]] = defaultdict(deque)

    def add(self, partition: int, records: Records) -> None:
        """Keep records of a partition."""
        self._pieces[partition].append(records)

    def take(self, partition: int, most: int) -> list[SourceRecord]:
        """Return the next records, at most so many, and keep them no longer; none: all are taken.

        They are of what was added at once.
        """
        pieces = self._pieces[partition]
        while pieces:
            taken = pieces[0].take(most)
            if len(taken) < most:
                pieces.popleft()
            if taken:
                return taken
        return []

    def partitions(self) -> set[int]:
        """Return of which partitions something may have come that is not taken."""
        return {partition for partition, pieces in self._pieces.items() if pieces}

    def keep(self, partitions: Set[int]) -> None:
        """Keep nothing of any other partition: it is not held here any more."""
        for partition in self._pieces.keys() - partitions:
            del self._pieces[partition]
