"""One run: a story, a plan of faults, a seed that chooses every step; then the verdict."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

from aiokafka.errors import KafkaTimeoutError, NotEnoughReplicasError

from streams.keeper import Keeper
from streams.record_batches import InterferenceError
from tests.stores import MemoryStore

from .clockwork import Clockwork, running
from .cluster import Cluster, Metadata, Request
from .faults import Fault, plan
from .group import Group
from .havoc import Havoc
from .limits import surroundings
from .stories import Story, policies_of, source_of, story
from .verdict import (
    ALERT_TOPICS,
    Expected,
    difference,
    difference_on_disk,
    expected_of,
    outdated,
)
from .worker import Worker

MOST_STEPS = 60_000
MAY_PUBLISH_LATE = ("zombie", "late writes of the dead", "interference noticed")
"""After one of these an alert's older transition may be published after its newer one."""

SourceRecord = tuple[int, int, bytes | None, bytes | None]


@dataclass(frozen=True)
class Product:
    """What is tried: the real thing, or one with a part taken out."""

    keeper: type[Keeper] = Keeper
    seeks: bool = True


@dataclass
class Outcome:
    """`problem` in one line, empty where the run was exact; `counts` say what it went through."""

    problem: str
    counts: Counter[str] = field(default_factory=Counter)
    outdated: list[str] = field(default_factory=list)


