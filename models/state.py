"""The state as bytes: keys and values of the changelog, one partition of it per source partition.

| key | value after its position | written |
|---|---|---|
| `p` | the partition: format version, clock, number of source partitions | last of each batch |
| `c` community | the community: days, alerts, panes | when it changed |
| `m` community member | the member, packed (`models.members`) | when it changed |
| `o` number | alert records decided in the batch, not yet confirmed | when there are any |

Every value begins with the position it belongs to: the offset of the last source record applied
and the clock ticks and closes since. A position orders values and fences them: one beyond
the position of `p` belongs to a batch that was never completed, and does not count.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, cast

import msgspec

FORMAT_VERSION: Final = 2
"""Raised whenever the meaning of a stored value changes."""

PARTITION_KEY: Final = b"p"
_COMMUNITY: Final = b"c"
_MEMBER: Final = b"m"
_OUTBOX: Final = b"o"
_LENGTH: Final = struct.Struct(">I")
_POSITION: Final = struct.Struct("<qII")
_MEMBER_VALUE: Final = struct.Struct("<qIIQ")


class StateError(ValueError):
    """Stored bytes that this version cannot read."""


class Position(NamedTuple):
    """How far a partition has come: the last offset applied, and what was applied after it.

    That are `tick`s of the wall clock, and days that were closed before the record that closes
    them. Records close days in one order: wherever batches are cut, one position is one state.
    """

    offset: int
    tick: int = 0
    closes: int = 0

    def after_closes(self, number: int) -> "Position":
        """Return the position once the next record has closed so many more days."""
        return self._replace(closes=self.closes + number)

    def after_tick(self) -> "Position":
        """Return the position after one more tick."""
        return Position(self.offset, self.tick + 1)


START: Final = Position(-1)
"""Nothing applied yet."""


class StoredPartition(msgspec.Struct, array_like=True, frozen=True):
    """The partition's own record."""

    version: int
    clock: int
    partitions: int


class StoredAlert(msgspec.Struct, array_like=True, frozen=True):
    """One alert of a community between two closes (`rules.lifecycle.AlertState`)."""

    phase: int
    breaches: int
    clears: int
    unsure: int
    started_day: int
    started_at: int


class StoredCommunity(msgspec.Struct, array_like=True, frozen=True):
    """A community: its time zone, its days, its alerts by rule id, its panes by day."""

    timezone: str
    first_day: int
    next_day: int
    alerts: dict[str, StoredAlert]
    panes: dict[int, list[int]]


_encode = msgspec.msgpack.Encoder().encode
_partition_decoder = msgspec.msgpack.Decoder(StoredPartition)
_community_decoder = msgspec.msgpack.Decoder(StoredCommunity)
_outbox_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes, bytes]])

_UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)

OutboxEntry = tuple[str, bytes, bytes]
"""One record to publish: the topic's name without prefix, the key, the value."""


def position_of(value: bytes) -> Position:
    """Return the position that a value belongs to."""
    try:
        return Position(*_POSITION.unpack_from(value))
    except struct.error:
        raise StateError(f"a value of {len(value)} bytes has no position") from None


def order_of(value: bytes) -> tuple[int, ...]:
    """Return the same as `position_of`, to be compared only: recovery asks once per record."""
    try:
        return _POSITION.unpack_from(value)
    except struct.error:
        raise StateError(f"a value of {len(value)} bytes has no position") from None


def at_position(value: bytes, position: Position) -> bytes:
    """Return the value as it stands at another position."""
    return _POSITION.pack(*position) + value[_POSITION.size :]


def community_key(community_id: str) -> bytes:
    """Return the key of a community's value."""
    return _COMMUNITY + community_id.encode()


def member_key_prefix(community_id: str) -> bytes:
    """Return what the keys of all members of the community begin with."""
    identifier = community_id.encode()
    return _MEMBER + _LENGTH.pack(len(identifier)) + identifier


def outbox_key(number: int) -> bytes:
    """Return the key of the outbox's chunk `number`."""
    return _OUTBOX + _LENGTH.pack(number)


def is_outbox_key(key: bytes) -> bool:
    """Tell whether the key is of a chunk of the outbox."""
    return key[:1] == _OUTBOX


def community_of(key: bytes) -> str | None:
    """Return the community of a community's key; None for any other key."""
    return _text(key[1:]) if key[:1] == _COMMUNITY else None


def members_of(values: Mapping[bytes, bytes]) -> Iterator[tuple[bytes, str, int]]:
    """Yield each member among `values`: the prefix of the community's keys, the id, the record.

    StateError where one cannot be read. All in one loop: a recovery may have a million of them.
    """
    start, unpack = 1 + _LENGTH.size, _MEMBER_VALUE.unpack
    for key, value in values.items():
        if key[:1] == _MEMBER:
            end = start + int.from_bytes(key[1:start], "big")
            if len(key) < end:
                raise StateError(f"a member's key of {len(key)} bytes is cut short")
            try:
                user_id, member = key[end:].decode(), unpack(value)[-1]
            except UnicodeDecodeError:
                raise StateError("a key is not UTF-8") from None
            except struct.error:
                raise StateError(f"a member's value has {len(value)} bytes") from None
            yield key[:end], user_id, member


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise StateError("a key is not UTF-8") from None


def encode_member(position: Position, member: int) -> bytes:
    """Return the value of a member's key."""
    return _MEMBER_VALUE.pack(*position, member)


def decode_member(value: bytes) -> int:
    """Return the packed member of a member's value; StateError where it cannot be read."""
    try:
        return cast(int, _MEMBER_VALUE.unpack(value)[3])
    except struct.error:
        raise StateError(f"a member's value has {len(value)} bytes") from None


def encode_partition(position: Position, stored: StoredPartition) -> bytes:
    """Return the value of the partition's key."""
    return _POSITION.pack(*position) + _encode(stored)


def decode_partition(value: bytes) -> StoredPartition:
    """Return the partition's record; StateError where another version of Pulse wrote it."""
    try:
        stored = _partition_decoder.decode(memoryview(value)[_POSITION.size :])
    except _UNREADABLE as error:
        raise StateError(
            f"the partition's record cannot be read: {error}; make it anew with: pulse rebuild"
        ) from None
    if stored.version != FORMAT_VERSION:
        raise StateError(
            f"the state has format {stored.version}, this Pulse reads format {FORMAT_VERSION}; "
            "make it anew with: pulse rebuild"
        )
    return stored


def encode_community(position: Position, stored: StoredCommunity) -> bytes:
    """Return the value of a community's key."""
    return _POSITION.pack(*position) + _encode(stored)


def decode_community(value: bytes) -> StoredCommunity:
    """Return the community of a community's value; StateError where it cannot be read."""
    try:
        return _community_decoder.decode(memoryview(value)[_POSITION.size :])
    except _UNREADABLE as error:
        raise StateError(f"a community's record cannot be read: {error}") from None


def encode_outbox(position: Position, entries: Iterable[OutboxEntry]) -> bytes:
    """Return the value of one chunk of the outbox."""
    return _POSITION.pack(*position) + _encode(list(entries))


def decode_outbox(value: bytes) -> list[OutboxEntry]:
    """Return the records that one chunk of the outbox holds; StateError where it cannot be read."""
    try:
        return _outbox_decoder.decode(memoryview(value)[_POSITION.size :])
    except _UNREADABLE as error:
        raise StateError(f"a chunk of the outbox cannot be read: {error}") from None
