"""Makes a failing run smaller: fewer faults, fewer records, as far as a minute of trying goes."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple, TypeVar

from .faults import Fault, plan
from .simulation import Product, SourceRecord, run
from .stories import story

T = TypeVar("T")
SALTS = 12
"""Whatever is left out changes every later step, so several orders of steps are tried."""


class Case(NamedTuple):
    """A run that fails."""

    seed: int
    salt: int
    records: list[SourceRecord]
    faults: list[Fault]
    problem: str

    def __str__(self) -> str:
        faults = [f"  {fault.kind} at {fault.point!r}, time {fault.nth}" for fault in self.faults]
        records = [f"  {part} {at} {value!r:.300}" for part, at, _, value in self.records]
        return "\n".join(
            [
                f"seed {self.seed}: python -m tests.simulation --first {self.seed} --seeds 1",
                f"shrunk (salt {self.salt}): {self.problem}",
                f"{len(faults)} faults:",
                *faults,
                f"{len(records)} records (partition, arrival, value):",
                *records,
            ]
        )


def shrunk(seed: int, problem: str, product: Product, seconds: float = 60) -> Case:
    """Return a small case of the seed's failure, or the whole of it where none is smaller."""
    end = time.monotonic() + seconds
    tale = story(seed)
    case = Case(seed, 0, list(tale.records), plan(seed, scattered=tale.scattered), problem)

    def failing(records: list[SourceRecord], faults: list[Fault]) -> Case | None:
        for salt in range(SALTS):
            if time.monotonic() > end:
                return None
            found = run(seed, records, faults, product, salt).problem
            if found:
                return Case(seed, salt, records, faults, found)
        return None

    for _ in range(2):
        case = _fewer(case, case.faults, lambda left, now: failing(now.records, left))
        case = _fewer(case, case.records, lambda left, now: failing(left, now.faults))
    return case


def _fewer(case: Case, items: list[T], failing: Callable[[list[T], Case], Case | None]) -> Case:
    """Leave out ever smaller pieces of `items`, as long as the case goes on failing."""
    size = max(len(items) // 2, 1)
    while items:
        start = 0
        while start < len(items):
            rest = items[:start] + items[start + size :]
            smaller = failing(rest, case)
            if smaller is None:
                start += size
            else:
                case, items = smaller, rest
        if size == 1:
            break
        size //= 2
    return case
