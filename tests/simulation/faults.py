"""What goes wrong in a run: a list, so that a failing one can be shortened."""

from __future__ import annotations

import random
from typing import NamedTuple

SENT = ("values", "marker", "alerts", "snapshots", "letters")
POINTS_OF_A_WORKER = [
    "fetch", "apply", "applied", "commit", "committed",
    "recovery", "recovering", "reread", "recovered",
    *(f"{verb} {kind}" for verb in ("send", "sent") for kind in SENT),
    *("send alerts", "sent alerts", "send marker", "sent marker", "republish", "republished"),
]  # fmt: skip
POINTS_OF_THE_NETWORK = [
    *(f"{verb} {kind}" for verb in ("write", "wrote") for kind in SENT),
    *("write marker", "wrote marker", "write alerts", "wrote alerts"),
]  # fmt: skip
FORWARDS = [
    "send forwards", "sent forwards", "write forwards", "wrote forwards",
    "fetch rerouted", "ends", "look",
]  # fmt: skip
ANYWHERE = {
    "crash": 10, "pause": 6, "evict": 3, "rebalance": 4, "stop": 2, "compact": 1, "idle": 2,
    "drop": 1, "redeliver": 1, "start": 1, "reread": 1,
}  # fmt: skip
ON_THE_WAY = {"crash": 6, "fail": 4, "lose": 6, "twice": 3, "pause": 4, "late": 3}


class Fault(NamedTuple):
    """At the `nth` time that `point` is passed, counted from when the fault is armed, do `kind`."""

    point: str
    nth: int
    kind: str
    amount: int


def plan(seed: int, *, scattered: bool = False) -> list[Fault]:
    """The faults of the seed; more of them where records are sent on to where they belong."""
    dice = random.Random(f"faults {seed}")
    faults = [_fault(dice) for _ in range(dice.choice([0, 2, 5, 8, 12, 20, 30]))]
    if scattered:
        dice = random.Random(f"faults of forwards {seed}")
        for _ in range(dice.choice([0, 2, 5, 12])):
            faults.insert(dice.randint(0, len(faults)), _fault_at(dice, dice.choice(FORWARDS)))
    return faults


def _fault(dice: random.Random) -> Fault:
    on_the_way = dice.random() < 0.35
    return _fault_at(dice, dice.choice(POINTS_OF_THE_NETWORK if on_the_way else POINTS_OF_A_WORKER))


def _fault_at(dice: random.Random, point: str) -> Fault:
    kinds = ON_THE_WAY if point.startswith("write ") else ANYWHERE
    kind = dice.choices(list(kinds), list(kinds.values()))[0]
    return Fault(point, dice.choice([1, 1, 2, 3, 5, 8]), kind, dice.randrange(1 << 20))
