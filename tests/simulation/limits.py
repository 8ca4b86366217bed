"""What the product's modules hold for all of a process: set for one simulation, then put back."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from rules import state
from streams import cold, journal, mirror, publish, read_back, record_batches

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
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(record_batches, "BATCH_BYTES", batch_bytes)
        patch.setattr(record_batches, "IN_FLIGHT", dice.choice([1, 2, 64]))
        patch.setattr(publish, "OUTBOX_CHUNK", dice.choice([300, 3_000, 512 * 1024]))
        patch.setattr(publish, "LARGE_LETTER", dice.choice([10, 60_000]))
        patch.setattr(journal, "MOST_DELTAS", dice.choice([0, 1, 3, 512]))
        patch.setattr(journal, "DELTA_BYTES", dice.choice([200, 128 * 1024]))
        patch.setattr(mirror, "MOST_BYTES", dice.choice([100, 2_000, 4 << 20]))
        patch.setattr(read_back, "_PIECE", dice.choice([1, 7, 500]))
        patch.setattr(cold, "MOST_AT_ONCE", dice.choice([1, 1_000]))
        patch.setattr(state, "_PAGE_CHARACTERS", dice.choice([40, 16_384]))
        for module in (record_batches, publish):
            patch.setattr(module, "time", Clock(steps))
        yield
