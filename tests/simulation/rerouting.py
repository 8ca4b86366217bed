"""How records get home in the simulation: the cluster's ends, rerouted records, workers' marks."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

from streams.marks import GRACE, Mark
from streams.reach import Ends
from streams.reread import RereadPieces, Stretch

from .cluster import REROUTED, Written
from .pieces import SimulatedPieces

if TYPE_CHECKING:
    from .worker import Worker


class SimulatedReach:
    """The reach of partitions, from the simulated cluster; and the reader of rerouted records."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._cluster = worker.cluster
        self._places: dict[int, int] = {}
        self._more = asyncio.Event()
        # With dice of its own: the steps of a seed stay what they are.
        self._deletions = random.Random(worker.process.name)

    # What the keeper asks -------------------------------------------------------------------

    async def ends(self) -> Ends:
        await self._worker.pass_by("ends")
        numbers = range(self._cluster.partitions)
        return Ends(
            [self._cluster.end_of_source(number) for number in numbers],
            [self._cluster.log(REROUTED, number).begin for number in numbers],
            [self._cluster.log(REROUTED, number).end for number in numbers],
        )

    async def follow(self, places: Mapping[int, int]) -> None:
        self._places = dict(places)

    def since(self, partition: int, offset: int) -> int:
        return 0

    def read_at(self, partition: int, offset: int) -> int:
        is_read = offset >= self._cluster.end_of_source(partition)
        return max(self._cluster.now, GRACE) if is_read else 0

    def pause(self, partitions: Set[int]) -> None:
        return

    def open(self, stretch: Stretch) -> RereadPieces:
        records = self._cluster.log(REROUTED, stretch.partition).records
        return SimulatedPieces(self._worker, records, stretch)

    # What the worker does beside its batches --------------------------------------------------

    async def read(self) -> None:
        """Take in rerouted records, some at a time, as long as the process lives."""
        worker = self._worker
        while True:
            waiting = [n for n in self._places if self._left(n)]
            if not waiting:
                self._more.clear()
                await self._more.wait()
                continue
            partition = worker.dice.choice(waiting)
            records = self._left(partition)[: worker.dice.randint(1, 20)]
            await worker.pass_by("fetch rerouted")
            # By now a recovery may have gone back.
            wanted = await worker.keeper.receive(partition, records, worker.publisher)
            if wanted is None:
                self._places.pop(partition, None)
            else:
                self._places[partition] = wanted
            if worker.may_apply:
                await worker.keeper.go_on(worker.publisher)

    async def look(self) -> None:
        """Notice how far all is read, tell it the others, and go on where that was waited for."""
        worker = self._worker
        self._more.set()
        if not worker.may_apply:
            return
        await worker.pass_by("look")
        if self._deletions.random() < 0.3:
            self._delete_applied()
        marks = worker.keeper.look()
        for other in worker.simulation.workers:
            if other is not worker and other.process.alive:
                worker.simulation.loop.tell(other.process, self._tell, other, marks)
        await worker.keeper.go_on(worker.publisher)

    @staticmethod
    def _tell(other: Worker, marks: Mapping[int, Mark]) -> None:
        for source, mark in marks.items():
            other.keeper.marks.learn(source, mark)

    def _left(self, partition: int) -> list[Written]:
        log = self._cluster.log(REROUTED, partition)
        return log.records[max(self._places[partition] - log.begin, 0) :]

    def _delete_applied(self) -> None:
        """Delete what nobody needs any more, as a timer does now and then."""
        for partition, (offset, instant) in self._worker.keeper.superfluous().items():
            log = self._cluster.log(REROUTED, partition)
            needed = (each.offset for each in log.records if each.timestamp >= instant)
            number = log.delete_before(min(offset, next(needed, log.end)))
            self._cluster.counts["rerouted records deleted"] += number
