"""The demo's sample as a file, for the engine's benchmark: all shapes, unreadable lines too."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.progress import bar
from streams.sample import sample


@dataclass(frozen=True, slots=True)
class Job:
    """A file of events, and the configuration to judge them with."""

    path: Path
    events: int
    configuration: dict[str, Any]


def full_job(folder: Path) -> Job:
    """Write the whole sample: all shapes of events, and the records that cannot be read."""
    planted = sample()
    path = folder / "sample.ndjson"
    written = _write(path, planted.lines, planted.line_count)
    return Job(path, written, planted.configuration)


def _write(path: Path, lines: Iterator[bytes], total: int) -> int:
    number = 0
    with path.open("wb") as file, bar(f"writing {path.name}", total) as move:
        for number, line in enumerate(lines, 1):
            file.write(line + b"\n")
            if number % 5_000 == 0:
                move(number)
    return number
