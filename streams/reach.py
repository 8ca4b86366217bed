"""What the cluster tells of how far partitions reach, as far as routing must know it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol

from streams.faust_internals import SourceRecord
from streams.reread import Reread, RereadPieces, Stretch


@dataclass(frozen=True, slots=True)
class Ends:
    """Where partitions end now: those of the events topic, and of the topic of rerouted records.

    The latter begins at `begins`: what stood before it was applied, and deleted.
    """

    source: Sequence[int]
    begins: Sequence[int]
    rerouted: Sequence[int]


class Reach(Reread, Protocol):
    """The cluster, as routing sees it. A reread is one of rerouted records."""

    async def ends(self) -> Ends:
        """Return where partitions end now."""

    async def follow(self, places: Mapping[int, int]) -> None:
        """Hand on rerouted records from now on: of these partitions, from these offsets."""

    def since(self, partition: int, offset: int) -> int:
        """Return a time at which the source record at `offset`, which was read, stood there.

        In milliseconds of the wall clock: the earliest that is known.
        """

    def read_at(self, partition: int, offset: int) -> int:
        """Return when it was last seen that the source partition ends at `offset`; 0 for never."""

    def pause(self, partitions: Set[int]) -> None:
        """Read all owned source partitions but these."""


class Nowhere:
    """No cluster: all records are taken to be at home, and none waits."""

    def __init__(self, partitions: int) -> None:
        """There are so many source partitions."""
        self._none = [0] * partitions

    async def ends(self) -> Ends:
        """Return ends before which there is nothing."""
        return Ends(self._none, self._none, self._none)

    async def follow(self, places: Mapping[int, int]) -> None:
        """Hand on nothing."""

    def since(self, partition: int, offset: int) -> int:
        """Return the beginning of time."""
        return 0

    def read_at(self, partition: int, offset: int) -> int:
        """Return that it was never seen."""
        return 0

    def pause(self, partitions: Set[int]) -> None:
        """Pause nothing."""

    def open(self, stretch: Stretch) -> RereadPieces:
        """Read nothing."""
        return _NoPieces()


class _NoPieces:
    async def next(self) -> Sequence[SourceRecord]:
        return []

    async def close(self) -> None:
        return
