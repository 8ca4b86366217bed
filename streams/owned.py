"""One partition that a worker owns."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field
from typing import Final

from models.position import Position
from models.state import StoredPartition, StoredRoute
from rules.state import Partition
from streams.batch import Batch
from streams.changelog import Record, marker_record, stored_partition
from streams.cold import Cold
from streams.journal import Journal
from streams.merge import Merge
from streams.pace import Pace
from streams.routing import Route

_READING: Final = 5
"""How many times as long a close takes of a community that is read from the local store."""


@dataclass(slots=True)
class Owned:
    """Its state, what of it stands in the changelog, how far it is routed, and what waits there.

    `open` is a batch that is folded and not to be written yet: nobody knows so far whether a record
    that comes before it lies elsewhere. `lineage` is what every marker of this epoch says of the
    epochs before it. `cold` has the
    communities that are not in memory: None where all are. `since` is when what was routed last
    stood in its topic (milliseconds). Confirmed is what is applied up to the source offset `offset`
    (-1: nothing yet), of what was rerouted to here all before `begin`, and with it the partition's
    clock `clock`.
    """

    partition: int
    state: Partition
    journal: Journal
    route: Route
    merge: Merge
    lineage: list[tuple[int, int]] = field(default_factory=list)
    cold: Cold | None = None
    pace: Pace = field(default_factory=Pace)
    since: int = 0
    left_alone: int = -1
    open: Batch | None = None
    offset: int = field(init=False)
    begin: int = field(init=False)
    clock: int = field(init=False)
    _leaving: Set[str] = frozenset()

    def __post_init__(self) -> None:
        """What the state was built from is confirmed."""
        self.confirm()

    def room_of(self, room: int) -> int:
        """Return how many outputs a fold may gather: fewer where it must read its communities."""
        return room if self.cold is None else max(room // _READING, 1)

    def stored(self) -> StoredPartition:
        """Return what the marker of the batch says that was applied last."""
        merge, passage = self.merge, self.merge.passage
        route = StoredRoute(merge.clock, dict(passage.applied), passage.begin, passage.end)
        offset, partitions = merge.next_offset - 1, self.route.partitions
        return stored_partition(self.state, offset, partitions, self.lineage, route)

    def marker(self) -> tuple[bytes, bytes]:
        """Return the record that completes the batch which is being written."""
        return marker_record(self.stored(), self.journal.stamp)

    def confirm(self) -> None:
        """Note that all that was applied is confirmed."""
        self.offset = self.merge.next_offset - 1
        self.begin = self.merge.passage.begin
        self.clock = self.state.clock

    def records(self) -> list[Record]:
        """Return the records of the next batch, all but its marker and its outbox."""
        if self.cold is not None:
            self._leaving = self.cold.leaving(self.state)
        return list(self.journal.records(self.state, self._leaving))

    def keep(self, records: Iterable[Record], position: Position) -> None:
        """Keep what a batch wrote in the local store, if there is one, once it is complete."""
        if self.cold is not None:
            self.cold.keep(self.state, self._leaving, records, position)

    def superfluous(self, horizon: int) -> tuple[int, int]:
        """Tell which rerouted records nobody needs any more.

        Those before an offset that also arrived before an instant (milliseconds): they are applied,
        and beyond the horizon of de-duplication.
        """
        return self.begin, self.clock - horizon
