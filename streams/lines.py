"""Reads files of events: NDJSON, plain or gzip, or standard input."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from models.decode import decode
from models.events import Event
from models.instants import parse_instant
from models.rejections import Rejection

GZIP_MAGIC = b"\x1f\x8b"


class FileError(Exception):
    """A file of events that cannot be read to its end; says which and why."""


def read_lines(path: str) -> Iterator[bytes]:
    """Yield the lines of `path` (`-` is standard input) without their line ends.

    Gzip is told by its first bytes. Empty lines are passed over. FileError where the file is
    missing, unreadable or cut short.
    """
    try:
        with ExitStack() as stack:
            file = stack.enter_context(_open(path)) if path != "-" else sys.stdin.buffer
            for line in file:
                stripped = line.rstrip(b"\r\n")
                if stripped.strip():
                    yield stripped
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise FileError(f"{path}: {reason}") from None


def _open(path: str) -> BinaryIO:
    file = Path(path).open("rb")
    magic = file.peek(2)[:2]
    if magic == GZIP_MAGIC:
        return cast(BinaryIO, gzip.GzipFile(fileobj=file))
    return file


def arrival_of(event: Event) -> int:
    """Return when an event of a file arrived (milliseconds): `received_at`, else `time`."""
    arrival = parse_instant(event.received_at or event.time)
    assert arrival is not None, "decode has checked both"
    return arrival


def read_events(path: str) -> Iterator[tuple[bytes, Event | Rejection]]:
    """Yield each line of `path` with what it decodes to."""
    for line in read_lines(path):
        yield line, decode(line)
