"""What the product's modules hold for all of a process: set for one simulation, then put back."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from streams import publish, record_batches

from .clockwork import current_process


class Clock:
    """Stands for the module `time` where the product asks how long it stood still."""

    def __init__(self, steps: Callable[[], int]) -> None:
        self._steps = steps

    def monotonic(self) -> float:
        process = current_process()
        return self._steps() * 0.001 + (process.stood_still if process else 0)


@contextmanager
def surroundings(seed: int, batch_bytes: int, steps: Callable[[], int]) -> Iterator[None]:
    """Make limits so small that a short story meets all of them; let the clock be simulated."""
    dice = random.Random(f"limits {seed}")
    batches: Any = record_batches
    publishing: Any = publish
    names = [(batches, "BATCH_BYTES"), (batches, "IN_FLIGHT")]
    names += [(publishing, "OUTBOX_CHUNK"), (publishing, "LARGE_LETTER")]
    before = [(module, name, getattr(module, name)) for module, name in names]
    try:
        batches.BATCH_BYTES = batch_bytes
        batches.IN_FLIGHT = dice.choice([1, 2, 64])
        publishing.OUTBOX_CHUNK = dice.choice([300, 3_000, 512 * 1024])
        publishing.LARGE_LETTER = dice.choice([10, 60_000])
        batches.time = publishing.time = Clock(steps)
        yield
    finally:
        batches.time = publishing.time = time
        for module, name, value in before:
            setattr(module, name, value)
