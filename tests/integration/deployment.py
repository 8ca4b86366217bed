"""One deployment of Pulse on the session's broker: topics, commands and workers of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition

from models.topics import ALERTS, EVENTS, MEMBER_ALERTS
from rules.configuration import Configuration
from streams.broker import Broker
from streams.broker.processes import kill_process
from streams.catalogue import shipped_catalogue
from streams.connection import Connection
from streams.demo.worker_process import Samples, WorkerProcess, total, worker_process
from streams.produce import produce
from streams.replay_file import replay_file
from streams.settings import load_configuration
from streams.topics import apply_topics

ROOT = Path(__file__).parents[2]
EARLY = 3_000
PATIENCE = 60.0
COMMAND_PATIENCE = 90.0


class Record(NamedTuple):
    """One record as it stands in a topic."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def outside(servers: str) -> dict[str, str]:
    """The environment of a process: ours, without what Pulse would read of it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PULSE_")}
    return {**kept, "KAFKA_BOOTSTRAP_SERVERS": servers, "PYTHONPATH": str(ROOT)}


def command(
    servers: str, *arguments: str | Path, folder: Path, text: bytes = b""
) -> subprocess.CompletedProcess[bytes]:
    """Run `pulse` with `arguments` in `folder`, `text` at its standard input, to its end."""
    return subprocess.run(
        [sys.executable, "-m", "streams", *map(str, arguments)],
        cwd=folder,
        env=outside(servers),
        input=text,
        capture_output=True,
        timeout=COMMAND_PATIENCE,
        check=False,
    )


def wait_until(condition: Callable[[], bool], what: str, worker: WorkerProcess) -> None:
    """Return when `condition` holds; else fail with `what` and the last lines of the worker."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        worker.check()
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {PATIENCE:.0f} s\n{worker.tail(30)}")
        time.sleep(0.05)


def records_counted(samples: Samples) -> float:
    """How many records a worker has applied since it started, rejected ones included."""
    return total(samples, "pulse_events_total") + total(samples, "pulse_events_rejected_total")


@dataclass
class Deployment:
    """Names, files and the configuration of one deployment."""

    servers: str
    prefix: str
    folder: Path
    partitions: int
    workers: int = 0

    @property
    def configuration(self) -> Path:
        return self.folder / "pulse.yaml"

    @property
    def environment(self) -> Mapping[str, str]:
        return {**outside(self.servers), "PULSE_CONFIG": str(self.configuration)}

    def topic(self, name: str) -> str:
        return self.prefix + name

    def loaded(self) -> Configuration:
        return load_configuration(self.configuration, shipped_catalogue(), {})

    def create_topics(self) -> None:
        with administrator(self.servers) as client:
            list(apply_topics(client, self.loaded(), alter=False))

    def produce(self, file: Path) -> int:
        """Send `file` to the events topic; return how many lines it has."""
        return produce(self.connection, self.events_topic, str(file)).lines

    def replay(self, file: Path) -> list[bytes]:
        """The alert records that a replay of `file` gives, on as many partitions as here."""
        out = self.folder / "replayed.ndjson"
        catalogue = shipped_catalogue()
        replay_file(str(file), self.loaded(), catalogue, None, self.partitions, out, print)
        return out.read_bytes().splitlines()

    def pulse(self, *arguments: str | Path, text: bytes = b"") -> str:
        """Run a command with this deployment's configuration, and return what it printed."""
        given = [*arguments, "--config", self.configuration]
        ended = command(self.servers, *given, folder=self.folder, text=text)
        assert ended.returncode == 0, ended.stderr.decode()
        return ended.stdout.decode()

    def fails(self, *arguments: str | Path) -> tuple[int, str]:
        """Run a command with this deployment's configuration; its exit code and what it said."""
        given = [*arguments, "--config", self.configuration]
        ended = command(self.servers, *given, folder=self.folder)
        return ended.returncode, ended.stderr.decode()

    @contextmanager
    def worker(self, *, ready: bool = True, folder: str | None = None) -> Iterator[WorkerProcess]:
        """Run one more worker for the length of a `with` block, in a data folder of its own."""
        self.workers += 1
        folder = folder or f"worker-{self.workers}"
        with worker_process(self.folder / folder, self.environment) as worker:
            if ready:
                worker.wait_until_ready()
            yield worker

    def wait_until_applied(self, worker: WorkerProcess, records: int) -> Samples:
        """Wait until a worker has applied so many records since it started; its metrics then."""
        found: Samples = {}

        def applied() -> bool:
            found.update(worker.samples())
            return records_counted(found) >= records

        wait_until(applied, f"{records:,} records applied", worker)
        assert records_counted(found) == records, worker.tail(30)
        return found

    def wait_until_caught_up(self, worker: WorkerProcess) -> Samples:
        """Wait until a worker owns all partitions and has applied all they hold."""
        found: Samples = {}

        def caught_up() -> bool:
            found.clear()
            found.update(worker.samples())
            lags = [v for (name, _), v in found.items() if name == "pulse_consumer_lag_records"]
            return len(lags) == self.partitions and not any(lags)

        wait_until(caught_up, f"all of {self.partitions} partitions applied", worker)
        return found

    def read(self, *names: str) -> list[Record]:
        """All records that stand in these topics now, in the order of each partition."""
        return read_topics(self.servers, [self.topic(name) for name in names])

    def alerts(self) -> list[Record]:
        """All records of the two alert topics."""
        return self.read(ALERTS.name, MEMBER_ALERTS.name)

    def producer(self, **settings: Any) -> KafkaProducer:
        return KafkaProducer(bootstrap_servers=self.servers, acks="all", **settings)

    @property
    def connection(self) -> Connection:
        return Connection(tuple(self.servers.split(",")))

    @property
    def events_topic(self) -> str:
        return self.topic(EVENTS.name)


