"""What to write of the engine's state into the changelog."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from models import state as stored
from models.state import FORMAT_VERSION, Stamp, StoredPartition
from models.stored import (
    StoredAlert,
    StoredChange,
    StoredCommunity,
    encode_change,
    encode_community,
    encode_page,
)
from rules.state import Community, Partition

Record = tuple[bytes, bytes | None]
"""Key and value of one changelog record; None deletes the key."""

_MEMBERS_AT_ONCE: Final = 2_000
_CHANGE_BYTES: Final = 256 * 1024
"""A close may change all members of a large community: their changes are parted."""


def changes_of(community: Community) -> Iterator[bytes]:
    """Yield what changed in the community since the last `clean`, as one or more stored changes."""
    panes = {day: community.panes[day] for day in community.dirty_days if day in community.panes}
    has_closed = community.clean_day != community.next_day
    change = StoredChange(
        community.id,
        community.policy.calendar.name,
        community.first_day,
        community.next_day,
        len(community.members),
        community.silent,
        _stored_alerts(community) if has_closed else None,
        panes,
        {},
    )
    changed = list(community.dirty_members)
    for start in range(0, len(changed) or 1, _MEMBERS_AT_ONCE):
        yield from _parted(change, community.members, changed[start : start + _MEMBERS_AT_ONCE])


def _parted(
    change: StoredChange, members: Mapping[str, int], changed: list[str]
) -> Iterator[bytes]:
    change.members = {user_id: members[user_id] for user_id in changed}
    encoded = encode_change(change)
    if len(encoded) <= _CHANGE_BYTES or len(changed) < 2:
        yield encoded
        return
    middle = len(changed) // 2
    yield from _parted(change, members, changed[:middle])
    yield from _parted(change, members, changed[middle:])


def whole_records(community: Community, pages: Iterable[int], stamp: Stamp) -> Iterator[Record]:
    """Yield a community as a whole, and these pages of its members."""
    content = StoredCommunity(
        stamp,
        community.policy.calendar.name,
        community.first_day,
        community.next_day,
        len(community.members),
        community.silent,
        _stored_alerts(community),
        community.panes,
    )
    yield stored.community_key(community.id), encode_community(stamp, content)
    members = community.members
    for page in pages:
        content_of_page = members
        if community.pages:
            content_of_page = {user_id: members[user_id] for user_id in community.pages[page]}
        yield stored.page_key(community.id, page), encode_page(stamp, content_of_page)


def marker_record(
    partition: Partition,
    stamp: Stamp,
    offset: int,
    partitions: int,
    lineage: Iterable[tuple[int, int]] = (),
) -> tuple[bytes, bytes]:
    """Return the record that completes the batch of that stamp, which ends at `offset`."""
    content = StoredPartition(FORMAT_VERSION, partition.clock, partitions, offset, list(lineage))
    return stored.PARTITION_KEY, stored.encode_partition(stamp, content)


def _stored_alerts(community: Community) -> dict[str, StoredAlert]:
    return {
        rule_id: StoredAlert(
            alert.phase,
            alert.breaches,
            alert.clears,
            alert.unsure,
            alert.started_day,
            alert.started_at,
        )
        for rule_id, alert in community.alerts.items()
    }
