"""What of a partition's state stands where in its changelog.

A batch writes what it changed as deltas, so that it costs what it changes and not what there is.
Deltas grow old: where they are too many, the oldest is made superfluous by writing the communities
it names as a whole, and deleted once that batch is complete. So the changelog does not outgrow the
state, and a community is written whole about once per so many deltas, not with every batch.

(A fuzzy checkpoint, taken piece by piece: Mohan and others, ARIES, 1992, section 5.4.)

What leaves memory (`streams.cold`) is written whole too, so that no delta is needed for it.
"""

from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator, Set
from typing import Final, NamedTuple

from models import members as packed
from models.ledger import touched
from models.state import NEVER, PEOPLE, Stamp, delta_key
from models.stored import Change, encode_change, join_changes
from rules.bookkeeping import settle
from rules.state import Community, Partition
from streams.changelog import Record, change_of, part, whole_records

DELTA_BYTES: Final = 256 * 1024
"""Changes in one record: well under a broker's limit of 1 MiB."""

MOST_DELTAS: Final = 512
MOST_BYTES: Final = 4 << 20
BYTES_PER_COMMUNITY: Final = 1_024
TIMES_WHOLE: Final = 4
"""How much of deltas a changelog partition may hold: by number, and by bytes, whichever of these
bounds is highest, or so many times as much as the ledgers take that were written whole. With many
communities, or large ledgers, each is else written whole over and over. Without a ledger a recovery
reads no more than before there were any; with one, five times of what the ledgers take at most.
"""


_FIRST_PAGE: Final = frozenset({0})


class _Delta(NamedTuple):
    key: bytes
    size: int
    stamp: Stamp
    communities: Iterable[str]