class Simulation:
    """A cluster, a group and some workers, stepped one by one."""

    def __init__(
        self,
        seed: int,
        salt: int,
        tale: Story,
        records: Sequence[SourceRecord],
        faults: Sequence[Fault],
        product: Product,
    ) -> None:
        self.dice = dice = random.Random(f"steps {seed} {salt}")
        self.product = product
        self.scattered = tale.scattered
        self._seen: object = None
        self._idle = 0
        self.loop = Clockwork()
        self.cluster = Cluster(source_of(tale, list(records), random.Random(f"offsets {seed}")))
        surroundings = random.Random(f"disks {seed}")
        self.has_disks = surroundings.random() < 0.5
        self.hot_communities = surroundings.choice([1, 2, 3, 10_000])
        self.disks: list[tuple[MemoryStore, Worker]] = []
        self.group = Group(self.loop, tale.partitions, surroundings.random() < 0.5, dice)
        self.policies = policies_of(tale)
        self.batch_bytes = dice.choice([400, 1_500, 6_000, 900_000])
        self.workers: list[Worker] = []
        self.counts = self.cluster.counts
        self.havoc = Havoc(self, faults)
        self.alarms: list[tuple[int, int, Callable[[], None]]] = []
        self._alarm_numbers = count()
        self.steps = 0
        self._network = dice.choice([0.3, 1, 4])
        self._problem = ""

    # What becomes of workers ------------------------------------------------------------------

    def start(self) -> None:
        """Start a worker."""
        store = self._some_disk() if self.has_disks else None
        worker = Worker(self, f"w{len(self.workers)}", self.policies, store)
        self.workers.append(worker)
        if store is not None:
            self.disks.append((store, worker))
        self.loop.start(worker.process, worker.run())

    def _some_disk(self) -> MemoryStore:
        """A new one, or one whose worker is gone: all of it, or without what was written last."""
        free = [(disk, worker) for disk, worker in self.disks if not worker.process.alive]
        if not free or self.dice.random() < 0.2:
            return MemoryStore()
        self.disks.remove(found := self.dice.choice(free))
        disk = found[0]
        if self.dice.random() < 0.3:
            disk.lose(self.dice.choice([1, 3, 10]))
            self.counts["disk lost its last writes"] += 1
        self.counts["disk found again"] += 1
        return disk

    def end_process(self, worker: Worker, error: Exception) -> None:
        """The worker ends itself, as `streams.worker.end_process` does."""
        self.counts["ended by itself"] += 1
        self.counts["interference noticed"] += isinstance(error, InterferenceError)
        self.havoc.crash(worker, self.dice)

    def end_gracefully(self, worker: Worker) -> None:
        """The worker has stopped, and left the group."""
        self.kill(worker)
        self.group.leave(worker)
        self.later(self.dice.randint(1, 200), self.start)

    def give_up(self, worker: Worker, error: Exception) -> None:
        """Nothing should raise this."""
        self._problem = f"{worker.process.name}: {type(error).__name__}: {error}"

    def kill(self, worker: Worker) -> None:
        """End the process at once; what it has sent may still arrive."""
        worker.process.alive = False
        worker.process.ready.clear()
        self.cluster.cut_off(worker.process, self.dice)

    # Steps ------------------------------------------------------------------------------------

    def later(self, steps: int, act: Callable[[], None]) -> None:
        """Do something after so many steps."""
        heappush(self.alarms, (self.steps + steps, next(self._alarm_numbers), act))

    def run(self) -> Outcome:
        """Run to the end, then once more with one last worker; compare."""
        expected = expected_of(self.cluster.source, self.policies)
        with running(self.loop):
            for _ in range(self.dice.choice([1, 2, 3])):
                self.start()
            problem = self._run_until_all_is_applied()
            if not problem:
                self.havoc = Havoc(self, [])
                for worker in self.workers:
                    self.kill(worker)
                self.cluster.network.clear()
                self.group.members.clear()
                self.start()
                problem = self._run_until_all_is_applied()
            for worker in self.workers:
                self.loop.bury(worker.process)
        self.counts["runs"] = 1
        self.counts["steps"] = self.steps
        self.counts["generations"] = self.group.generation
        self._count_repeats(expected)
        problem = problem or difference(self.cluster, expected, self.policies)
        for worker in self.workers:
            if worker.process.alive and worker.store is not None and not problem:
                partitions = worker.keeper.owned
                problem = difference_on_disk(worker.store, partitions, expected, self.policies)
        late = [] if problem else outdated(self.cluster, expected)
        if late and not any(self.counts[kind] for kind in MAY_PUBLISH_LATE):
            problem = f"the state topic shows an older transition of {late}"
        return Outcome(problem, self.counts, late)

    def _count_repeats(self, expected: Expected) -> None:
        written = sum(len(self.cluster.topic(topic)) for topic in ALERT_TOPICS)
        self.counts["alert records"] += len(expected.alerts)
        self.counts["alert records repeated"] += max(written - len(expected.alerts), 0)

    def _run_until_all_is_applied(self) -> str:
        for _ in range(4):
            while self._step():
                if self._problem:
                    return self._problem
                if self.steps > MOST_STEPS:
                    return f"no end after {MOST_STEPS} steps"
            stalled = self._stalled()
            if not stalled:
                return ""
            # The watchdog ends a worker that stands still; the supervisor starts it again.
            self.counts["ended by the watchdog"] += 1
            for worker in self.workers:
                if worker.process.alive:
                    self.havoc.crash(worker, self.dice)
        return stalled

    def _stalled(self) -> str:
        for partition in range(self.cluster.partitions):
            end = self.cluster.end_of_source(partition)
            alive = [worker for worker in self.workers if worker.process.alive]
            offsets = [worker.keeper.next_offset(partition) for worker in alive]
            if all((offset or 0) < end for offset in offsets):
                return f"partition {partition} stands still at {offsets}, its end is {end}"
            left = [worker.keeper.rerouted_left(partition) for worker in alive]
            if any(left):
                return f"{left} rerouted records of partition {partition} are not applied"
        return ""

    def _step(self) -> bool:
        self.steps += 1
        self.cluster.now += 1_000
        self.havoc.idle_when_calm()
        while self.alarms and self.alarms[0][0] <= self.steps:
            heappop(self.alarms)[2]()
        processes = [worker.process for worker in self.workers if worker.process.runs]
        requests = self.cluster.heads()
        if not processes and not requests:
            if self.alarms:
                self.steps = self.alarms[0][0] - 1
                return True
            return self.scattered and self._look_around()
        if self.scattered and self.dice.random() < 0.02:
            self.dice.choice(self.workers).look()
        weight = self._network * len(requests)
        if self.dice.random() * (weight + len(processes)) < weight:
            self._deliver(self.dice.choice(requests))
        else:
            self.loop.step(self.dice.choice(processes))
        return True

    def _look_around(self) -> bool:
        """Let all look around, once nothing else happens; tell whether that was of any use."""
        alive = [worker for worker in self.workers if worker.process.alive]
        before, self._seen = (
            self._seen,
            [
                (
                    worker.keeper.marks.all_routed(),
                    worker.keeper.next_offset(n),
                    worker.keeper.rerouted_left(n),
                )
                for worker in alive
                for n in range(self.cluster.partitions)
            ],
        )
        self._idle = self._idle + 1 if before == self._seen else 0
        for worker in alive:
            worker.look()
        return self._idle < 5

    def _deliver(self, request: Request) -> None:
        sender = next(worker for worker in self.workers if worker.process is request.process)
        self.counts["late writes of the dead"] += not sender.process.alive
        self.cluster.take(request)
        fate = self.havoc.passed(f"write {request.kind}", sender)
        if fate == "late":
            self.cluster.put_back(request)
            return
        if fate == "fail":
            self._answer(request, NotEnoughReplicasError())
            return
        base = self.cluster.write(request)
        if fate == "twice":
            base = self.cluster.write(request)
        self.havoc.passed(f"wrote {request.kind}", sender)
        if fate == "lose":
            self._answer(request, KafkaTimeoutError())
        else:
            self._answer(request, base)

    def _answer(self, request: Request, answer: int | Exception) -> None:
        if request.confirm.done() or not request.process.alive:
            return
        if isinstance(answer, int):
            request.confirm.set_result(Metadata(answer))
        else:
            request.confirm.set_exception(answer)


def run(
    seed: int,
    records: Sequence[SourceRecord] | None = None,
    faults: Sequence[Fault] | None = None,
    product: Product | None = None,
    salt: int = 0,
) -> Outcome:
    """Run the seed, or with fewer records or faults than it has; `salt` chooses other steps."""
    tale = story(seed)
    simulation = Simulation(
        seed,
        salt,
        tale,
        tale.records if records is None else records,
        plan(seed, scattered=tale.scattered) if faults is None else faults,
        product or Product(),
    )
    with surroundings(seed, simulation.batch_bytes, lambda: simulation.steps):
        return simulation.run()
