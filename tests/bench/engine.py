"""The engine alone, without Kafka: CPU time per event of each step, on the demo's sample."""

import cProfile
import gc
import pstats
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import yaml

from models.days import calendar
from rules.configuration import Configuration
from rules.engine import fold
from rules.policy import Policies
from rules.state import BEGINNING, Partition
from streams.backlog import PIECE
from streams.catalogue import shipped_catalogue
from streams.faust_internals import SourceRecord
from streams.journal import Journal
from streams.marks import Marks
from streams.merge import Merge
from streams.partitioning import partition_of_key
from streams.passage import Passage
from streams.produce import messages
from streams.progress import bar
from streams.routing import Route
from streams.runner import collect_seldom
from streams.settings import load_configuration
from tests.bench.job import Job, full_job
from tests.bench.peers import PARTITIONS
from tests.bench.report import machine

_SHOWN = 25
_STEPS = ("decode and route", "fold", "state records")

Fetch = tuple[int, Sequence[SourceRecord]]
"""A partition, and the records that one batch hands to the worker."""


@dataclass(slots=True)
class Fetched:
    """A record as the consumer hands it on."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


def measure_engine(repetitions: int, *, profile: bool) -> None:
    """Print each step's CPU time per event: the best and the median of all repetitions."""
    with tempfile.TemporaryDirectory(prefix="pulse-bench-") as name:
        folder = Path(name)
        job = full_job(folder)
        configuration = _configuration(job, folder)
        fetches = _fetches(job.path)
    # The records held here are not the engine's: its garbage collections shall not walk them.
    gc.collect()
    collect_seldom()
    if profile:
        _print_profile(lambda: _run(configuration, fetches))
        return
    rows = []
    with bar("folding", repetitions) as move:
        for number in range(1, repetitions + 1):
            rows.append([seconds / job.events * 1e6 for seconds in _run(configuration, fetches)])
            move(number)
    _print_table(rows, job.events)


def _configuration(job: Job, folder: Path) -> Configuration:
    file = folder / "pulse.yaml"
    file.write_text(yaml.safe_dump(job.configuration, allow_unicode=True), encoding="utf-8")
    return load_configuration(file, shipped_catalogue(), {})


def _fetches(path: Path) -> list[Fetch]:
    """Part the events as the broker and the scheduler do: by partition, in full batches."""
    partitions: list[list[SourceRecord]] = [[] for _ in range(PARTITIONS)]
    for key, value, timestamp, headers in messages(str(path)):
        number = 0 if key is None else partition_of_key(key, PARTITIONS)
        records = partitions[number]
        records.append(
            Fetched("events", number, len(records), timestamp, key, value, tuple(headers))
        )
    return [
        (number, records[start : start + PIECE])
        for number, records in enumerate(partitions)
        for start in range(0, len(records), PIECE)
    ]


def _run(configuration: Configuration, fetches: Sequence[Fetch]) -> list[float]:
    """Apply everything to fresh partitions; return the CPU seconds of each step."""
    # A worker meets each day once: its calendars remember nothing yet.
    calendar.cache_clear()
    policies = Policies(configuration, shipped_catalogue())
    partitions = [Partition(policies) for _ in range(PARTITIONS)]
    journals = [Journal() for _ in range(PARTITIONS)]
    marks = Marks(PARTITIONS)
    routes = [Route("events", n, PARTITIONS, 0, BEGINNING) for n in range(PARTITIONS)]
    merges = [Merge(n, marks, 0, BEGINNING, Passage()) for n in range(PARTITIONS)]
    spent = [0.0] * len(_STEPS)
    for number, records in fetches:
        partition = partitions[number]
        begun = time.process_time()
        merges[number].add(routes[number].part(records, partition.communities, 0).portion)
        events = merges[number].ready(PIECE)
        decoded = time.process_time()
        fold(partition, events)
        merges[number].advance(len(events))
        folded = time.process_time()
        for _ in journals[number].records(partition):
            pass
        partition.clean()
        written = time.process_time()
        for step, seconds in enumerate((decoded - begun, folded - decoded, written - folded)):
            spent[step] += seconds
    return spent


def _print_table(rows: Sequence[Sequence[float]], events: int) -> None:
    columns = [*zip(*rows, strict=True), [sum(row) for row in rows]]
    print("| CPU µs per event | best | median |\n|---|---|---|")
    for step, values in zip((*_STEPS, "together"), columns, strict=True):
        print(f"| {step} | {min(values):.2f} | {median(values):.2f} |")
    print(
        f"\n{events:,} events of the demo's sample, {len(rows)} repetitions, batches of "
        f"{PIECE:,}, in one process. {machine()}."
    )


def _print_profile(work: Callable[[], object]) -> None:
    profiler = cProfile.Profile()
    profiler.runcall(work)
    pstats.Stats(profiler).sort_stats("tottime").print_stats(_SHOWN)
