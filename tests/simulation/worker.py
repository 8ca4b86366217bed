"""One worker process: Faust's habits around the real keeper and publisher."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from aiokafka.errors import KafkaError

from rules.policy import Policies
from rules.records import Recorder
from streams.changelog import Record
from streams.keeper import Keeper
from streams.letters import Letter
from streams.metrics import Metrics
from streams.publish import Publisher
from streams.read_back import ReadBacks
from streams.record_batches import SendError
from streams.reread import RereadError, RereadPieces, Stretch
from tests.builders import Handed
from tests.stores import MemoryStore

from .changelog import CountedChangelogs
from .clockwork import Process
from .cluster import CHANGELOG, REROUTED, Cluster, SourceMessage
from .pieces import SimulatedPieces
from .producer import Producer
from .rerouting import SimulatedReach

if TYPE_CHECKING:
    from models.state import OutboxEntry

    from .simulation import Simulation


@cache
def metrics_of(policies: Policies) -> Metrics:
    return Metrics(policies.catalogue, "simulated")


def recorder_of(policies: Policies) -> Recorder:
    return Recorder(policies.catalogue, policies.configuration.deployment)


class OrderedPublisher(Publisher):
    """The publisher, but the members of a set come in the same order in every run."""

    async def complete(
        self,
        partition: int,
        values: Iterable[Record],
        marker: tuple[bytes, bytes],
        outputs: Sequence[OutboxEntry],
        letters: Sequence[Letter],
    ) -> None:
        await super().complete(partition, sorted(values), marker, outputs, letters)


class SimulatedReread:
    """Reads the source log again, in pieces of any size."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker

    def open(self, stretch: Stretch) -> RereadPieces:
        records = self._worker.cluster.source[stretch.partition]
        return SimulatedPieces(self._worker, records, stretch)


