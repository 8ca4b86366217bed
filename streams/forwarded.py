"""A misplaced record on its way home: what is added to it, and how that is read again.

Key, value, headers and timestamp are those that its home would have seen, had it been written
there; one header more, the last, says where it stood.
"""

import logging
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from streams.faust_internals import SourceRecord
from streams.record_batches import Headers

LOG = logging.getLogger("pulse")

HEADER: Final = "pulse-source"
"""Source partition, offset there, offset of the record before it in its channel (or nothing),
channel clock, and a time at which it stood there already: decimal numbers, joined by colons."""


class Forward(NamedTuple):
    """A record to be written to partition `home` of the topic of rerouted records."""

    home: int
    timestamp: int
    key: bytes
    value: bytes | None
    headers: Headers


class Source(NamedTuple):
    """Where a forwarded record comes from; see `HEADER`."""

    partition: int
    offset: int
    previous: int | None
    clock: int
    since: int


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
    previous = "" if source.previous is None else source.previous
    text = f"{source.partition}:{source.offset}:{previous}:{source.clock}:{source.since}"
    return HEADER, text.encode()


def read_forwarded(records: Iterable[SourceRecord]) -> Iterator[Forwarded]:
    """Yield the forwarded records among `records` of the topic of rerouted records.

    What nobody of ours has written there is passed over with a warning.
    """
    for record in records:
        *headers, (name, text) = record.headers or [("", b"")]
        source = _source(text) if name == HEADER else None
        if source is None:
            LOG.warning("rerouted record %d has no %s that can be read", record.offset, HEADER)
            continue
        yield Forwarded(source, record.offset, record.key, record.value, headers, record.timestamp)


def _source(text: bytes | None) -> Source | None:
    try:
        partition, offset, previous, clock, since = (text or b"").split(b":")
        return Source(
            int(partition), int(offset), int(previous) if previous else None, int(clock), int(since)
        )
    except ValueError:
        return None
