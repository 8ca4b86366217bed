"""Communities that are not in memory: they stand in the local store, and are read when needed.

A worker keeps those in memory that were touched last. One that has to leave is written whole in the
next batch, and gone from memory once that is complete. After a restart none is in memory; what the
changelog's deltas say of a community is applied to it when it is read.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Set
from heapq import heapify
from itertools import count, islice
from typing import Final, NamedTuple

from models import state as stored
from models.alerts import AlertState
from models.position import Position
from models.recovered import Recovered
from models.state import NEVER, Stamp
from models.stored import decode_change, decode_community, split_changes
from rules.policy import Policies
from rules.state import Community, Partition
from streams.changelog import Record
from streams.figures import Figures
from streams.journal import Journal
from streams.mirror import Mirror
from streams.restoration import Restoration, check_timezone, clock_of

MOST_AT_ONCE: Final = 1_000
"""So many may leave memory with one batch; or as many as it has touched, where these are more."""


class _Head(NamedTuple):
    """What is known of a community without its members, and when it was written whole."""

    since: Stamp
    next_day: int
    size: int
    silent: int
    alerts: Mapping[str, AlertState]


class Cold:
    """The communities of one partition that are not in memory, and which of the others leave it.

    `figures` counts those that are not.
    """

    def __init__(
        self, mirror: Mirror, policies: Policies, journal: Journal, share: Callable[[], int]
    ) -> None:
        """Begin with what the mirror holds; `share` tells how many may be in memory."""
        self.mirror = mirror
        self.figures = Figures()
        self._policies = policies
        self._journal = journal
        self._share = share
        self._pending: dict[str, list[bytes]] = {}
        self._recent: OrderedDict[str, None] = OrderedDict()
        self._just_read: set[str] = set()

    def await_load(self, community_id: str, change: bytes) -> None:
        """Note an encoded change to apply when the community is read; they come in their order."""
        self._pending.setdefault(community_id, []).append(change)

    def load(self, community_id: str) -> Community | None:
        """Read a community; None where there is no such."""
        whole = self.mirror.get(stored.community_key(community_id))
        changes = self._pending.pop(community_id, ())
        is_whole = whole is not None and not stored.is_void(whole)
        if not is_whole and not changes:
            return None
        restoration = Restoration(self._policies, self._journal)
        if is_whole:
            assert whole is not None
            restoration.add_community(community_id, whole)
            for page in self._pages(community_id, stored.page_key):
                restoration.add_page(community_id, page)
            for page in self._pages(community_id, stored.people_key):
                restoration.add_people(community_id, page)
        for change in changes:
            restoration.apply(decode_change(change))
        (community,) = restoration.finished()
        self.figures.add(community, -1)
        self._recent[community_id] = None
        self._just_read.add(community_id)
        return community

    def _pages(self, community_id: str, key_of: Callable[[str, int], bytes]) -> Iterable[bytes]:
        for number in count():
            page = self.mirror.get(key_of(community_id, number))
            if page is None or stored.is_void(page):
                return
            yield page

    def leaving(self, state: Partition) -> Set[str]:
        """Return which communities leave memory with the batch that is to be written.

        Those touched longest ago; and before them those that were read only for a close: else the
        close of a day would drive out all that events need.
        """
        recent, just_read = self._recent, self._just_read
        for community in state.dirty.values():
            if community.id not in recent:
                recent[community.id] = None
            elif community.dirty_days or community.dirty_members:
                recent.move_to_end(community.id)
            elif community.id in just_read:
                recent.move_to_end(community.id, last=False)
        just_read.clear()
        excess = len(state.communities) - self._share()
        most = max(MOST_AT_ONCE, len(state.dirty))
        return set(islice(recent, max(min(excess, most), 0)))

    def keep(
        self,
        state: Partition,
        leaving: Iterable[str],
        records: Iterable[Record],
        position: Position,
    ) -> None:
        """Keep what a batch has written, once it is complete; let go of those that leave."""
        self.mirror.write(records, position)
        for community_id in leaving:
            self.figures.add(state.communities.pop(community_id))
            del self._recent[community_id]


def restore_cold(
    mirror: Mirror, recovered: Recovered, policies: Policies, share: Callable[[], int]
) -> tuple[Partition, Journal, Cold]:
    """Build a partition's state out of the local store, without reading its members.

    What the deltas change is kept until it is needed: they are bounded (`streams.journal`). All
    that is known of each community then is when its next day closes. StateError where it cannot be.
    """
    journal = Journal()
    cold = Cold(mirror, policies, journal, share)
    heads: dict[str, _Head] = {}
    for key, value in mirror.scan(stored.COMMUNITY):
        if not stored.is_void(value):
            community_id = stored.community_of(key)
            heads[community_id] = _read_head(policies, community_id, value)
    for key, value in mirror.scan(stored.DELTA):
        _read_delta(key, value, policies, heads, journal, cold)
    state = Partition(policies, clock_of(recovered))
    for community_id, head in heads.items():
        policy = policies.of(community_id)
        state.due.append((policy.close_of(head.next_day), community_id))
        phases = ((rule_id, alert.phase) for rule_id, alert in head.alerts.items())
        cold.figures.count(policy, head.size, head.silent, phases)
    heapify(state.due)
    state.load = cold.load
    return state, journal, cold


def _read_head(policies: Policies, community_id: str, value: bytes) -> _Head:
    whole = decode_community(value)
    check_timezone(policies, community_id, whole.timezone)
    return _Head(Stamp(*whole.since), whole.next_day, whole.size, whole.silent, whole.alerts)


def _read_delta(
    key: bytes,
    value: bytes,
    policies: Policies,
    heads: dict[str, _Head],
    journal: Journal,
    cold: Cold,
) -> None:
    stamp = stored.stamp_of(value)
    needed: set[str] = set()
    for encoded in split_changes(value):
        change = decode_change(encoded)
        community_id = change.community_id
        head = heads.get(community_id)
        if head is None:
            check_timezone(policies, community_id, change.timezone)
            head = _Head(NEVER, change.next_day, 0, 0, {})
        if stamp > head.since:
            needed.add(community_id)
            cold.await_load(community_id, encoded)
            alerts = head.alerts if change.alerts is None else change.alerts
            heads[community_id] = _Head(
                head.since, change.next_day, change.size, change.silent, alerts
            )
    journal.note_delta(key, len(value), stamp, needed)
