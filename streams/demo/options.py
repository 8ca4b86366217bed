"""What the command line says about a demo."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Say = Callable[[str], None]


class DemoError(Exception):
    """The demo did not show what it should; one line says what."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """`events` None takes the built-in sample; `out` also gets the alert records."""

    events: str | None = None
    configuration: Path | None = None
    out: Path | None = None
    partitions: int = 4
    seed: int = 7
