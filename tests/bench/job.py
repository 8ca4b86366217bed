"""The events that both peers read: the demo's sample, written to files once per run."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from models.decode import decode
from models.events import Event
from streams.progress import bar
from streams.sample import sample

SPEECH = frozenset({"post.created", "reply.created"})


@dataclass(frozen=True, slots=True)
class Job:
    """A file of events, and what a worker that read all of them must have met."""

    path: Path
    events: int
    unreadable: int
    speech: int
    configuration: dict[str, Any]


def full_job(folder: Path) -> Job:
    """Write the whole sample: all shapes of events, and the records that cannot be read."""
    planted = sample()
    path = folder / "sample.ndjson"
    written = _write(path, planted.lines, planted.line_count)
    return Job(path, written, sum(planted.rejected.values()), 0, planted.configuration)


def plain_job(folder: Path, full: Job, events: int) -> Job:
    """Write the first `events` flat, readable events of the full job: the peer reads no others."""
    path = folder / "plain.ndjson"
    _write(path, islice(_plain_lines(full.path), events), events)
    speech = sum(event.type in SPEECH for event in _events(path))
    return Job(path, min(events, full.events), 0, speech, {})


def _write(path: Path, lines: Iterator[bytes], total: int) -> int:
    number = 0
    with path.open("wb") as file, bar(f"writing {path.name}", total) as move:
        for number, line in enumerate(lines, 1):
            file.write(line + b"\n")
            if number % 5_000 == 0:
                move(number)
    return number


def _plain_lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for line in file:
            stripped = line.rstrip(b"\n")
            if type(decode(stripped)) is Event:
                yield stripped


def _events(path: Path) -> Iterator[Event]:
    for line in _plain_lines(path):
        event = decode(line)
        assert isinstance(event, Event)
        yield event
