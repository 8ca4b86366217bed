"""Builds a partition's state from what its changelog holds."""

from collections.abc import Iterator

from models import state as stored
from models.ledger import Days, StoredBook, touched
from models.recovered import Recovered
from models.state import Stamp, StateError
from models.stored import (
    StoredChange,
    decode_changes,
    decode_community,
    decode_page,
    decode_people,
)
from rules.bookkeeping import begin_ledger, restore_ledger
from rules.ledger import Ledger
from rules.policy import Policies
from rules.restored_members import restore_members
from rules.state import BEGINNING, Community, Partition
from streams.journal import Journal


def restore(recovered: Recovered, policies: Policies) -> tuple[Partition, Journal]:
    """Build a partition's state from what its changelog holds; StateError where it cannot be.

    The journal says what of it stands where in the changelog.
    """
    journal = Journal()
    restoration = Restoration(policies, journal)
    _read_all(recovered, restoration, journal)
    partition = Partition(policies, clock_of(recovered))
    for community in restoration.finished():
        partition.add(community)
    return partition, journal


def clock_of(recovered: Recovered) -> int:
    """Return the clock of the partition as of its newest marker."""
    return recovered.partition.clock if recovered.partition else BEGINNING


class Restoration:
    """Puts communities together: whole ones first, their pages of members, then the changes since.

    What it finds where in the changelog is noted in `journal`.
    """

    def __init__(self, policies: Policies, journal: Journal) -> None:
        """Begin without communities."""
        self._policies = policies
        self._journal = journal
        self._communities: dict[str, Community] = {}
        self._members: dict[str, dict[str, int]] = {}
        self._books: dict[str, StoredBook] = {}
        self._sizes: dict[str, int] = {}

    def add_community(self, community_id: str, value: bytes) -> None:
        """Begin with a community as it was written whole; StateError where it cannot be read."""
        content = decode_community(value)
        check_timezone(self._policies, community_id, content.timezone)
        community = self._begin(community_id, content.first_day, content.next_day)
        community.panes = content.panes
        community.alerts = content.alerts
        self._open(community, content.ledger)
        self._journal.note_whole(community_id, Stamp(*content.since))

    def add_page(self, community_id: str, value: bytes) -> None:
        """Add a page of the members of a community that was added before; else StateError."""
        if community_id not in self._communities:
            raise StateError(f"members of {community_id!r}, which is not in the state")
        self._members[community_id].update(decode_page(value))

    def add_people(self, community_id: str, value: bytes) -> None:
        """Add what the ledger knows of a page's members, where the community has a ledger."""
        community = self._communities.get(community_id)
        if community is None:
            raise StateError(f"a ledger of {community_id!r}, which is not in the state")
        if community.ledger is None or community_id not in self._books:
            return
        self._note_bytes(community_id, value)
        known = decode_people(value)
        entries: Days = {}
        for user_id, each in known.items():
            for name, counts in each.entries.items():
                for day, count in counts.items():
                    entries.setdefault(day, {}).setdefault(name, {})[user_id] = count
        community.ledger.absorb(entries, {name: each.person for name, each in known.items()})

    def _note_bytes(self, community_id: str, value: bytes) -> None:
        size = self._sizes[community_id] = self._sizes.get(community_id, 0) + len(value)
        self._journal.note_ledger(community_id, size)

    def _open(self, community: Community, book: StoredBook | None) -> None:
        """Take in what a record says of the ledger as a whole; a later record counts."""
        if book is None:
            # None was kept: what an earlier one knew has a gap, and is void.
            if self._books.pop(community.id, None) and community.ledger is not None:
                community.ledger = Ledger(community.first_day)
            return
        self._books[community.id] = book
        if community.ledger is not None:
            community.ledger.since = book.since
            community.ledger.campaigns = book.campaigns
            community.ledger.cohorts = book.cohorts

    def apply(self, change: StoredChange) -> None:
        """Apply a change that is newer than the community's record; changes come in their order.

        It is newer than the pages of the members it names too: they are written with that record.
        """
        community = self._communities.get(change.community_id)
        if community is None:
            check_timezone(self._policies, change.community_id, change.timezone)
            community = self._begin(change.community_id, change.first_day, change.next_day)
        community.next_day = change.next_day
        community.panes.update(change.panes)
        if change.alerts is not None:
            community.alerts = change.alerts
        members = self._members[community.id]
        members.update(change.members)
        self._open(community, None if change.ledger is None else change.ledger.book)
        if change.ledger is not None:
            if community.ledger is not None:
                community.ledger.absorb(change.ledger.days, change.ledger.people)
            # What is known of others has changed too: it stands on their pages.
            names = touched(change.ledger.people, change.ledger.days)
            known = (members[name] for name in names if name in members)
            self._journal.note_members(community.id, known)
        self._journal.note_members(community.id, change.members.values())

    def _begin(self, community_id: str, first_day: int, next_day: int) -> Community:
        policy = self._policies.of(community_id)
        community = Community(community_id, policy, first_day, next_day)
        self._communities[community_id] = community
        self._members[community_id] = {}
        return community

    def finished(self) -> Iterator[Community]:
        """Yield the communities; nothing is applied to them any more."""
        for community in self._communities.values():
            _drop_old_panes(community)
            restore_members(community, self._members.pop(community.id))
            if community.ledger is not None:
                self._finish_ledger(community, community.ledger)
            community.clean_day = community.next_day
            community.next_close = community.policy.close_of(community.next_day)
            yield community

    def _finish_ledger(self, community: Community, ledger: Ledger) -> None:
        """Work out what follows from the entries; or begin a ledger that was not kept before."""
        if community.id not in self._books:
            begin_ledger(community, ledger)
            # What an earlier ledger left on the pages must not be taken for this one's.
            self._journal.note_members(community.id, community.members.values())
        restore_ledger(community, ledger)


def _read_all(recovered: Recovered, restoration: Restoration, journal: Journal) -> None:
    by_kind: dict[bytes, list[tuple[bytes, bytes]]] = {}
    for key, value in recovered.values().items():
        if not stored.is_void(value):
            by_kind.setdefault(key[:1], []).append((key, value))
    for key, value in by_kind.get(stored.COMMUNITY, []):
        restoration.add_community(stored.community_of(key), value)
    for key, value in by_kind.get(stored.MEMBERS, []):
        community_id, _ = stored.page_of(key)
        restoration.add_page(community_id, value)
    for key, value in by_kind.get(stored.PEOPLE, []):
        community_id, _ = stored.page_of(key)
        restoration.add_people(community_id, value)
    # Their keys sort as their stamps: later changes over earlier ones.
    for key, value in sorted(by_kind.get(stored.DELTA, [])):
        stamp = stored.stamp_of(value)
        needed: set[str] = set()
        for change in decode_changes(value):
            if stamp > journal.whole_since(change.community_id):
                needed.add(change.community_id)
                restoration.apply(change)
        journal.note_delta(key, len(value), stamp, needed)


def check_timezone(policies: Policies, community_id: str, timezone: str) -> None:
    """Raise StateError where the days of a community were counted in another time zone."""
    policy = policies.of(community_id)
    if policy.calendar.name != timezone:
        raise StateError(
            f"the days of community {community_id!r} were counted in {timezone}, its "
            f"time zone is {policy.calendar.name} now; count them anew with: pulse rebuild"
        )


def _drop_old_panes(community: Community) -> None:
    """Drop what the closes have dropped since the community was written whole."""
    oldest = community.next_day - community.policy.pane_days
    community.panes = {day: pane for day, pane in community.panes.items() if day >= oldest}
