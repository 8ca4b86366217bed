"""The workers that are compared: how each is started, and where it leaves its traces."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

import yaml

from models.state import PARTITION_KEY, position_of
from models.topics import ALERTS, DEAD_LETTERS, EVENTS, MEMBER_ALERTS, SNAPSHOTS
from streams.catalogue import shipped_catalogue
from streams.connection import Connection
from streams.settings import load_configuration
from streams.topics import administration, apply_topics, changelog_name
from tests.bench.cluster import Log, create_topic
from tests.bench.job import Job

PARTITIONS = 4
"""Of the events topic, as in the demo."""


class WrongResultError(Exception):
    """A worker said that it was done and has not done the job."""


class Peer(Protocol):
    """A worker on topics of its own; `prefix` begins the names of all of them."""

    name: ClassVar[str]
    job: Job
    prefix: str
    topic: str
    group: str
    changelog: str

    def prepare(self, folder: Path) -> None:
        """Create what the worker needs before it starts."""

    def command(self, folder: Path) -> list[str]:
        """What to run."""

    def environment(self, folder: Path) -> Mapping[str, str]:
        """What it finds in its environment besides the given."""

    def applied(self, key: bytes | None, value: bytes | None) -> int | None:
        """How many events were applied when this changelog record was written, if it says so."""

    def check(self) -> str:
        """Say in a few words what was written; WrongResultError where it is not what the job is."""


@dataclass(slots=True)
class Pulse:
    """The product's own worker, doing all that it does."""

    name: ClassVar[str] = "Pulse"
    job: Job
    connection: Connection
    prefix: str
    topic: str = ""
    group: str = ""
    changelog: str = ""

    def __post_init__(self) -> None:
        self.topic = self.prefix + EVENTS.name
        self.group = f"{self.prefix}pulse"

    def prepare(self, folder: Path) -> None:
        settings = {
            **self.job.configuration,
            "kafka": {
                "topic_prefix": self.prefix,
                "partitions": PARTITIONS,
                "replication_factor": 1,
            },
        }
        file = folder / "pulse.yaml"
        file.write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
        configuration = load_configuration(file, shipped_catalogue(), {})
        self.changelog = changelog_name(configuration)
        with administration(self.connection, print) as client:
            for _ in apply_topics(client, configuration, alter=False):
                pass

    def command(self, folder: Path) -> list[str]:
        options = ["--web-host", "127.0.0.1", "--web-port", "0", "--data-dir", str(folder)]
        return [sys.executable, "-m", "streams", "worker", *options]

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {"PULSE_CONFIG": str(folder / "pulse.yaml")}

    def applied(self, key: bytes | None, value: bytes | None) -> int | None:
        if key != PARTITION_KEY or value is None:
            return None
        return position_of(value).offset + 1

    def check(self) -> str:
        rejected = size_of(self.connection, self.prefix + DEAD_LETTERS.name)
        if rejected != self.job.unreadable:
            raise WrongResultError(f"{rejected} dead letters, not {self.job.unreadable}")
        snapshots = size_of(self.connection, self.prefix + SNAPSHOTS.name)
        alerts = size_of(self.connection, self.prefix + ALERTS.name)
        members = size_of(self.connection, self.prefix + MEMBER_ALERTS.name)
        if not (snapshots and alerts and members):
            raise WrongResultError("no snapshots or no alerts were written")
        return (
            f"{size_of(self.connection, self.changelog):,} changelog records, {snapshots:,} "
            f"snapshots, {alerts:,} community and {members:,} member alert records, "
            f"{rejected} dead letters"
        )


@dataclass(slots=True)
class Tutorial:
    """Faust's tutorial agent (tutorial_agent.py)."""

    name: ClassVar[str] = "Faust tutorial"
    job: Job
    connection: Connection
    prefix: str
    topic: str = ""
    group: str = ""
    changelog: str = ""

    def __post_init__(self) -> None:
        self.topic = f"{self.prefix}interactions"
        self.group = f"{self.prefix}tutorial"
        self.changelog = f"{self.group}-speech-changelog"

    def prepare(self, folder: Path) -> None:
        with administration(self.connection, print) as client:
            create_topic(client, self.topic, PARTITIONS)

    def command(self, folder: Path) -> list[str]:
        options = ["--datadir", str(folder), "worker", "--without-web", "--loglevel", "warn"]
        return [sys.executable, "-m", "tests.bench.tutorial_agent", *options]

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {
            "BENCH_GROUP": self.group,
            "BENCH_TOPIC": self.topic,
            "BENCH_PARTITIONS": str(PARTITIONS),
        }

    def applied(self, key: bytes | None, value: bytes | None) -> int | None:
        # One record per event that counts; the first of them stands at the very beginning.
        return 1

    def check(self) -> str:
        written = size_of(self.connection, self.changelog)
        if written != self.job.speech:
            raise WrongResultError(f"{written} changelog records for {self.job.speech} events")
        return f"{written:,} changelog records"


def size_of(connection: Connection, topic: str) -> int:
    """Return how many records were written to a topic."""
    log = Log(connection, topic)
    try:
        return log.size()
    finally:
        log.close()


def worker_environment(peer: Peer, connection: Connection, folder: Path) -> dict[str, str]:
    """Return the environment of a peer's process: ours, without what is set for Pulse in it."""
    root = Path(__file__).parents[2]
    path = os.pathsep.join(filter(None, (str(root), os.environ.get("PYTHONPATH"))))
    given = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    return {
        **given,
        "PYTHONPATH": path,
        "KAFKA_BOOTSTRAP_SERVERS": connection.servers,
        **peer.environment(folder),
    }
