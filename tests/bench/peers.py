"""What a worker needs to be compared: how it is started, timed and checked."""

import os
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from kafka.admin import KafkaAdminClient

from streams.connection import Connection
from tests.bench.cluster import Log, Span
from tests.bench.workload import Counts, Workload

PARTITIONS = 4
"""Of the events topic, as in the demo."""

SKIPPED = 5_000
"""Events before a worker's time begins: Pulse's first batch, and as many of those who tell it."""


class WrongResultError(Exception):
    """A worker said that it was done and has not done the job."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a round happens.

    `prefix` begins the names of a variant's topics. `mark` begins with it and is the round's own:
    the broker may keep the offsets of a group for a while after its last member has gone.
    """

    connection: Connection
    workload: Workload
    topic: str
    prefix: str
    mark: str


class Peer(ABC):
    """One round of a worker, which reads `place.topic` with a group and a state of its own."""

    name: str
    group: str
    changelog: str

    def __init__(self, place: Place) -> None:
        self.place = place

    def prepare(self, client: KafkaAdminClient, folder: Path) -> None:  # noqa: B027 - most need nothing
        """Create what the worker needs before it starts."""

    @abstractmethod
    def command(self, folder: Path) -> list[str]:
        """Return what to run."""

    def environment(self, folder: Path) -> Mapping[str, str]:
        """Return what it finds in its environment besides the given."""
        return {
            "BENCH_EVENTS": str(self.place.workload.events),
            "BENCH_GROUP": self.group,
            "BENCH_PARTITIONS": str(PARTITIONS),
            "BENCH_SKIPPED": str(SKIPPED),
            "BENCH_STATE": str(folder / "state"),
            "BENCH_TOPIC": self.place.topic,
        }

    @abstractmethod
    def span(self, log: Log, output: str) -> Span:
        """Tell when it worked, by its changelog and by what it printed; ValueError if unclear."""

    @abstractmethod
    def counted(self, records: Iterator[tuple[bytes | None, bytes | None]]) -> Counts:
        """Return the speech that it counted, from the records of its changelog."""

    def written(self, changelog_records: int) -> str:
        """Say in a few words what it wrote; WrongResultError where something is missing."""
        return f"{changelog_records:,} changelog records"


def check(peer: Peer, log: Log) -> None:
    """WrongResultError where a peer's counts are not those of the job."""
    wanted, counted = peer.place.workload.speech, peer.counted(log.records())
    if counted != wanted:
        differing = [key for key in {*wanted, *counted} if wanted.get(key) != counted.get(key)]
        example = min(differing)
        raise WrongResultError(
            f"{peer.name}: {len(differing):,} of {len(wanted):,} counts are wrong, such as "
            f"{counted.get(example)} for {wanted.get(example)} at {example}"
        )


def milestones(output: str, log: Log, events: int) -> Span:
    """Return the span of a worker that printed `milestone <events> <milliseconds>` lines."""
    told = {
        int(words[1]): int(words[2]) / 1_000
        for line in output.splitlines()
        if (words := line.split()) and words[0] == "milestone"
    }
    if SKIPPED not in told or events not in told:
        raise ValueError("the worker printed no milestones")
    return Span(told[SKIPPED], log.last_instant(), SKIPPED, told.get(events // 2))


def size_of(connection: Connection, topic: str) -> int:
    """Return how many records were written to a topic."""
    log = Log(connection, topic)
    try:
        return log.size()
    finally:
        log.close()


def worker_environment(peer: Peer, folder: Path) -> dict[str, str]:
    """Return the environment of a peer's process: ours, without what is set for Pulse in it."""
    root = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    given = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    return {
        **given,
        "PYTHONPATH": path,
        "KAFKA_BOOTSTRAP_SERVERS": peer.place.connection.servers,
        **peer.environment(folder),
    }
