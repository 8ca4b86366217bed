"""The plan of a round: which faults, in which order, after how much work. A seed gives one plan."""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import StrEnum

WORKERS = 3
PAUSE_SECONDS = (17.0, 22.0)
"""How long a worker is stopped: longer than the session time-out of 15 s (streams/worker.py)."""


class Kind(StrEnum):
    """What is done to a process."""

    KILL = "kill -9"
    STOP = "graceful stop"
    PAUSE = "SIGSTOP"
    BROKER_KILL = "broker kill -9"
    BROKER_STOP = "broker stop"

    @property
    def is_of_broker(self) -> bool:
        return self in (Kind.BROKER_KILL, Kind.BROKER_STOP)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many faults of each kind a round has."""

    kills: int = 20
    stops: int = 6
    pauses: int = 3
    broker_restarts: int = 2


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, and when it strikes.

    With `together` it strikes `delay` seconds after the one before, whatever goes on then. Else
    it waits until work goes on again, lets a slice of events loose, at once or at a steady
    `rate`, and strikes `delay` seconds later; with `aimed` as soon as outputs are seen to be
    written, which is in the middle of a batch.
    """

    kind: Kind
    worker: int
    together: bool
    aimed: bool
    rate: float
    delay: float
    restart_after: float
    lasts: float


def plan(seed: int, counts: Counts) -> list[Fault]:
    """The faults of a round, in their order."""
    dice = random.Random(f"faults {seed}")
    broker = [Kind.BROKER_KILL, Kind.BROKER_STOP] * counts.broker_restarts
    kinds = (
        [Kind.KILL] * counts.kills
        + [Kind.STOP] * counts.stops
        + [Kind.PAUSE] * counts.pauses
        + broker[: counts.broker_restarts]
    )
    dice.shuffle(kinds)
    return [_fault(dice, kind, first=not number) for number, kind in enumerate(kinds)]


def _fault(dice: random.Random, kind: Kind, *, first: bool) -> Fault:
    together = not first and dice.random() < 0.4
    burst = dice.random() < 0.5
    return Fault(
        kind=kind,
        worker=dice.randrange(WORKERS),
        together=together,
        aimed=not together and kind in (Kind.KILL, Kind.PAUSE) and dice.random() < 0.6,
        rate=1e9 if burst else dice.choice([1_000.0, 2_000.0, 4_000.0]),
        delay=dice.uniform(0, 6) if together else dice.uniform(0.0, 0.9 if burst else 3.0),
        restart_after=dice.choice([0.0, 0.0, dice.uniform(0, 12)]),
        lasts=dice.uniform(*PAUSE_SECONDS),
    )
