"""What to write of the engine's state into the changelog."""

from collections.abc import Iterable, Iterator

from models import state as stored
from models.state import FORMAT_VERSION, Stamp, StoredPartition, StoredRoute
from models.stored import (
    Change,
    StoredAlert,
    StoredCommunity,
    encode_community,
    encode_page,
)
from rules.state import Community, Partition

Record = tuple[bytes, bytes | None]
"""Key and value of one changelog record; None deletes the key."""


def change_of(community: Community) -> Change:
    """Return what changed in the community since the last `clean`."""
    panes = community.panes
    return (
        community.id,
        community.policy.calendar.name,
        community.first_day,
        community.next_day,
        len(community.members),
        community.silent,
        _stored_alerts(community) if community.clean_day != community.next_day else None,
        {day: panes[day] for day in community.dirty_days if day in panes},
        community.dirty_members,
    )


def part(change: Change) -> tuple[Change, Change]:
    """Part a change whose members are too many for one record."""
    members = list(change[-1].items())
    middle = len(members) // 2
    first, second = dict(members[:middle]), dict(members[middle:])
    return (*change[:-1], first), (*change[:-1], second)


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


def stored_partition(
    partition: Partition,
    offset: int,
    partitions: int,
    lineage: Iterable[tuple[int, int]] = (),
    route: StoredRoute | None = None,
) -> StoredPartition:
    """Return what a marker says of a partition that is applied up to the source offset `offset`."""
    clock = partition.clock
    return StoredPartition(FORMAT_VERSION, clock, partitions, offset, list(lineage), route)


def marker_record(content: StoredPartition, stamp: Stamp) -> tuple[bytes, bytes]:
    """Return the record that completes the batch of that stamp."""
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
