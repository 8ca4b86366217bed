"""Does what the plan of faults says, where and when it says it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from models.instants import DAY

from .faults import Fault

if TYPE_CHECKING:
    from .simulation import Simulation
    from .worker import Worker

ARMED = 4
"""So many faults of the plan wait for their points at the same time."""

STILL = 20.0
"""A pause takes longer than the group's session time-out, in seconds of the process's clock."""

ON_THE_WAY = ("fail", "lose", "twice", "late")
"""What happens to a request, not to a worker."""


class Havoc:
    """The faults of one run, each armed until its point has been passed often enough."""

    def __init__(self, simulation: Simulation, faults: Sequence[Fault]) -> None:
        self._simulation = simulation
        self._plan = list(faults)
        self._armed: list[tuple[Fault, Counter[str]]] = []
        self._idle_days = 0

    def passed(self, point: str, worker: Worker) -> str:
        """Note that the worker passes the point; tell what happens to it there, mostly nothing."""
        while self._plan and len(self._armed) < ARMED:
            self._armed.append((self._plan.pop(0), Counter()))
        for fault, seen in self._armed:
            seen[point] += 1
            if fault.point == point and seen[point] >= fault.nth:
                self._armed.remove((fault, seen))
                self._simulation.counts[fault.kind] += 1
                if fault.kind not in ON_THE_WAY:
                    act = self.crash if fault.kind == "crash" else getattr(self, f"_{fault.kind}")
                    act(worker, random.Random(fault.amount))
                return fault.kind
        return ""

    def crash(self, worker: Worker, dice: random.Random) -> None:
        self._simulation.kill(worker)
        self._simulation.later(dice.randint(1, 400), lambda: self._simulation.group.leave(worker))
        self._simulation.later(dice.randint(1, 400), self._simulation.start)

    def _pause(self, worker: Worker, dice: random.Random) -> None:
        worker.process.paused = True
        pause = dice.choice([20, 200, 1_000])
        self._evict(worker, dice, pause)

        def resume() -> None:
            worker.process.paused = False
            worker.process.stood_still += STILL

        self._simulation.later(pause, resume)

    def _evict(self, worker: Worker, dice: random.Random, pause: int = 0) -> None:
        """The group gives the partitions away; the worker learns of it some time later."""
        self._simulation.counts["zombie"] += 1
        generation = worker.generation

        def give_away() -> None:
            if worker.process.alive and worker.generation == generation:
                self._simulation.group.leave(worker)

        self._simulation.later(dice.randint(1, 30), give_away)
        self._simulation.later(
            pause + dice.choice([1, 50, 400]),
            lambda: self._simulation.loop.tell(worker.process, worker.heed, generation),
        )

    def _rebalance(self, worker: Worker, dice: random.Random) -> None:
        self._simulation.group.rebalance()

    def _stop(self, worker: Worker, dice: random.Random) -> None:
        worker.stopping = True
        self._simulation.loop.tell(worker.process, worker.heed, worker.generation)

    def _compact(self, worker: Worker, dice: random.Random) -> None:
        self._simulation.counts["compacted away"] += self._simulation.cluster.compact(dice)

    def _idle(self, worker: Worker, dice: random.Random) -> None:
        """Days pass, once everything is well: nobody is paused, dead, or without partitions."""
        self._idle_days += dice.choice([1, 3])

    def idle_when_calm(self) -> None:
        """Let the days pass that were asked for, if everything is well now."""
        simulation = self._simulation
        if not self._idle_days or simulation.alarms or not self._is_calm():
            return
        simulation.counts["calm days"] += self._idle_days
        simulation.cluster.now += self._idle_days * DAY
        self._idle_days = 0
        simulation.counts["compacted away"] += simulation.cluster.compact(simulation.dice)

    def _is_calm(self) -> bool:
        """Whether nothing is under way, and every partition has a worker that has no batch."""
        group, cluster = self._simulation.group, self._simulation.cluster
        alive = [worker for worker in self._simulation.workers if worker.process.alive]
        owned = [partition for worker in alive for partition in worker.keeper.owned]
        return (
            not cluster.network
            and sorted(owned) == list(range(cluster.partitions))
            and all(
                worker.is_at_rest
                and worker in group.members
                and worker.generation == group.generation
                for worker in alive
            )
        )

    def _drop(self, worker: Worker, dice: random.Random) -> None:
        while not worker.queue.empty():
            worker.queue.get_nowait()

    def _redeliver(self, worker: Worker, dice: random.Random) -> None:
        worker.redeliver(dice.randint(1, 60))

    def _start(self, worker: Worker, dice: random.Random) -> None:
        if sum(other.process.alive for other in self._simulation.workers) < 4:
            self._simulation.start()

    def _reread(self, worker: Worker, dice: random.Random) -> None:
        worker.reread_fails = True
