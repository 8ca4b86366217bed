"""One partition that a worker owns."""

from collections.abc import Iterable, Set
from dataclasses import dataclass, field

from models.position import Position
from rules.state import Partition
from streams.changelog import Record, marker_record
from streams.cold import Cold
from streams.journal import Journal


@dataclass(slots=True)
class Owned:
    """Its state, what of it stands in the changelog, and the last source offset applied (-1: none).

    `partitions` is how many source partitions there are, `lineage` what every marker of this epoch
    says of the epochs before it. `cold` has the communities that are not in memory: None where all
    are.
    """

    state: Partition
    journal: Journal
    offset: int
    partitions: int
    lineage: list[tuple[int, int]] = field(default_factory=list)
    cold: Cold | None = None
    misplaced: set[str] = field(default_factory=set)
    _leaving: Set[str] = frozenset()

    def marker(self, offset: int) -> tuple[bytes, bytes]:
        """Return the record that completes the batch which is being written, up to `offset`."""
        return marker_record(self.state, self.journal.stamp, offset, self.partitions, self.lineage)

    def records(self) -> list[Record]:
        """Return the records of the next batch, all but its marker and its outbox."""
        if self.cold is not None:
            self._leaving = self.cold.leaving(self.state)
        return list(self.journal.records(self.state, self._leaving))

    def keep(self, records: Iterable[Record], position: Position) -> None:
        """Keep what a batch wrote in the local store, if there is one, once it is complete."""
        if self.cold is not None:
            self.cold.keep(self.state, self._leaving, records, position)
