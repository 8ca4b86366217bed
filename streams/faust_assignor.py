"""Which worker has which partition, and which it stands by for: as Faust deals them out.

Its own recovery of tables is not used, as it loses records: whenever flow resumes it clears the
queue of what was fetched of a changelog, a second time after standbys have begun, and then goes on
behind that. So Faust deals out the partitions of the changelog, and prefers who stands by for one
when it must be taken over; but only the keeper reads them (`streams.changelogs`).
"""

from typing import Any

from aiokafka.coordinator.protocol import ConsumerProtocolMemberAssignment
from faust.assignor.client_assignment import ClientMetadata
from faust.assignor.partition_assignor import PartitionAssignor
from faust.types import TP


class StateAssignor(PartitionAssignor):
    """Deals out source partitions with those of the changelog, which Faust itself does not read.

    Its consumer is not given them, and its recovery finds nothing to do.
    """

    def _protocol_assignments(self, *arguments: Any) -> Any:
        dealt = super()._protocol_assignments(*arguments)
        changelogs = self._table_manager.changelog_topics
        return {
            member: _with_topics(
                each, [place for place in each.assignment if place[0] not in changelogs]
            )
            for member, each in dealt.items()
        }

    def on_assignment(self, assignment: Any) -> None:
        """Take an assignment: what Faust remembers of it has the changelog's partitions too."""
        dealt = ClientMetadata.loads(self._decompress(assignment.user_data)).assignment
        whole = dealt.kafka_protocol_assignment(self._table_manager)
        super().on_assignment(_with_topics(assignment, sorted(whole)))

    def assigned_actives(self) -> set[TP]:
        """Return what Faust is to read."""
        changelogs = self._table_manager.changelog_topics
        return {place for place in super().assigned_actives() if place.topic not in changelogs}

    def assigned_standbys(self) -> set[TP]:
        """Return no partition: Faust stands by for none."""
        return set()

    def state_partitions(self) -> tuple[set[int], set[int]]:
        """Return the partitions whose state belongs here, and those to stand by for."""
        changelogs = self._table_manager.changelog_topics
        owned, standbys = super().assigned_actives(), super().assigned_standbys()
        return (
            {place.partition for place in owned if place.topic in changelogs},
            {place.partition for place in standbys if place.topic in changelogs},
        )


def _with_topics(assignment: Any, topics: list[Any]) -> ConsumerProtocolMemberAssignment:
    version, user_data = assignment.version, assignment.user_data
    return ConsumerProtocolMemberAssignment(version, topics, user_data)