@contextmanager
def administrator(servers: str) -> Iterator[KafkaAdminClient]:
    client = KafkaAdminClient(bootstrap_servers=servers)
    try:
        yield client
    finally:
        client.close()


def kill_in_the_middle(worker: WorkerProcess) -> float:
    """Kill a worker without warning once it has applied some; return how many it had by then."""
    wait_until(
        lambda: records_counted(worker.samples()) >= EARLY, f"{EARLY:,} records applied", worker
    )
    applied = records_counted(worker.samples())
    kill_process(worker.process)
    assert worker.process.returncode == -signal.SIGKILL
    return applied


@contextmanager
def deployed(
    broker: Broker,
    prefix: str,
    folder: Path,
    settings: Mapping[str, Any] | None = None,
    *,
    partitions: int = 4,
    topics: bool = True,
) -> Iterator[Deployment]:
    """Write a configuration file, create the topics, and remove them afterwards.

    `settings` are sections of the configuration; its clock is `records` unless they say otherwise.
    """
    settings = dict(settings or {})
    settings["time"] = {"clock": "records", **settings.get("time", {})}
    settings["kafka"] = {"topic_prefix": prefix, "partitions": partitions}
    folder.mkdir(parents=True, exist_ok=True)
    deployment = Deployment(broker.bootstrap_servers, prefix, folder, partitions)
    text = yaml.safe_dump(settings, allow_unicode=True)
    deployment.configuration.write_text(text, encoding="utf-8")
    if topics:
        deployment.create_topics()
    try:
        yield deployment
    finally:
        remove_topics(broker.bootstrap_servers, prefix)


def remove_topics(servers: str, prefix: str) -> None:
    with administrator(servers) as client:
        client.delete_topics([name for name in client.list_topics() if name.startswith(prefix)])


def read_topics(servers: str, topics: Iterable[str]) -> list[Record]:
    """All records that stand in `topics` now; AssertionError where they cannot be read in time."""
    consumer = KafkaConsumer(
        bootstrap_servers=servers, enable_auto_commit=False, group_id=None, fetch_max_wait_ms=20
    )
    try:
        places = [
            TopicPartition(topic, number)
            for topic in topics
            for number in sorted(consumer.partitions_for_topic(topic))
        ]
        consumer.assign(places)
        consumer.seek_to_beginning(*places)
        ends = consumer.end_offsets(places)
        found: dict[TopicPartition, list[Record]] = {place: [] for place in places}
        deadline = time.monotonic() + PATIENCE
        while any(consumer.position(place) < ends[place] for place in places):
            assert time.monotonic() < deadline, f"cannot read {', '.join(topics)} to the end"
            for place, records in consumer.poll(timeout_ms=200).items():
                found[place] += [_record(record) for record in records]
        return [record for place in places for record in found[place]]
    finally:
        consumer.close()


def _record(record: Any) -> Record:
    return Record(
        record.topic,
        record.partition,
        record.offset,
        record.timestamp,
        record.key,
        record.value,
        list(record.headers),
    )
