"""How a worker reads the changelog: the cluster's logs, in pieces of any size and in any order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from streams.changelog_reader import Pieces
from streams.changelogs import Changelogs
from streams.read_back import ReadBack, ReadBacks

from .cluster import CHANGELOG

if TYPE_CHECKING:
    from .worker import Worker


class SimulatedChangelog:
    """Consumers of the changelog."""

    def __init__(self, worker: Worker) -> None:
        self._worker = worker
        self._positions: dict[int, int] = {}

    async def open(self) -> SimulatedChangelog:
        await self._worker.pass_by(self._point)
        return SimulatedChangelog(self._worker)

    @property
    def _point(self) -> str:
        return "recovering" if self._worker.recovering else "standing by"

    async def begin(self, starts: Mapping[int, int]) -> None:
        self._positions = dict(starts)

    async def ends(self, partitions: Iterable[int]) -> dict[int, int]:
        await self._worker.pass_by(self._point)
        return {partition: self.known_end(partition) for partition in partitions}

    async def next(self) -> Pieces:
        behind = [p for p, position in self._positions.items() if position < self.known_end(p)]
        if not behind:
            await self._worker.cluster.grown()
            return {}
        partition = self._worker.dice.choice(behind)
        log, position = self._worker.cluster.log(CHANGELOG, partition), self._positions[partition]
        left = [record for record in log.records if record.offset >= position]
        piece = left[: self._worker.dice.randint(1, 200)]
        self._positions[partition] = piece[-1].offset + 1
        await self._worker.pass_by(self._point)
        return {partition: piece}

    async def position(self, partition: int) -> int:
        return self._positions[partition]

    def known_end(self, partition: int) -> int:
        return self._worker.cluster.log(CHANGELOG, partition).end

    async def stop(self) -> None:
        return


class CountedChangelogs(Changelogs):
    """Counts what of a takeover need not be read."""

    def __init__(self, worker: Worker, read_backs: ReadBacks) -> None:
        super().__init__(SimulatedChangelog(worker), read_backs)
        self._counts = worker.cluster.counts

    async def read(
        self, partitions: Iterable[int], held: Mapping[int, int], is_over: Callable[[], bool]
    ) -> dict[int, ReadBack]:
        stood_by = self.lags().keys() & set(partitions)
        found = await super().read(partitions, held, is_over)
        self._counts["state kept"] += len(held.keys() - found.keys())
        self._counts["taken over by a standby"] += len(stood_by & found.keys())
        return found
