"""What to write of the engine's state into the changelog."""

from collections.abc import Iterable, Iterator
from typing import TypeVar

from models import state as stored
from models.ledger import Days, LedgerChange, StoredBook, StoredPerson
from models.state import FORMAT_VERSION, Stamp, StoredPartition, StoredRoute
from models.stored import (
    Change,
    StoredCommunity,
    encode_community,
    encode_page,
    encode_people,
)
from rules.ledger import Ledger
from rules.state import Community, Partition

Item = TypeVar("Item")

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
        community.size,
        community.silent,
        community.alerts if community.clean_day != community.next_day else None,
        {day: panes[day] for day in community.dirty_days if day in panes},
        community.dirty_members,
        _ledger_change(community.ledger),
    )


def _ledger_change(ledger: Ledger | None) -> LedgerChange | None:
    if ledger is None:
        return None
    return LedgerChange(_book(ledger), ledger.changed, ledger.changed_people)


def _book(ledger: Ledger) -> StoredBook:
    return StoredBook(ledger.since, ledger.campaigns, ledger.cohorts)


def part(change: Change) -> list[Change]:
    """Part a change of one community that is too large for one record; [] where it cannot be.

    Each part has some of the members, of the persons and of the entries.
    """
    members, ledger = change[-2:]
    people = {} if ledger is None else ledger.people
    days = {} if ledger is None else ledger.days
    entries = [
        (day, name, user_id, count)
        for day, counters in days.items()
        for name, counter in counters.items()
        for user_id, count in counter.items()
    ]
    if max(len(members), len(people), len(entries)) < 2:
        return []
    parts: list[Change] = []
    for half in (0, 1):
        some = None
        if ledger is not None:
            some = LedgerChange(ledger.book, _days_of(_half(entries, half)), _of(people, half))
        parts.append((*change[:-2], _of(members, half), some))
    return parts


def _half(items: list[Item], half: int) -> list[Item]:
    middle = len(items) // 2
    return items[middle:] if half else items[:middle]


def _of(items: dict[str, Item], half: int) -> dict[str, Item]:
    return dict(_half(list(items.items()), half))


def _days_of(entries: Iterable[tuple[int, str, str, int]]) -> Days:
    days: Days = {}
    for day, name, user_id, count in entries:
        days.setdefault(day, {}).setdefault(name, {})[user_id] = count
    return days


def whole_records(community: Community, pages: Iterable[int], stamp: Stamp) -> Iterator[Record]:
    """Yield a community as a whole, and these pages of its members."""
    content = StoredCommunity(
        stamp,
        community.policy.calendar.name,
        community.first_day,
        community.next_day,
        community.size,
        community.silent,
        community.alerts,
        community.panes,
        None if community.ledger is None else _book(community.ledger),
    )
    yield stored.community_key(community.id), encode_community(stamp, content)
    members = community.members
    people = _stored_people(community.ledger)
    for page in pages:
        content_of_page = members
        if community.pages:
            content_of_page = {user_id: members[user_id] for user_id in community.pages[page]}
        yield stored.page_key(community.id, page), encode_page(stamp, content_of_page)
        if community.ledger is not None:
            known = {name: people[name] for name in content_of_page if name in people}
            yield stored.people_key(community.id, page), encode_people(stamp, known)


def _stored_people(ledger: Ledger | None) -> dict[str, StoredPerson]:
    """Return the persons of a ledger with their entries, by member instead of by day."""
    if ledger is None:
        return {}
    people = {name: StoredPerson(person, {}) for name, person in ledger.people.items()}
    for day, counters in ledger.days.items():
        for name, counter in counters.items():
            for user_id, count in counter.items():
                people[user_id].entries.setdefault(name, {})[day] = count
    return people


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
