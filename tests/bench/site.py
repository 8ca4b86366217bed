"""A place to measure at: a deployment on a real broker, generated events, figures of a worker."""

import asyncio
import os
import tempfile
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import psutil
from aiokafka import AIOKafkaProducer

from models.instants import format_instant
from streams.broker import Broker, open_broker
from streams.connection import Connection
from streams.demo.worker_process import Samples, WorkerProcess, total
from streams.partitioning import partition_of_key
from streams.record_batches import BATCH_BYTES, RecordBatches
from streams.web import PORT_FILE
from tests.bench.peers import WrongResultError
from tests.integration.deployment import Deployment, deployed

_LOOK = 0.1
_BEAT = 0.005


class Sent(NamedTuple):
    """A record to send: its partition's key, its value, its timestamp in milliseconds."""

    key: bytes
    value: bytes
    timestamp: int


@contextmanager
def broker_of_our_own() -> Iterator[tuple[Broker, Path]]:
    """Start a broker for the length of a `with` block; also gives a folder for all else."""
    with tempfile.TemporaryDirectory(prefix="pulse-bench-") as name:
        folder = Path(name)
        with open_broker(folder / "kafka", report=print) as broker:
            yield broker, folder


@contextmanager
def site(
    broker: Broker, folder: Path, partitions: int, settings: Mapping[str, Any] | None = None
) -> Iterator[Deployment]:
    """Deploy Pulse on topics of its own for the length of a `with` block."""
    name = f"bench-{uuid.uuid4().hex[:8]}"
    place = folder / name
    with deployed(broker, f"{name}.", place, settings, partitions=partitions) as deployment:
        yield deployment


def event(number: int, community: str, user: str, at: int, kind: str = "post.created") -> Sent:
    """Return an event that happened, and arrives, at `at` (milliseconds)."""
    value = (
        f'{{"id":"e{number}","type":"{kind}","time":"{format_instant(at)}",'
        f'"community_id":"{community}","user_id":"{user}"}}'
    )
    return Sent(community.encode(), value.encode(), at)


def producer_of(connection: Connection, **settings: Any) -> AIOKafkaProducer:
    """Return a producer, not started, for whole batches."""
    return AIOKafkaProducer(
        **connection.aiokafka(),
        acks="all",
        compression_type="lz4",
        max_batch_size=BATCH_BYTES,
        max_request_size=32 << 20,
        **settings,
    )


def send(deployment: Deployment, records: Iterable[Sent]) -> int:
    """Send `records` to the events topic, each to its key's partition; return their number."""

    async def run() -> int:
        producer = producer_of(deployment.connection)
        await producer.start()
        try:
            batches = RecordBatches(producer, {})
            number = 0
            for record in records:
                number += 1
                partition = partition_of_key(record.key, deployment.partitions)
                await batches.add(deployment.events_topic, partition, *record)
            await batches.confirm()
        finally:
            await producer.stop()
        return number

    return asyncio.run(run())


def wait_for(
    worker: WorkerProcess, name: str, least: float, patience: float = 900.0, **labels: str
) -> Samples:
    """Wait until a metric of the worker has come to `least`; WrongResultError where it goes over.

    The metric is looked at ten times a second, so time is better read elsewhere.
    """
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        worker.check()
        found = worker.samples()
        value = total(found, name, **labels)
        if found and value >= least:
            if value > least:
                raise WrongResultError(f"{name} is {value:,.0f}, not {least:,.0f}")
            return found
        time.sleep(_LOOK)
    raise WrongResultError(f"{name} is not {least:,.0f} within {patience:.0f} s\n{worker.tail()}")


@dataclass(slots=True)
class Usage:
    """What a process has used: CPU seconds, and resident bytes."""

    cpu: float
    resident: int


def usage(worker: WorkerProcess) -> Usage:
    """Ask the system what the worker's process has used so far."""
    process = psutil.Process(worker.process.pid)
    times = process.cpu_times()
    return Usage(times.user + times.system, process.memory_info().rss)


class LoopWatch:
    """Asks a worker's /healthz all the time: the longest answer is the longest hold of its loop."""

    def __init__(self, folder: Path) -> None:
        port = (folder / PORT_FILE).read_text(encoding="utf-8").strip()
        self._url = f"http://127.0.0.1:{port}/healthz"
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="loop watch", daemon=True)
        self.longest = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(_BEAT):
            begun = time.monotonic()
            with urllib.request.urlopen(self._url, timeout=120) as answer:
                answer.read()
            self.longest = max(self.longest, time.monotonic() - begun)


def folder_of(deployment: Deployment) -> Path:
    """Return the data folder of the worker that was started last."""
    return deployment.folder / f"worker-{deployment.workers}"


def load() -> str:
    """Say how loaded the machine is."""
    return f"load average {os.getloadavg()[0]:.1f}"
