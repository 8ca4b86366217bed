"""The consumer group's coordinator: members, generations, assignments dealt at random."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from .clockwork import Clockwork

if TYPE_CHECKING:
    from .worker import Worker

Assignment = tuple[int, list[int], list[int]]
"""The generation, the partitions of a member, and those that it stands by for."""


class Group:
    """Who belongs to the group; an assignment is made once every member has asked for one."""

    def __init__(
        self, loop: Clockwork, partitions: int, standbys: bool, dice: random.Random
    ) -> None:
        self._loop = loop
        self._standbys = standbys
        self._partitions = partitions
        self._dice = dice
        self._waiting: dict[Worker, asyncio.Future[Assignment]] = {}
        self.members: list[Worker] = []
        self.generation = 0

    @property
    def rebalancing(self) -> bool:
        return bool(self._waiting)

    def join(self, worker: Worker) -> asyncio.Future[Assignment]:
        """Ask for an assignment."""
        if worker not in self.members:
            self.members.append(worker)
        self._waiting[worker] = answer = self._loop.create_future()
        self.rebalance()
        self._assign_when_all_wait()
        return answer

    def leave(self, worker: Worker) -> None:
        """Take a member out: it has stopped, died, or was silent for too long."""
        if worker in self.members:
            self.members.remove(worker)
            self._waiting.pop(worker, None)
            self.rebalance()
            self._assign_when_all_wait()

    def rebalance(self) -> None:
        """Ask every member to join anew; each learns of it when it runs."""
        for member in self.members:
            if member not in self._waiting:
                self._loop.tell(member.process, member.heed, self.generation)

    def _assign_when_all_wait(self) -> None:
        if not self._waiting or any(member not in self._waiting for member in self.members):
            return
        self.generation += 1
        waiting, self._waiting = self._waiting, {}
        dealt: list[list[int]] = [[] for _ in waiting]
        standbys: list[list[int]] = [[] for _ in waiting]
        for partition in range(self._partitions):
            owner = self._dice.randrange(len(dealt))
            dealt[owner].append(partition)
            others = [number for number in range(len(dealt)) if number != owner]
            if self._standbys and others:
                standbys[self._dice.choice(others)].append(partition)
        for answer, owned, stood_by in zip(waiting.values(), dealt, standbys, strict=True):
            if not answer.done():
                answer.set_result((self.generation, owned, stood_by))
