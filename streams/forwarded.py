"""A misplaced record on its way home: what is added to it, and how that is read again.

Key, value, headers and timestamp are those that its home would have seen, had it been written
there; one header more, the last, says where it stood.
"""

import logging
import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from streams.faust_internals import SourceRecord
from streams.record_batches import Headers

LOG = logging.getLogger("pulse")

HEADER: Final = "pulse-source"
"""Five numbers of 64 bits, the highest byte first: see `Source`."""

_SOURCE: Final = struct.Struct(">5q")

Source = tuple[int, int, int, int, int]
"""Where a forwarded record comes from: source partition and offset; the offset there of the record
before it in its channel, -1 for the first that its sender sent; its channel clock; and a time at
which it stood there already (milliseconds of the wall clock)."""

Forward = tuple[int, int, bytes, bytes | None, Headers]
"""A record to be sent: its home, and timestamp, key, value and headers as they will be there."""


@dataclass(slots=True)
class Forwarded:
    """A record that was sent home: as its source record was, and its `place` in our topic."""

    source: Source
    place: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]
    timestamp: int


def source_header(source: Source) -> tuple[str, bytes]:
    """Return the header that is added last."""
    return HEADER, _SOURCE.pack(*source)


def read_forwarded(records: Iterable[SourceRecord]) -> Iterator[Forwarded]:
    """Yield the forwarded records among `records` of the topic of rerouted records.

    What nobody of ours has written there is passed over with a warning.
    """
    size, unpack = _SOURCE.size, _SOURCE.unpack
    for record in records:
        *headers, (name, content) = record.headers or [("", b"")]
        if name != HEADER or len(content or b"") != size:
            LOG.warning("rerouted record %d has no %s that can be read", record.offset, HEADER)
            continue
        source = unpack(content)
        yield Forwarded(source, record.offset, record.key, record.value, headers, record.timestamp)
