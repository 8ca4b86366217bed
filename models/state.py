"""The state as bytes: keys and values of the changelog, one partition of it per source partition.

| key | value after its stamp | written |
|---|---|---|
| `p` | the partition: how far it has come (`StoredPartition`) | last of each batch |
| `d` stamp, number | what a batch changed (`models.stored`) | by each batch |
| `c` community | the community without its members | as its deltas grow old or it leaves memory |
| `m` community, page | a page of its members | likewise, where they changed |
| `n` community, page | what its ledger knows of the same members | with that page |
| `o` number | alert records decided in the batch, not yet confirmed | when there are any |

Every value begins with its stamp: the epoch of its writer and the number of the batch. A stamp
orders values and fences them: one beyond the stamp of `p` belongs to a batch that was never
completed, and does not count (`models.recovered`).
"""

import struct
from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

FORMAT_VERSION: Final = 5
"""Raised whenever the meaning of a stored value changes."""

PARTITION_KEY: Final = b"p"
COMMUNITY: Final = b"c"
MEMBERS: Final = b"m"
PEOPLE: Final = b"n"
DELTA: Final = b"d"
_OUTBOX: Final = b"o"
_LENGTH: Final = struct.Struct(">I")
_STAMP: Final = struct.Struct("<QI")
_DELTA_KEY: Final = struct.Struct(">QII")
STAMP_BYTES: Final = _STAMP.size


class StateError(ValueError):
    """Stored bytes that this version cannot read."""


class Stamp(NamedTuple):
    """Which batch a value belongs to, as `(epoch, sequence)`.

    The epoch is the changelog offset of the marker with which a writer took the partition over
    (sequence 0): nobody else can have the same, and a later writer has a higher one. As with
    Kafka's leader epochs (KIP-101), it tells the writes of a successor from those of its
    predecessor, however late these come.
    """

    epoch: int
    sequence: int = 0

    def next(self) -> "Stamp":
        """Return the stamp of the writer's next batch."""
        return Stamp(self.epoch, self.sequence + 1)


NEVER: Final = Stamp(0, -1)
"""Before any batch."""


class StoredRoute(msgspec.Struct, array_like=True, frozen=True):
    """How far a partition has come in sending misplaced records home (`streams.merge`).

    `clock` is the channel clock of its own source partition up to the marker's offset. Of what was
    rerouted to it, `applied` has the last source offset applied of each source partition; in its
    partition of that topic all before `begin` is applied, and nothing from `end` on.
    """

    clock: int
    applied: dict[int, int]
    begin: int
    end: int


class StoredPartition(msgspec.Struct, array_like=True, frozen=True):
    """The partition's own record, the marker: all of its batch stands in the log before it.

    `offset` is the last source offset applied (-1: none) and `clock` the partition's clock.
    `lineage` names earlier epochs, each with the last sequence of it that counts: what they wrote
    beyond it was never completed, and is not made good yet. `route` says how far the partition is
    with records that belong elsewhere, or come from there.
    """

    version: int
    clock: int
    partitions: int
    offset: int
    lineage: list[tuple[int, int]] = []
    route: StoredRoute | None = None


_encode = msgspec.msgpack.Encoder().encode
_partition_decoder = msgspec.msgpack.Decoder(StoredPartition)
_outbox_decoder = msgspec.msgpack.Decoder(list[tuple[str, bytes, bytes]])

UNREADABLE: Final = (msgspec.DecodeError, UnicodeDecodeError)

OutboxEntry = tuple[str, bytes, bytes]
"""One record to publish: the topic's name without prefix, the key, the value."""


def stamp_of(value: bytes) -> Stamp:
    """Return the stamp of a value."""
    try:
        return Stamp(*_STAMP.unpack_from(value))
    except struct.error:
        raise StateError(f"a value of {len(value)} bytes has no stamp") from None


def stamped(stamp: Stamp, content: bytes) -> bytes:
    """Return `content` as a value with that stamp; empty content stands for no value."""
    return _STAMP.pack(*stamp) + content


def restamped(value: bytes, stamp: Stamp) -> bytes:
    """Return the value as it stands with another stamp."""
    return _STAMP.pack(*stamp) + value[STAMP_BYTES:]


def is_void(value: bytes) -> bool:
    """Tell whether a value says that there is none."""
    return len(value) == STAMP_BYTES


def community_key(community_id: str) -> bytes:
    """Return the key of a community's value."""
    return COMMUNITY + community_id.encode()


def page_key(community_id: str, page: int) -> bytes:
    """Return the key of one page of the community's members."""
    return MEMBERS + community_id.encode() + _LENGTH.pack(page)


def people_key(community_id: str, page: int) -> bytes:
    """Return the key of what the ledger knows of the members of one page."""
    return PEOPLE + community_id.encode() + _LENGTH.pack(page)


def delta_key(stamp: Stamp, number: int) -> bytes:
    """Return the key of chunk `number` of what the batch changed; keys sort as their stamps."""
    return DELTA + _DELTA_KEY.pack(*stamp, number)


def outbox_key(number: int) -> bytes:
    """Return the key of the outbox's chunk `number`."""
    return _OUTBOX + _LENGTH.pack(number)


def is_outbox_key(key: bytes) -> bool:
    """Tell whether the key is of a chunk of the outbox."""
    return key[:1] == _OUTBOX


def is_delta_key(key: bytes) -> bool:
    """Tell whether the key is of a batch's changes."""
    return key[:1] == DELTA


def community_of(key: bytes) -> str:
    """Return the community of a community's key; StateError where it cannot be read."""
    return _text(key[1:])


def page_of(key: bytes) -> tuple[str, int]:
    """Return the community and number of a page's key; StateError where it cannot be read."""
    end = len(key) - _LENGTH.size
    if end < 1:
        raise StateError(f"a page's key of {len(key)} bytes is cut short")
    return _text(key[1:end]), int.from_bytes(key[end:], "big")


def _text(content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise StateError("a key is not UTF-8") from None


def encode_partition(stamp: Stamp, stored: StoredPartition) -> bytes:
    """Return the value of the partition's key."""
    return stamped(stamp, _encode(stored))


def decode_partition(value: bytes) -> StoredPartition:
    """Return the partition's record; StateError where another version of Pulse wrote it."""
    try:
        stored = _partition_decoder.decode(memoryview(value)[STAMP_BYTES:])
    except UNREADABLE as error:
        raise StateError(
            f"the partition's record cannot be read: {error}; make it anew with: pulse rebuild"
        ) from None
    if stored.version != FORMAT_VERSION:
        raise StateError(
            f"the state has format {stored.version}, this Pulse reads format {FORMAT_VERSION}; "
            "make it anew with: pulse rebuild"
        )
    return stored


def encode_outbox(stamp: Stamp, entries: Iterable[OutboxEntry]) -> bytes:
    """Return the value of one chunk of the outbox."""
    return stamped(stamp, _encode(list(entries)))


def decode_outbox(value: bytes) -> list[OutboxEntry]:
    """Return the records that one chunk of the outbox holds; StateError where it cannot be read."""
    try:
        return _outbox_decoder.decode(memoryview(value)[STAMP_BYTES:])
    except UNREADABLE as error:
        raise StateError(f"a chunk of the outbox cannot be read: {error}") from None
