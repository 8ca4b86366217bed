"""Reads files of events: NDJSON, plain or gzip, or standard input."""

import errno
import gzip
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from models.decode import decode
from models.events import Event
from models.instants import parse_instant
from models.rejections import Rejection

GZIP_MAGIC = b"\x1f\x8b"

Watch = Callable[[int], None]

_WATCH_LINES = 1_000


def ignore(_: int) -> None:
    """Hear nothing."""


class FileError(Exception):
    """A file of events that cannot be read to its end; says which and why."""


def read_lines(path: str, watch: Watch = ignore) -> Iterator[bytes]:
    """Yield the lines of `path` (`-` is standard input) without their line ends.

    Gzip is told by its first bytes. Empty lines are passed over. `watch` hears now and then how
    many bytes of the file are read. FileError where the file is missing, unreadable or cut short.
    """
    try:
        with ExitStack() as stack:
            raw = _standard_input() if path == "-" else stack.enter_context(Path(path).open("rb"))
            for number, line in enumerate(_unpacked(raw)):
                stripped = line.rstrip(b"\r\n")
                if stripped.strip():
                    yield stripped
                if number % _WATCH_LINES == 0 and raw.seekable():
                    watch(raw.tell())
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{path}: {reason}") from None


def _standard_input() -> BinaryIO:
    # Python has none where whoever started us closed it.
    if sys.stdin is None:
        raise OSError(errno.EBADF, "standard input is closed")
    return sys.stdin.buffer


def _unpacked(raw: BinaryIO) -> BinaryIO:
    peek = getattr(raw, "peek", None)
    if peek is not None and peek(2)[:2] == GZIP_MAGIC:
        return cast(BinaryIO, gzip.GzipFile(fileobj=raw))
    return raw


def arrival_of(event: Event) -> int:
    """Return when an event of a file arrived (milliseconds): `received_at`, else `time`."""
    arrival = parse_instant(event.received_at or event.time)
    assert arrival is not None, "decode has checked both"
    return arrival


def read_events(path: str, watch: Watch = ignore) -> Iterator[tuple[bytes, Event | Rejection]]:
    """Yield each line of `path` with what it decodes to."""
    for line in read_lines(path, watch):
        yield line, decode(line)
