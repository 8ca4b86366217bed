"""A Kafka cluster made of lists: logs, compaction, requests on their way, committed offsets."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from models.state import PARTITION_KEY
from models.topics import DEAD_LETTERS, EVENTS, MEMBERS, SNAPSHOTS

from .clockwork import Process

CHANGELOG = "pulse-state-changelog"
REROUTED = "pulse-rerouted"
OUTPUT_PARTITIONS = 2
LAG = 86_400_000
Headers = list[tuple[str, bytes]]


@dataclass(slots=True)
class SourceMessage:
    """A record of the events topic, as aiokafka hands it out."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Written(NamedTuple):
    """A record in one of the other logs; `time` is when it was appended."""

    offset: int
    time: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int


class Metadata(NamedTuple):
    """What a confirmation says: the offset of the batch's first record."""

    offset: int


Draft = tuple[bytes | None, bytes | None, Headers, int]
"""Key, value, headers and timestamp."""


@dataclass
class Log:
    """One partition of a topic that is written to."""

    records: list[Written] = field(default_factory=list)
    begin: int = 0
    end: int = 0
    rolled: int = 0
    """The offset at which the active segment begins: a segment is rolled by what is appended."""
    last_base: int = 0

    def append(self, drafts: Iterable[Draft], now: int) -> int:
        base = self.last_base = self.end
        for key, value, headers, timestamp in drafts:
            self.records.append(Written(self.end, now, key, value, headers, timestamp))
            self.end += 1
        return base

    def delete_before(self, offset: int) -> int:
        """Delete the records before an offset; return how many there were."""
        before = len(self.records)
        self.begin = max(self.begin, offset)
        self.records = [record for record in self.records if record.offset >= self.begin]
        return before - len(self.records)

    def compact(self, now: int, lag: int) -> int:
        """Keep the last record of each key among those that may be cleaned; return how many went.

        As Kafka does it: neither the active segment nor anything from the first record on that is
        younger than `lag` is looked at.
        """
        horizon = next((r.offset for r in self.records if r.time > now - lag), self.end)
        horizon = min(horizon, self.rolled)
        last = {record.key: record.offset for record in self.records if record.offset < horizon}
        before = len(self.records)
        self.records = [
            record
            for record in self.records
            if record.offset >= horizon or last[record.key] == record.offset
        ]
        return before - len(self.records)


@dataclass(eq=False)
class Request:
    """A record batch on its way to the cluster."""

    process: Process
    topic: str
    partition: int
    drafts: list[Draft]
    confirm: asyncio.Future[object]

    @property
    def kind(self) -> str:
        if self.topic == CHANGELOG:
            return "marker" if any(d[0] == PARTITION_KEY for d in self.drafts) else "values"
        kinds = {
            SNAPSHOTS.name: "snapshots",
            MEMBERS.name: "snapshots",
            DEAD_LETTERS.name: "letters",
            REROUTED: "forwards",
        }
        return kinds.get(self.topic, "alerts")


class Cluster:
    """Everything that outlives a process."""

    def __init__(self, source: list[list[SourceMessage]]) -> None:
        self.source = source
        self.logs: dict[tuple[str, int], Log] = {}
        self.committed: dict[int, int] = {}
        self.now = 0
        self.network: dict[tuple[str, str, int], deque[Request]] = {}
        self.counts: Counter[str] = Counter()
        self._growth: list[asyncio.Future[None]] = []

    async def grown(self) -> None:
        """Wait until some changelog partition has grown."""
        self._growth.append(asyncio.get_running_loop().create_future())
        await self._growth[-1]

    @property
    def partitions(self) -> int:
        return len(self.source)

    def log(self, topic: str, partition: int) -> Log:
        return self.logs.setdefault((topic, partition), Log())

    def topic(self, name: str) -> list[Written]:
        """All records of a topic, partition by partition."""
        places = sorted(place for place in self.logs if place[0] == name)
        return [record for place in places for record in self.logs[place].records]

    def end_of_source(self, partition: int) -> int:
        records = self.source[partition]
        return records[-1].offset + 1 if records else 0

    def send(self, request: Request) -> None:
        place = request.process.name, request.topic, request.partition
        self.network.setdefault(place, deque()).append(request)

    def heads(self) -> list[Request]:
        """The requests that may arrive next: per process and partition the oldest."""
        return [queue[0] for queue in self.network.values()]

    def take(self, request: Request) -> None:
        place = request.process.name, request.topic, request.partition
        self.network[place].popleft()
        if not self.network[place]:
            del self.network[place]

    def put_back(self, request: Request) -> None:
        place = request.process.name, request.topic, request.partition
        self.network.setdefault(place, deque()).appendleft(request)

    def write(self, request: Request) -> int:
        if request.topic == CHANGELOG:
            growth, self._growth = self._growth, []
            for waiter in growth:
                if not waiter.done():
                    waiter.set_result(None)
        return self.log(request.topic, request.partition).append(request.drafts, self.now)

    def cut_off(self, process: Process, dice: random.Random) -> None:
        """Forget what a dead process had not sent yet; what is under way may still arrive."""
        for place in [place for place in self.network if place[0] == process.name]:
            first = self.network[place][0]
            del self.network[place]
            if dice.random() < 0.5:
                self.network[place] = deque([first])

    def compact(self, dice: random.Random) -> int:
        gone = 0
        for (topic, _), log in sorted(self.logs.items()):
            if topic == CHANGELOG:
                if dice.random() < 0.7:
                    log.rolled = dice.randint(log.rolled, log.last_base)
                gone += log.compact(self.now, LAG)
        return gone


def source_topic() -> str:
    return EVENTS.name
