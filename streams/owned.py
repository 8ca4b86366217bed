"""One partition that a worker owns."""

from dataclasses import dataclass, field

from models.state import StoredRoute
from rules.state import Partition
from streams.changelog import marker_record
from streams.journal import Journal
from streams.merge import Merge
from streams.pace import Pace
from streams.routing import Route


@dataclass(slots=True)
class Owned:
    """Its state, what of it stands in the changelog, how far it is routed, and what waits there.

    `lineage` is what every marker of this epoch says of the epochs before it. `since` is when what
    was routed last stood in its topic (milliseconds). Confirmed is what is applied up to the source
    offset `offset` (-1: nothing yet), of what was rerouted to here all before `begin`, and with it
    the partition's clock `clock`.
    """

    partition: int
    state: Partition
    journal: Journal
    route: Route
    merge: Merge
    lineage: list[tuple[int, int]] = field(default_factory=list)
    pace: Pace = field(default_factory=Pace)
    since: int = 0
    left_alone: int = -1
    offset: int = field(init=False)
    begin: int = field(init=False)
    clock: int = field(init=False)

    def __post_init__(self) -> None:
        """What the state was built from is confirmed."""
        self.confirm()

    def marker(self) -> tuple[bytes, bytes]:
        """Return the record that completes the batch which is being written."""
        merge, passage = self.merge, self.merge.passage
        route = StoredRoute(merge.clock, dict(passage.applied), passage.begin, passage.end)
        stamp, offset = self.journal.stamp, merge.next_offset - 1
        partitions = self.route.partitions
        return marker_record(self.state, stamp, offset, partitions, self.lineage, route)

    def confirm(self) -> None:
        """Note that all that was applied is confirmed."""
        self.offset = self.merge.next_offset - 1
        self.begin = self.merge.passage.begin
        self.clock = self.state.clock
