"""One partition that a worker owns."""

from dataclasses import dataclass, field

from rules.state import Partition
from streams.changelog import marker_record
from streams.journal import Journal


@dataclass(slots=True)
class Owned:
    """Its state, what of it stands in the changelog, and the last source offset applied (-1: none).

    `partitions` is how many source partitions there are, `lineage` what every marker of this epoch
    says of the epochs before it.
    """

    state: Partition
    journal: Journal
    offset: int
    partitions: int
    lineage: list[tuple[int, int]] = field(default_factory=list)
    misplaced: set[str] = field(default_factory=set)

    def marker(self, offset: int) -> tuple[bytes, bytes]:
        """Return the record that completes the batch which is being written, up to `offset`."""
        return marker_record(self.state, self.journal.stamp, offset, self.partitions, self.lineage)
