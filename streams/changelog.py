"""Between the engine's state and the changelog: what to write of a batch, what to read back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from models import members as packed
from models import state as stored
from models.alerts import Phase
from models.recovered import Recovered
from models.state import Position, StoredAlert, StoredCommunity, StoredPartition
from rules.lifecycle import AlertState
from rules.policy import Policies
from rules.state import BEGINNING, Community, Partition, restore_member
from streams.faust_internals import SourceRecord

Record = tuple[bytes, bytes]
"""Key and value of one changelog record."""


def changed_records(partition: Partition, position: Position) -> Iterator[Record]:
    """Yield a changelog record for every community and member that changed."""
    for community in partition.dirty.values():
        yield (
            stored.community_key(community.id),
            stored.encode_community(position, _stored(community)),
        )
        if community.dirty_members:
            prefix = stored.member_key_prefix(community.id)
            members = community.members
            for user_id in community.dirty_members:
                member = members[user_id] & ~packed.SCHEDULED
                yield prefix + user_id.encode(), stored.encode_member(position, member)


def marker_record(partition: Partition, position: Position, partitions: int) -> Record:
    """Return the record that completes the batch which ends at `position`."""
    content = StoredPartition(stored.FORMAT_VERSION, partition.clock, partitions)
    return stored.PARTITION_KEY, stored.encode_partition(position, content)


@dataclass(slots=True)
class ReadBack:
    """A changelog partition while it is read: what it says, and its end offset once it is known."""

    recovered: Recovered = field(default_factory=Recovered)
    end: int | None = None

    def absorb(self, records: Iterable[SourceRecord]) -> None:
        """Take in the next records; StateError where one cannot be read."""
        for record in records:
            self.end = record.offset + 1
            if record.key is not None:
                self.recovered.absorb(record.key, record.value)


def restore(recovered: Recovered, policies: Policies) -> Partition:
    """Build a partition's state from what its changelog holds; StateError where it cannot be."""
    clock = recovered.partition.clock if recovered.partition else BEGINNING
    partition = Partition(policies, clock)
    values = recovered.values()
    for key, value in values.items():
        community_id = stored.community_of(key)
        if community_id is not None:
            partition.add(_community(community_id, stored.decode_community(value), policies))
    owners = {stored.member_key_prefix(name): one for name, one in partition.communities.items()}
    for prefix, user_id, member in stored.members_of(values):
        community = owners.get(prefix)
        if community is None:
            raise stored.StateError(f"a member of {prefix!r}, which is not in the state")
        restore_member(community, user_id, member)
    return partition


def _stored(community: Community) -> StoredCommunity:
    return StoredCommunity(
        community.policy.calendar.name,
        community.first_day,
        community.next_day,
        {
            rule_id: StoredAlert(
                alert.phase,
                alert.breaches,
                alert.clears,
                alert.unsure,
                alert.started_day,
                alert.started_at,
            )
            for rule_id, alert in community.alerts.items()
        },
        community.panes,
    )


def _community(community_id: str, content: StoredCommunity, policies: Policies) -> Community:
    policy = policies.of(community_id)
    if policy.calendar.name != content.timezone:
        raise stored.StateError(
            f"the days of community {community_id!r} were counted in {content.timezone}, its "
            f"time zone is {policy.calendar.name} now; count them anew with: pulse rebuild"
        )
    community = Community(community_id, policy, content.first_day, content.next_day)
    community.panes = content.panes
    community.alerts = {
        rule_id: AlertState(
            Phase(alert.phase),
            alert.breaches,
            alert.clears,
            alert.unsure,
            alert.started_day,
            alert.started_at,
        )
        for rule_id, alert in content.alerts.items()
    }
    return community