class Journal:
    """Knows which deltas are still needed, and writes each batch's records.

    `begin` names the writer's epoch; then each batch is `records` of the next stamp, and
    `completed` once all of it is confirmed. Where a batch fails, the journal is of no use any more.
    """

    def __init__(self) -> None:
        """Begin with an empty changelog."""
        self.stamp = NEVER
        self._whole_since: dict[str, Stamp] = {}
        self._ledger_bytes: dict[str, int] = {}
        self._all_ledger_bytes = 0
        self._changed_pages: dict[str, frozenset[int]] = {}
        self._left: OrderedDict[str, Stamp] = OrderedDict()
        self._deltas: deque[_Delta] = deque()
        self._bytes = 0
        self._superfluous: list[bytes] = []

    # What a recovery finds --------------------------------------------------------------------

    def note_whole(self, community_id: str, since: Stamp) -> None:
        """Note that the community stands whole in the changelog, as of `since`."""
        self._whole_since[community_id] = since

    def note_ledger(self, community_id: str, size: int) -> None:
        """Note how many bytes the ledger of a community took that was written whole."""
        before = self._ledger_bytes.get(community_id, 0)
        # Pages that have not changed are not written again, and still count.
        self._ledger_bytes[community_id] = size = max(before, size)
        self._all_ledger_bytes += size - before

    def note_delta(self, key: bytes, size: int, stamp: Stamp, communities: set[str]) -> None:
        """Note a delta, in the order of the stamps, and which communities need it."""
        if communities:
            self._append(_Delta(key, size, stamp, communities))
        else:
            self._superfluous.append(key)

    def note_members(self, community_id: str, members: Iterable[int]) -> None:
        """Note that the pages of these members have changed since they were written."""
        changed = self._changed_pages.get(community_id, frozenset())
        # Of the members of a page, most are alike: they are few when taken apart.
        self._changed_pages[community_id] = changed.union(map(packed.page_of, set(members)))

    def whole_since(self, community_id: str) -> Stamp:
        """Return the batch with which the community was last written whole."""
        return self._whole_since.get(community_id, NEVER)

    def begin(self, epoch: int) -> Stamp:
        """Begin an epoch; return the stamp of its first marker."""
        self.stamp = Stamp(epoch)
        return self.stamp

    # What a batch writes ----------------------------------------------------------------------

    def records(self, partition: Partition, leaving: Set[str] = frozenset()) -> Iterator[Record]:
        """Yield the records of the next batch, all but its marker; `stamp` is then its stamp.

        Communities that are `leaving` memory are written whole.
        """
        self.stamp = self.stamp.next()
        for key in self._superfluous:
            yield key, None
        self._superfluous.clear()
        yield from self._write_deltas(partition, leaving)
        for community_id in sorted(leaving):
            yield from self._write_whole(partition.communities[community_id])
            self._left[community_id] = self.stamp
            self._left.move_to_end(community_id)
        least_bytes = max(MOST_BYTES, BYTES_PER_COMMUNITY * len(partition.due))
        while self._is_too_much(least_bytes):
            yield from self._replace_oldest(partition)
        self._forget_left()

    def _is_too_much(self, least_bytes: int) -> bool:
        """Tell whether the deltas are too many, or too large."""
        if len(self._deltas) > MOST_DELTAS:
            return True
        return self._bytes > max(least_bytes, TIMES_WHOLE * self._all_ledger_bytes)

    def _write_deltas(self, partition: Partition, leaving: Set[str]) -> Iterator[Record]:
        """Yield all that has changed, parted where one record would be too large."""
        for number, group in enumerate(_grouped(self._changes(partition, leaving))):
            key = delta_key(self.stamp, number)
            value = join_changes(self.stamp, [encoded for _, encoded in group])
            self._append(_Delta(key, len(value), self.stamp, {name for name, _ in group}))
            yield key, value

    def _changes(self, partition: Partition, leaving: Set[str]) -> Iterator[Change]:
        """Yield what has changed; each community is entered, read and encoded in one go."""
        for community in partition.dirty.values():
            settle(community)
            self._note_pages(community)
            if community.id not in leaving:
                yield change_of(community)

    def _note_pages(self, community: Community) -> None:
        ledger = community.ledger
        if community.pages:
            self.note_members(community.id, community.dirty_members.values())
            if ledger is not None:
                members = community.members
                names = touched(ledger.changed_people, ledger.changed)
                self.note_members(community.id, (members[name] for name in names))
        elif community.dirty_members or (ledger is not None and ledger.has_changed):
            self._changed_pages[community.id] = _FIRST_PAGE

    def _append(self, delta: _Delta) -> None:
        self._deltas.append(delta)
        self._bytes += delta.size

    def _replace_oldest(self, partition: Partition) -> Iterator[Record]:
        """Write whole what still needs the oldest delta; the next batch deletes it."""
        delta = self._deltas.popleft()
        self._bytes -= delta.size
        self._superfluous.append(delta.key)
        for community_id in sorted(delta.communities):
            if self.whole_since(community_id) < delta.stamp:
                community = partition.find(community_id)
                assert community is not None
                yield from self._write_whole(community)

    def _write_whole(self, community: Community) -> Iterator[Record]:
        self._whole_since[community.id] = self.stamp
        changed = self._changed_pages.pop(community.id, frozenset())
        size = 0
        for key, value in whole_records(community, sorted(changed), self.stamp):
            size += len(value or b"") if key[:1] == PEOPLE else 0
            yield key, value
        if size:
            self.note_ledger(community.id, size)

    def _forget_left(self) -> None:
        """Forget of communities that left memory what no delta needs to be held against any more.

        Of one that is back by then too: it is written whole once more than it would have to be.
        """
        oldest = self._deltas[0].stamp if self._deltas else self.stamp.next()
        while self._left:
            community_id, since = self._left.popitem(last=False)
            if since >= oldest:
                self._left[community_id] = since
                self._left.move_to_end(community_id, last=False)
                break
            if self._whole_since.get(community_id) == since:
                del self._whole_since[community_id]


def _grouped(changes: Iterable[Change]) -> Iterator[list[tuple[str, bytes]]]:
    """Encode changes, each once, and group them so that a group fits into one record."""
    group: list[tuple[str, bytes]] = []
    size = 0
    for change, encoded in _encoded(changes):
        if group and size + len(encoded) > DELTA_BYTES:
            yield group
            group, size = [], 0
        group.append((change[0], encoded))
        size += len(encoded)
    if group:
        yield group


def _encoded(changes: Iterable[Change]) -> Iterator[tuple[Change, bytes]]:
    """Encode each change; one that is too large for a record is parted, as far as it can be."""
    for change in changes:
        encoded = encode_change(change)
        halves = part(change) if len(encoded) > DELTA_BYTES else []
        if halves:
            yield from _encoded(halves)
        else:
            yield change, encoded