class Worker:
    """A process from its start to its end; a restart is another one, maybe with the same disk."""

    def __init__(
        self, simulation: Simulation, name: str, policies: Policies, store: MemoryStore | None
    ) -> None:
        self.simulation = simulation
        self.store = store
        self.cluster: Cluster = simulation.cluster
        self.dice: random.Random = simulation.dice
        self.process = Process(name)
        self.generation = self._over = 0
        self.reread_fails = False
        self.recovering = False
        self.stopping = False
        self._notice = asyncio.Event()
        self._flow = asyncio.Event()
        self._more = asyncio.Event()
        self._at_rest = asyncio.Event()
        self._at_rest.set()
        self._busy = 0
        product = simulation.product
        producer = Producer(
            simulation.loop, self.cluster, self.process, simulation.batch_bytes, self.pass_by
        )
        metrics = metrics_of(policies)
        self.reach = SimulatedReach(self) if simulation.scattered else None
        self.publisher = OrderedPublisher(producer, "", CHANGELOG, REROUTED, metrics)
        self.changelogs = CountedChangelogs(self, ReadBacks(store, simulation.hot_communities))
        self.keeper: Keeper = product.keeper(
            policies,
            metrics,
            SimulatedReread(self),
            self.changelogs,
            self.cluster.partitions,
            None,
            self.reach,
        )
        # Most folds are cut at a close, and so written as several batches.
        self.keeper.holdings.room = self.dice.choice([1, 2, 5, 500])
        self.keeper.holdings.stride = {1: 3, 2: 1}.get(self.keeper.holdings.room, 500)
        self._waits_until_empty = self.dice.random() < 0.7
        self._clears = self.dice.random() < 0.7
        self._passes_stale_on = self.dice.random() < 0.3
        self._most = self.dice.choice([3, 10, 40, 200])
        self._piece = self.dice.choice([2, 10, 40])

    async def pass_by(self, point: str) -> None:
        """Pass a point at which something may go wrong, or another process may run."""
        if self.recovering and point in ("send alerts", "sent alerts"):
            point = "republish" if point == "send alerts" else "republished"
        if self.simulation.havoc.passed(point, self) or self.dice.random() < 0.5:
            await asyncio.sleep(0)

    @property
    def is_at_rest(self) -> bool:
        """Whether it has its partitions, and no batch in hand."""
        return self._flow.is_set() and self._at_rest.is_set()

    @property
    def may_apply(self) -> bool:
        """Whether it has its partitions and their state, as far as it knows."""
        return self._flow.is_set()

    def look(self) -> None:
        """Look around, as a timer lets it now and then."""
        if self.reach is not None:
            self.simulation.loop.start(self.process, self._guarded(self.reach.look))

    # The process ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Join the group, recover, read and apply, until the end of the process."""
        self.queue: asyncio.Queue[tuple[int, int, list[SourceMessage]]] = asyncio.Queue(
            self.dice.choice([1, 2, 5])
        )
        self.position: dict[int, int] = {}
        self._read: dict[int, int | None] = {}
        loop = self.simulation.loop
        for _ in range(self.dice.choice([1, 3])):
            self.agent = loop.start(self.process, self._guarded(self._apply_batches))
        loop.start(self.process, self._guarded(self._fetch))
        loop.start(self.process, self._guarded(self.changelogs.run))
        if self.reach is not None:
            loop.start(self.process, self._guarded(self.reach.read))
        await self._guarded(self._belong)

    async def _guarded(self, work: object) -> None:
        try:
            await work()  # type: ignore[operator]
        except (SendError, RereadError, KafkaError) as error:
            self.simulation.end_process(self, error)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001 (handed to the test)
            self.simulation.give_up(self, error)
        if not self.process.alive:
            await asyncio.sleep(0)

    def heed(self, generation: int) -> None:
        """Hear that the generation is over."""
        self._over = max(self._over, generation)
        if self.generation <= self._over:
            self._notice.set()
            if self.recovering and not self.stopping:
                self.keeper.abandon_recovery()

    async def _belong(self) -> None:
        while True:
            answer = self.simulation.group.join(self)
            self.generation, assigned, standbys = await answer
            if self.generation > self._over:
                self._notice.clear()
            if not await self._recover(assigned, standbys):
                continue
            self.position, self._read = {}, {}
            for partition in assigned:
                self._seek(partition, self._start_of(partition))
            self._flow.set()
            await self._notice.wait()
            self._flow.clear()
            self._more.set()
            if self._clears:
                while not self.queue.empty():
                    self.queue.get_nowait()
            if self._waits_until_empty:
                await self._at_rest.wait()
                if self.reach is not None:
                    await self.keeper.rest()
            if self.stopping:
                self.simulation.end_gracefully(self)
                await asyncio.sleep(0)

    async def _recover(self, assigned: list[int], standbys: list[int]) -> bool:
        await self.pass_by("recovery")
        self.recovering = True
        done = await self.keeper.complete_recovery(set(assigned), self.publisher, set(standbys))
        self.recovering = False
        if done:
            await self.pass_by("recovered")
        return done

    def _start_of(self, partition: int) -> int:
        if not self.simulation.product.seeks:
            return self.cluster.committed.get(partition, 0)
        offset = self.keeper.next_offset(partition)
        assert offset is not None, f"partition {partition} is not held after its recovery"
        return offset

    # Faust's consumer -----------------------------------------------------------------------

    def _seek(self, partition: int, offset: int) -> None:
        self.position[partition] = offset
        self._read[partition] = offset or None
        self._more.set()

    def redeliver(self, back: int) -> None:
        """Read some messages again, as after a lost position."""
        for partition in self.position:
            self._seek(partition, max(self.position[partition] - back, 0))

    async def _fetch(self) -> None:
        while True:
            await self._flow.wait()
            places = [p for p, at in self.position.items() if at < self.cluster.end_of_source(p)]
            if not places:
                self._more.clear()
                await self._more.wait()
                continue
            await self._hand_on(self.dice.choice(places))

    async def _hand_on(self, partition: int) -> None:
        generation, position = self.generation, self.position[partition]
        records = [r for r in self.cluster.source[partition] if r.offset >= position]
        fetched = records[: self.dice.randint(1, self._most)]
        self.position[partition] = fetched[-1].offset + 1
        for start in range(0, len(fetched), self._piece):
            piece = fetched[start : start + self._piece]
            await self.pass_by("fetch")
            if not self._flow.is_set() or generation != self.generation:
                return
            # Faust drops what ends before the last offset that it has handed on.
            read = self._read.get(partition)
            if read is None or piece[-1].offset >= read:
                await self.queue.put((generation, partition, piece))
                self._read[partition] = piece[-1].offset

    # The agent ------------------------------------------------------------------------------

    async def _apply_batches(self) -> None:
        while True:
            generation, partition, records = await self.queue.get()
            if generation != self.generation and not self._passes_stale_on:
                continue
            self._at_rest.clear()
            self._busy += 1
            await self.pass_by("apply")
            await self.keeper.apply(partition, Handed(records), self.publisher)
            await self.pass_by("applied")
            self._busy -= 1
            if not self._busy:
                self._at_rest.set()
            if self.dice.random() < 0.3:
                await self._commit(partition)

    async def _commit(self, partition: int) -> None:
        await self.pass_by("commit")
        offset = self.keeper.next_offset(partition)
        if not self.simulation.product.seeks:
            # Faust's own book-keeping of gaps goes beyond what was applied.
            offset = self.position.get(partition)
        if offset is not None:
            self.cluster.committed[partition] = offset
        await self.pass_by("committed")
