"""Builds a partition's state from what its changelog holds."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from models import state as stored
from models.alerts import Phase
from models.recovered import Recovered
from models.state import Stamp, StateError
from models.stored import (
    StoredAlert,
    StoredChange,
    decode_changes,
    decode_community,
    decode_page,
)
from rules.lifecycle import AlertState
from rules.policy import Policies
from rules.state import BEGINNING, Community, Partition, restore_members
from streams.faust_internals import SourceRecord
from streams.journal import Journal


@dataclass(slots=True)
class ReadBack:
    """A changelog partition while it is read: what it says, and the offset at which it ends."""

    recovered: Recovered = field(default_factory=Recovered)
    end: int = 0

    def absorb(self, records: Iterable[SourceRecord]) -> None:
        """Take in the next records; StateError where one cannot be read."""
        absorb = self.recovered.absorb
        for record in records:
            self.end = record.offset + 1
            if record.key is not None:
                absorb(record.key, record.value, record.offset)


def restore(recovered: Recovered, policies: Policies) -> tuple[Partition, Journal]:
    """Build a partition's state from what its changelog holds; StateError where it cannot be.

    The journal says what of it stands where in the changelog.
    """
    clock = recovered.partition.clock if recovered.partition else BEGINNING
    return _Restoration(Partition(policies, clock)).run(recovered)


class _Restoration:
    """Puts communities together: whole ones first, their members, then the changes since."""

    def __init__(self, partition: Partition) -> None:
        self._partition = partition
        self._journal = Journal()
        self._communities: dict[str, Community] = {}
        self._members: dict[str, dict[str, int]] = {}

    def run(self, recovered: Recovered) -> tuple[Partition, Journal]:
        by_kind: dict[bytes, list[tuple[bytes, bytes]]] = {}
        for key, value in recovered.values().items():
            if not stored.is_void(value):
                by_kind.setdefault(key[:1], []).append((key, value))
        for key, value in by_kind.get(stored.COMMUNITY, []):
            self._add_community(stored.community_of(key), value)
        for key, value in by_kind.get(stored.MEMBERS, []):
            community_id, _ = stored.page_of(key)
            self._add_page(community_id, value)
        # Their keys sort as their stamps: later changes over earlier ones.
        for key, value in sorted(by_kind.get(stored.DELTA, [])):
            self._add_delta(key, value)
        for community in self._communities.values():
            _drop_old_panes(community)
            restore_members(community, self._members[community.id])
            community.clean_day = community.next_day
            community.next_close = community.policy.close_of(community.next_day)
            self._partition.add(community)
        return self._partition, self._journal

    def _begin(self, community_id: str, timezone: str, first_day: int, next_day: int) -> Community:
        policy = self._partition.policies.of(community_id)
        if policy.calendar.name != timezone:
            raise StateError(
                f"the days of community {community_id!r} were counted in {timezone}, its "
                f"time zone is {policy.calendar.name} now; count them anew with: pulse rebuild"
            )
        community = Community(community_id, policy, first_day, next_day)
        self._communities[community_id] = community
        self._members[community_id] = {}
        return community

    def _add_community(self, community_id: str, value: bytes) -> None:
        content = decode_community(value)
        community = self._begin(community_id, content.timezone, content.first_day, content.next_day)
        community.panes = content.panes
        community.alerts = _alerts(content.alerts)
        self._journal.note_whole(community_id, Stamp(*content.since))

    def _add_page(self, community_id: str, value: bytes) -> None:
        if community_id not in self._communities:
            raise StateError(f"members of {community_id!r}, which is not in the state")
        self._members[community_id].update(decode_page(value))

    def _add_delta(self, key: bytes, value: bytes) -> None:
        stamp = stored.stamp_of(value)
        needed: set[str] = set()
        for change in decode_changes(value):
            if stamp > self._journal.whole_since(change.community_id):
                needed.add(change.community_id)
                self._apply(change)
        self._journal.note_delta(key, len(value), stamp, needed)

    def _apply(self, change: StoredChange) -> None:
        """Apply a change that is newer than the community's record.

        It is newer than the pages of the members it names too: they are written with that record.
        """
        community = self._communities.get(change.community_id)
        if community is None:
            community = self._begin(
                change.community_id, change.timezone, change.first_day, change.next_day
            )
        community.next_day = change.next_day
        community.panes.update(change.panes)
        if change.alerts is not None:
            community.alerts = _alerts(change.alerts)
        self._members[community.id].update(change.members)
        self._journal.note_members(community.id, change.members.values())


def _drop_old_panes(community: Community) -> None:
    """Drop what the closes have dropped since the community was written whole."""
    oldest = community.next_day - community.policy.pane_days
    community.panes = {day: pane for day, pane in community.panes.items() if day >= oldest}


def _alerts(content: dict[str, StoredAlert]) -> dict[str, AlertState]:
    return {
        rule_id: AlertState(
            Phase(alert.phase),
            alert.breaches,
            alert.clears,
            alert.unsure,
            alert.started_day,
            alert.started_at,
        )
        for rule_id, alert in content.items()
    }
