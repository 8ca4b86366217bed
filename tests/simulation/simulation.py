"""One run: a story, a plan of faults, a seed that chooses every step; then the verdict."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush

from aiokafka.errors import KafkaTimeoutError, NotEnoughReplicasError

from models.instants import DAY
from streams import publish, record_batches
from streams.keeper import Keeper
from streams.record_batches import InterferenceError

from .clockwork import Clockwork, running
from .cluster import Cluster, Metadata, Request
from .faults import Fault, plan
from .group import Group
from .stories import Story, policies_of, source_of, story
from .verdict import difference, expected_of, outdated
from .worker import Worker

MOST_STEPS = 60_000
ARMED = 4
"""So many faults of the plan wait for their points at the same time."""

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
        self, seed: int, tale: Story, records: Sequence[SourceRecord], product: Product
    ) -> None:
        self.dice = dice = random.Random(f"steps {seed}")
        self.product = product
        self.loop = Clockwork()
        self.cluster = Cluster(source_of(tale, list(records), random.Random(f"offsets {seed}")))
        self.group = Group(self.loop, tale.partitions, dice)
        self.policies = policies_of(tale)
        self.batch_bytes = dice.choice([400, 1_500, 6_000, 900_000])
        self.workers: list[Worker] = []
        self.counts = self.cluster.counts
        self._faults: list[tuple[Fault, Counter[str]]] = []
        self._plan: list[Fault] = []
        self._alarms: list[tuple[int, int, Callable[[], None]]] = []
        self._steps = 0
        self._network = dice.choice([0.3, 1, 4])
        self._problem = ""
        self._idle_days = 0

    # Faults ---------------------------------------------------------------------------------

    def passed(self, point: str, worker: Worker) -> bool:
        """Note that the worker passes the point; tell whether something happens to it there."""
        self._arm()
        for fault, seen in self._faults:
            if fault.point == point:
                seen[point] += 1
                if seen[point] >= fault.nth:
                    self._faults.remove((fault, seen))
                    self._strike(fault, worker)
                    return True
        return False

    def _arm(self) -> None:
        while self._plan and len(self._faults) < ARMED:
            self._faults.append((self._plan.pop(0), Counter()))

    def _strike(self, fault: Fault, worker: Worker) -> None:
        self.counts[fault.kind] += 1
        act = getattr(self, f"_{fault.kind}")
        act(worker, random.Random(fault.amount))

    def _crash(self, worker: Worker, dice: random.Random) -> None:
        self._kill(worker)
        self._later(dice.randint(1, 400), lambda: self.group.leave(worker))
        self._later(dice.randint(1, 400), self.start)

    def _pause(self, worker: Worker, dice: random.Random) -> None:
        worker.process.paused = True
        pause = dice.choice([20, 200, 1_000])
        self._evict(worker, dice, pause)

        def resume() -> None:
            worker.process.paused = False

        self._later(pause, resume)

    def _evict(self, worker: Worker, dice: random.Random, pause: int = 0) -> None:
        """The group gives the partitions away; the worker learns of it some time later."""
        self.counts["zombie"] += 1
        generation = worker.generation

        def give_away() -> None:
            if worker.process.alive and worker.generation == generation:
                self.group.leave(worker)

        self._later(dice.randint(1, 30), give_away)
        self._later(
            pause + dice.choice([1, 50, 400]),
            lambda: self.loop.tell(worker.process, worker.heed, generation),
        )

    def _rebalance(self, worker: Worker, dice: random.Random) -> None:
        self.group.rebalance()

    def _stop(self, worker: Worker, dice: random.Random) -> None:
        worker.stopping = True
        self.loop.tell(worker.process, worker.heed, worker.generation)

    def _compact(self, worker: Worker, dice: random.Random) -> None:
        self.counts["compacted away"] += self.cluster.compact(dice)

    def _idle(self, worker: Worker, dice: random.Random) -> None:
        """Days pass, once everything is well: nobody is paused, dead, or without partitions."""
        self._idle_days += dice.choice([1, 3])

    def _idle_when_calm(self) -> None:
        if self._alarms or self.group.rebalancing or not self._calm():
            return
        self.counts["calm days"] += self._idle_days
        self.cluster.now += self._idle_days * DAY
        self._idle_days = 0
        self.counts["compacted away"] += self.cluster.compact(self.dice)

    def _calm(self) -> bool:
        return not self.cluster.network and all(
            worker.process.paused is False and worker.is_at_rest
            for worker in self.workers
            if worker.process.alive
        )

    def _drop(self, worker: Worker, dice: random.Random) -> None:
        while not worker.queue.empty():
            worker.queue.get_nowait()

    def _redeliver(self, worker: Worker, dice: random.Random) -> None:
        worker.redeliver(dice.randint(1, 60))

    def _start(self, worker: Worker, dice: random.Random) -> None:
        if sum(other.process.alive for other in self.workers) < 4:
            self.start()

    def _reread(self, worker: Worker, dice: random.Random) -> None:
        worker.reread_fails = True

    # What becomes of workers ------------------------------------------------------------------

    def start(self) -> None:
        """Start a worker."""
        worker = Worker(self, f"w{len(self.workers)}", self.policies)
        self.workers.append(worker)
        self.loop.start(worker.process, worker.run())

    def end_process(self, worker: Worker, error: Exception) -> None:
        """The worker ends itself, as `streams.worker.end_process` does."""
        self.counts["ended by itself"] += 1
        self.counts["interference noticed"] += isinstance(error, InterferenceError)
        self._crash(worker, self.dice)

    def end_gracefully(self, worker: Worker) -> None:
        """The worker has stopped, and left the group."""
        self._kill(worker)
        self.group.leave(worker)
        self._later(self.dice.randint(1, 200), self.start)

    def give_up(self, worker: Worker, error: Exception) -> None:
        """Nothing should raise this."""
        self._problem = f"{worker.process.name}: {type(error).__name__}: {error}"

    def _kill(self, worker: Worker) -> None:
        worker.process.alive = False
        worker.process.ready.clear()
        self.cluster.cut_off(worker.process, self.dice)

    # Steps ------------------------------------------------------------------------------------

    def _later(self, steps: int, act: Callable[[], None]) -> None:
        heappush(self._alarms, (self._steps + steps, len(self._alarms) + self._steps * 64, act))

    def run(self, faults: Sequence[Fault]) -> Outcome:
        """Run to the end, then once more with one last worker; compare."""
        self._plan = list(faults)
        expected = expected_of(self.cluster.source, self.policies)
        with running(self.loop):
            for _ in range(self.dice.choice([1, 2, 3])):
                self.start()
            problem = self._run_until_all_is_applied()
            if not problem:
                self._plan, self._faults = [], []
                for worker in self.workers:
                    self._kill(worker)
                self.cluster.network.clear()
                self.group.members.clear()
                self.start()
                problem = self._run_until_all_is_applied()
            for worker in self.workers:
                self.loop.bury(worker.process)
        self.counts["steps"] = self._steps
        self.counts["generations"] = self.group.generation
        problem = problem or difference(self.cluster, expected, self.policies)
        return Outcome(problem, self.counts, [] if problem else outdated(self.cluster, expected))

    def _run_until_all_is_applied(self) -> str:
        for _ in range(4):
            while self._step():
                if self._problem:
                    return self._problem
                if self._steps > MOST_STEPS:
                    return f"no end after {MOST_STEPS} steps"
            stalled = self._stalled()
            if not stalled:
                return ""
            # The watchdog ends a worker that stands still; the supervisor starts it again.
            self.counts["ended by the watchdog"] += 1
            for worker in self.workers:
                if worker.process.alive:
                    self._crash(worker, self.dice)
        return stalled

    def _stalled(self) -> str:
        for partition in range(self.cluster.partitions):
            end = self.cluster.end_of_source(partition)
            alive = [worker for worker in self.workers if worker.process.alive]
            offsets = [worker.keeper.next_offset(partition) for worker in alive]
            if all((offset or 0) < end for offset in offsets):
                return f"partition {partition} stands still at {offsets}, its end is {end}"
        return ""

    def _step(self) -> bool:
        self._steps += 1
        self.cluster.now += 1_000
        if self._idle_days:
            self._idle_when_calm()
        while self._alarms and self._alarms[0][0] <= self._steps:
            heappop(self._alarms)[2]()
        processes = [worker.process for worker in self.workers if worker.process.runs]
        requests = self.cluster.heads()
        if not processes and not requests:
            if self._alarms:
                self._steps = self._alarms[0][0] - 1
                return True
            return False
        weight = self._network * len(requests)
        if self.dice.random() * (weight + len(processes)) < weight:
            self._deliver(self.dice.choice(requests))
        else:
            self.loop.step(self.dice.choice(processes))
        return True

    def _deliver(self, request: Request) -> None:
        sender = next(worker for worker in self.workers if worker.process is request.process)
        self.counts["late writes of the dead"] += not sender.process.alive
        self.cluster.take(request)
        fate = self._fate(request, sender)
        if fate == "late":
            self.cluster.put_back(request)
            return
        if fate == "fail":
            self._answer(request, NotEnoughReplicasError())
            return
        base = self.cluster.write(request)
        if fate == "twice":
            base = self.cluster.write(request)
        self.passed(f"wrote {request.kind}", sender)
        if fate == "lose":
            self._answer(request, KafkaTimeoutError())
        else:
            self._answer(request, base)

    def _fate(self, request: Request, sender: Worker) -> str:
        """What happens to a request on its way: mostly nothing, which is the empty string."""
        point = f"write {request.kind}"
        self._arm()
        for fault, seen in self._faults:
            if fault.point == point:
                seen[point] += 1
                if seen[point] >= fault.nth:
                    self._faults.remove((fault, seen))
                    if fault.kind in ("fail", "lose", "twice", "late"):
                        self.counts[fault.kind] += 1
                        return fault.kind
                    self._strike(fault, sender)
        return ""

    def _answer(self, request: Request, answer: int | Exception) -> None:
        if request.confirm.done() or not request.process.alive:
            return
        if isinstance(answer, int):
            request.confirm.set_result(Metadata(answer))
        else:
            request.confirm.set_exception(answer)


@contextmanager
def small_limits(seed: int) -> Iterator[None]:
    """Make the product's limits small, so that a short story meets all of them."""
    dice = random.Random(f"limits {seed}")
    before = (
        record_batches.BATCH_BYTES,
        record_batches.IN_FLIGHT,
        publish.OUTBOX_CHUNK,
        publish.LARGE_LETTER,
    )
    try:
        record_batches.IN_FLIGHT = dice.choice([1, 2, 64])  # type: ignore[misc]
        publish.OUTBOX_CHUNK = dice.choice([300, 3_000, 512 * 1024])  # type: ignore[misc]
        publish.LARGE_LETTER = dice.choice([10, 60_000])  # type: ignore[misc]
        yield
    finally:
        (
            record_batches.BATCH_BYTES,  # type: ignore[misc]
            record_batches.IN_FLIGHT,  # type: ignore[misc]
            publish.OUTBOX_CHUNK,  # type: ignore[misc]
            publish.LARGE_LETTER,  # type: ignore[misc]
        ) = before


def run(
    seed: int,
    records: Sequence[SourceRecord] | None = None,
    faults: Sequence[Fault] | None = None,
    product: Product | None = None,
) -> Outcome:
    """Run the seed, or the seed with fewer records or faults than it has."""
    tale = story(seed)
    with small_limits(seed):
        simulation = Simulation(
            seed, tale, tale.records if records is None else records, product or Product()
        )
        record_batches.BATCH_BYTES = simulation.batch_bytes  # type: ignore[misc]
        return simulation.run(plan(seed) if faults is None else faults)
