"""A topic whose records lie anywhere, and the workers that route and merge them, without Kafka."""

from __future__ import annotations

import json
import random
from collections import deque
from copy import deepcopy
from dataclasses import dataclass, field
from typing import NamedTuple

from models.decode import decode_records
from models.instants import format_instant
from rules.state import BEGINNING
from streams.forwarded import Forward, Forwarded, read_forwarded
from streams.marks import GRACE, Mark, Marks
from streams.merge import Merge
from streams.partitioning import partition_of
from streams.passage import Passage, Rerouted
from streams.routing import Route

COMMUNITIES = [f"c{number}" for number in range(12)]
BEGIN = 1_735_689_600_000
Applied = tuple[int, int, int]
"""Channel clock, source partition and offset."""


class Message(NamedTuple):
    """A record of a topic."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def topic_of(dice: random.Random, partitions: int, number: int) -> list[list[Message]]:
    """Records that arrive more or less in order, some unreadable, each in any partition."""
    logs: list[list[Message]] = [[] for _ in range(partitions)]
    offsets = [0] * partitions
    favourite = dice.choice([None, dice.randrange(partitions)])
    at_once = dice.choice([1, 2, 10])
    for index in range(number):
        community = dice.choice(COMMUNITIES)
        source = dice.randrange(partitions)
        if dice.random() < 0.3:
            source = partition_of(community, partitions)
        elif favourite is not None and dice.random() < 0.5:
            source = favourite
        arrival = BEGIN + index // at_once - dice.choice([0, 0, 0, 9])
        value = json.dumps(
            {
                "id": f"e{index}",
                "type": "post.created",
                "time": format_instant(arrival),
                "community_id": community,
            }
        ).encode()
        if dice.random() < 0.1:
            value = b"no event"
        # Some offsets hold no record.
        offsets[source] += dice.choice([1, 1, 1, 1, 2])
        logs[source].append(Message(offsets[source], arrival, None, value, []))
    return logs


def expected_of(logs: list[list[Message]]) -> list[list[Applied]]:
    """What each home must apply, in order: by channel clock, source partition, offset."""
    expected: list[list[Applied]] = [[] for _ in logs]
    for source, log in enumerate(logs):
        clock = BEGINNING
        for record in log:
            for arrival, _, event in decode_records([record])[0]:
                clock = max(clock, arrival)
                home = partition_of(event.community_id, len(logs))
                expected[home].append((clock, source, record.offset))
    return [sorted(applied) for applied in expected]


@dataclass
class Saved:
    """What the state of a partition holds."""

    next_offset: int = 0
    clock: int = BEGINNING
    passage: Passage = field(default_factory=Passage)
    applied: list[tuple[int, str]] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)


class Worker:
    """One worker: it owns some of the partitions."""

    def __init__(self, world: World, owned: list[int]) -> None:
        self.world = world
        self.owned = owned
        self.marks = Marks(len(world.logs))
        # What is folded before a record was ever rerouted is the keeper's to prove (simulation).
        self.marks.aim([1 << 60] * len(world.logs), rerouting=True)
        self.inbox: deque[tuple[int, Mark]] = deque()
        self.routes: dict[int, Route] = {}
        self.merges: dict[int, Merge] = {}
        self.ends = [len(log) for log in world.rerouted]
        for number in owned:
            saved = world.saved[number]
            route = Route("t", number, len(world.logs), saved.next_offset, saved.clock)
            self.routes[number] = route
            self.merges[number] = Merge(
                number, self.marks, saved.next_offset, saved.clock, deepcopy(saved.passage)
            )

    def left(self, source: int) -> list[Message]:
        """What is not routed yet."""
        begin = self.routes[source].next_offset
        return [record for record in self.world.logs[source] if record.offset >= begin]

    def route(self, source: int, number: int, *, since: int = 0, lost: int = 0) -> None:
        """Route so many records; the first `lost` that are sent on are never written."""
        records = self.left(source)[:number]
        if not records:
            return
        routed = self.routes[source].part(records, (), since)
        self.world.write(routed.forwards[lost:])
        if lost:
            return
        for forward in routed.forwards:
            self.ends[forward[0]] = len(self.world.rerouted[forward[0]])
        self.merges[source].add(routed.portion)
        self.tell(source, 0)

    def settle(self, source: int, at: int) -> None:
        """Notice that a partition is fully read, if it is."""
        if not self.left(source):
            self.merges[source].read(at)
            self.tell(source, at)

    def tell(self, source: int, read_at: int) -> None:
        route = self.routes[source]
        mark = Mark(route.clock, route.next_offset, read_at, tuple(self.ends))
        self.marks.learn(source, mark)
        for other in self.world.workers:
            if other is not self:
                other.inbox.append((source, mark))

    def hear(self, number: int) -> None:
        """Learn of so many of the others' marks."""
        for _ in range(min(number, len(self.inbox))):
            self.marks.learn(*self.inbox.popleft())

    def read(self, home: int, number: int) -> None:
        """Read so many of the rerouted records."""
        merge = self.merges[home]
        begin = merge.next_place
        records = self.world.rerouted[home][begin : begin + number]
        accepted = [each for each in read_forwarded(records) if merge.accept(*each.source[:3])]
        merge.receive(map(rerouted, accepted), begin + len(records))

    def apply(self, home: int, limit: int, kept: int) -> bool:
        """Apply what may be applied, but only so many events of it; tell whether there was any."""
        merge, saved = self.merges[home], self.world.saved[home]
        events = merge.ready(limit)
        assert len(events) <= limit
        if not events and not merge.has_passed:
            return False
        events = events[:kept]
        saved.applied += [(arrival, event.id) for arrival, _, event in events]
        saved.refused += [refused.offset for refused in merge.advance(len(events))]
        saved.next_offset, saved.clock = merge.next_offset, merge.clock
        saved.passage = deepcopy(merge.passage)
        return True


def rerouted(record: Forwarded) -> Rerouted:
    [event], _ = decode_records([record])
    source, offset, _, clock, since = record.source
    return clock, source, offset, event, record.place, since


class World:
    """The topics, what is saved, and the workers that run; all partitions are owned by one."""

    def __init__(self, logs: list[list[Message]], workers: int) -> None:
        self.logs = logs
        self.rerouted: list[list[Message]] = [[] for _ in logs]
        self.saved = [Saved() for _ in logs]
        self.zombies: list[Worker] = []
        self.workers: list[Worker] = []
        for number in range(workers):
            owned = [each for each in range(len(logs)) if each % workers == number]
            self.workers.append(Worker(self, owned))

    def write(self, forwards: list[Forward]) -> None:
        for home, timestamp, key, value, headers in forwards:
            log = self.rerouted[home]
            log.append(Message(len(log), timestamp, key, value, headers))

    def replace(self, worker: Worker, *, alive: bool) -> None:
        """The worker is dead, or taken for dead and still `alive`; another takes its place."""
        if alive:
            self.zombies.append(worker)
        self.workers[self.workers.index(worker)] = Worker(self, worker.owned)

    def finish(self) -> None:
        """Let everything be routed, read and applied."""
        for _ in range(len(self.logs) + 2):
            for worker in self.workers:
                for number in worker.owned:
                    worker.route(number, 1_000_000)
                    worker.settle(number, 2 * GRACE)
            for worker in self.workers:
                worker.hear(1_000_000)
                for number in worker.owned:
                    worker.read(number, 1_000_000)
                    while worker.apply(number, 50, 50):
                        pass
