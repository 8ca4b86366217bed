"""Communities as they stand in the changelog: whole, in pages of members, and as changes.

A change holds new values, not differences: to apply it twice, or over a value that is newer
already in part, gives the same.
"""

from collections.abc import Sequence

import msgspec

from models.alerts import AlertState
from models.ledger import LedgerChange, StoredBook, StoredPerson
from models.state import STAMP_BYTES, UNREADABLE, Stamp, StateError, stamped


class StoredCommunity(msgspec.Struct, array_like=True, frozen=True):
    """A community without its members: its time zone, days, alerts by rule id, panes by day.

    Alerts at rest are left out. `since` is the stamp of the batch with which it was written whole:
    changes of later batches come on top. The value's own stamp may be a later one, where it had to
    be written once more. `size` is how many members it has, `silent` about how many of them an
    alert stands: who only counts need not read them all. `ledger` is None where none is kept.
    """

    since: tuple[int, int]
    timezone: str
    first_day: int
    next_day: int
    size: int
    silent: int
    alerts: dict[str, AlertState]
    panes: dict[int, list[int]]
    ledger: StoredBook | None = None


class StoredChange(msgspec.Struct, array_like=True, frozen=True):
    """What a batch changed in one community: panes by day and packed members by id.

    `alerts` is None where no day closed. `size` and `silent` count all of its members, as in
    `StoredCommunity`. `ledger` is None where none is kept.
    """

    community_id: str
    timezone: str
    first_day: int
    next_day: int
    size: int
    silent: int
    alerts: dict[str, AlertState] | None
    panes: dict[int, list[int]]
    members: dict[str, int]
    ledger: LedgerChange | None = None


Change = tuple[
    str,
    str,
    int,
    int,
    int,
    int,
    dict[str, AlertState] | None,
    dict[int, list[int]],
    dict[str, int],
    LedgerChange | None,
]
"""The fields of a `StoredChange`, to be written: a tuple is made four times faster."""

_encode = msgspec.msgpack.Encoder().encode
_community_decoder = msgspec.msgpack.Decoder(StoredCommunity)
_page_decoder = msgspec.msgpack.Decoder(dict[str, int])
_people_decoder = msgspec.msgpack.Decoder(dict[str, StoredPerson])
_change_decoder = msgspec.msgpack.Decoder(StoredChange)
_changes_decoder = msgspec.msgpack.Decoder(list[StoredChange])
_parts_decoder = msgspec.msgpack.Decoder(list[msgspec.Raw])


def encode_community(stamp: Stamp, stored: StoredCommunity) -> bytes:
    """Return the value of a community's key."""
    return stamped(stamp, _encode(stored))


def decode_community(value: bytes) -> StoredCommunity:
    """Return the community of a community's value; StateError where it cannot be read."""
    try:
        return _community_decoder.decode(memoryview(value)[STAMP_BYTES:])
    except UNREADABLE as error:
        raise StateError(f"a community's record cannot be read: {error}") from None


def encode_page(stamp: Stamp, members: dict[str, int]) -> bytes:
    """Return the value of a page of packed members by id."""
    return stamped(stamp, _encode(members))


def decode_page(value: bytes) -> dict[str, int]:
    """Return the packed members of a page by id; StateError where they cannot be read."""
    try:
        return _page_decoder.decode(memoryview(value)[STAMP_BYTES:])
    except UNREADABLE as error:
        raise StateError(f"a page of members cannot be read: {error}") from None


def encode_people(stamp: Stamp, people: dict[str, StoredPerson]) -> bytes:
    """Return the value of what the ledger knows of a page's members, by id."""
    return stamped(stamp, _encode(people))


def decode_people(value: bytes) -> dict[str, StoredPerson]:
    """Return what the ledger knows of a page's members; StateError where it cannot be read."""
    try:
        return _people_decoder.decode(memoryview(value)[STAMP_BYTES:])
    except UNREADABLE as error:
        raise StateError(f"a page of the ledger cannot be read: {error}") from None


def encode_change(change: Change) -> bytes:
    """Return one change, with the fields of a `StoredChange`, as it stands in a delta's value."""
    return _encode(change)


def join_changes(stamp: Stamp, changes: Sequence[bytes]) -> bytes:
    """Return the value that holds these encoded changes."""
    return stamped(stamp, _encode([msgspec.Raw(change) for change in changes]))


def split_changes(value: bytes) -> list[bytes]:
    """Return the changes of a delta's value, each still encoded; StateError where it cannot be."""
    try:
        return [bytes(part) for part in _parts_decoder.decode(memoryview(value)[STAMP_BYTES:])]
    except UNREADABLE as error:
        raise StateError(f"a batch's changes cannot be read: {error}") from None


def decode_change(encoded: bytes) -> StoredChange:
    """Return one of them; StateError where it cannot be read."""
    try:
        return _change_decoder.decode(encoded)
    except UNREADABLE as error:
        raise StateError(f"a change cannot be read: {error}") from None


def decode_changes(value: bytes) -> list[StoredChange]:
    """Return the changes of a delta's value; StateError where they cannot be read."""
    try:
        return _changes_decoder.decode(memoryview(value)[STAMP_BYTES:])
    except UNREADABLE as error:
        raise StateError(f"a batch's changes cannot be read: {error}") from None
