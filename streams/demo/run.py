"""Runs the demo: broker, topics, events, worker, alerts, summary (contract, section 6)."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from models.documents import encode
from models.topics import ALERTS, DEAD_LETTERS, EVENTS, MEMBER_ALERTS
from rules.catalogue import Catalogue
from rules.configuration import Configuration
from streams import sample as samples
from streams.broker import Broker, open_broker
from streams.connection import Connection, read_connection
from streams.demo.summary import Seen, summary_lines, unexplained
from streams.demo.worker_process import WorkerProcess, total, worker_process
from streams.demo.workplace import workplace
from streams.produce import produce
from streams.progress import bar, file_bar
from streams.readable import line_of, steps_of
from streams.settings import load_configuration
from streams.subscribe import Subscriber
from streams.topics import administration, apply_topics, changelog_name

STALL_PATIENCE: Final = 90.0
"""Seconds without any progress after which the demo gives up."""

Say = Callable[[str], None]


class DemoError(Exception):
    """The demo did not show what it should; one line says what."""


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line says; `events` None takes the built-in sample."""

    events: str | None = None
    configuration: Path | None = None
    out: Path | None = None
    partitions: int = 4
    seed: int = 7


def run_demo(options: DemoOptions, catalogue: Catalogue, say: Say) -> None:
    """Run the whole service once; DemoError where a planted incident was not found."""
    with workplace() as folder:
        path, planted, settings = _events(options, folder, say)
        with open_broker(folder / "broker", report=say) as broker:
            connection = _connection(broker)
            with _configuration(options, settings, folder, catalogue) as (file, configuration):
                with _topics(connection, configuration, say):
                    _run(options, path, planted, connection, configuration, file, catalogue, say)


def _events(
    options: DemoOptions, folder: Path, say: Say
) -> tuple[str, "samples.Sample | None", dict[str, Any]]:
    if options.events is not None:
        say(f"events: {options.events}")
        return options.events, None, {}
    planted = samples.sample(options.seed)
    path = folder / "sample.ndjson"
    with path.open("wb") as file, bar("simulating communities", planted.line_count) as move:
        for number, line in enumerate(planted.lines, 1):
            file.write(line + b"\n")
            if number % 5_000 == 0:
                move(number)
    say(f"events: {planted.line_count:,} simulated ones ({planted.label})")
    return str(path), planted, dict(planted.configuration)


def _connection(broker: Broker) -> Connection:
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
    return read_connection(environment)


@contextmanager
def _configuration(
    options: DemoOptions, settings: dict[str, Any], folder: Path, catalogue: Catalogue
) -> Iterator[tuple[Path, Configuration]]:
    """Write the configuration of this run to a file: the given one, on topics of its own."""
    given = load_configuration(options.configuration, catalogue)
    values = {**given.model_dump(mode="json", exclude_unset=True), **settings}
    values = _with_durations(values, given)
    values["time"] = {**values.get("time", {}), "clock": "records"}
    values["kafka"] = {
        **values.get("kafka", {}),
        "topic_prefix": f"demo-{os.getpid()}-{int(time.time())}.",
        "partitions": options.partitions,
        "replication_factor": 1,
    }
    file = folder / "pulse.yaml"
    file.write_text(yaml.safe_dump(values, allow_unicode=True), encoding="utf-8")
    yield file, load_configuration(file, catalogue, {})


def _with_durations(values: dict[str, Any], given: Configuration) -> dict[str, Any]:
    """Write durations, which are milliseconds once read, with their unit again."""
    section = dict(values.get("time", {}))
    for name in ("lateness", "dedupe"):
        if isinstance(section.get(name), int):
            section[name] = f"{getattr(given.time, name)}ms"
    return {**values, "time": section} if section else values


@contextmanager
def _topics(connection: Connection, configuration: Configuration, say: Say) -> Iterator[None]:
    """Create the run's topics; remove them afterwards, for the broker may be somebody's."""
    with administration(connection, say) as client:
        created = [line for line in apply_topics(client, configuration, alter=False)]
    say(f"topics: {len(created)} created")
    try:
        yield
    finally:
        if os.environ.get("KAFKA_BOOTSTRAP_SERVERS"):
            prefix = configuration.kafka.topic_prefix
            with administration(connection, say) as client:
                client.delete_topics(
                    [name for name in client.list_topics() if name.startswith(prefix)]
                )
                client.delete_groups([f"{prefix}pulse"])


def _run(
    options: DemoOptions,
    path: str,
    planted: "samples.Sample | None",
    connection: Connection,
    configuration: Configuration,
    file: Path,
    catalogue: Catalogue,
    say: Say,
) -> None:
    prefix = configuration.kafka.topic_prefix
    begun = time.monotonic()
    with file_bar("sending events", path) as watch:
        produced = produce(connection, prefix + EVENTS.name, path, watch)
    say(f"sent {produced.lines:,} lines in {time.monotonic() - begun:.1f} s")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PULSE_")},
        "KAFKA_BOOTSTRAP_SERVERS": connection.servers,
        "PULSE_CONFIG": str(file),
    }
    seen = Seen()
    topics = [prefix + ALERTS.name, prefix + MEMBER_ALERTS.name]
    with (
        worker_process(file.parent / "worker", environment) as worker,
        Subscriber(connection, topics, from_beginning=True) as subscriber,
    ):
        worker.wait_until_ready()
        say("worker ready; the alerts as they come:\n")
        begun = time.monotonic()
        seconds = _follow(worker, subscriber, seen, produced.lines, begun, catalogue, say)
        for received in subscriber.until_end():
            _show(received.document, seen, catalogue, say)
        figures = worker.samples()
    say("")
    for line in summary_lines(figures, seen, seconds):
        say(line)
    if options.out is not None:
        _write(options.out, seen)
        say(f"alert records written to {options.out}")
    _judge(planted, figures, seen, catalogue, say)


def _follow(
    worker: WorkerProcess,
    subscriber: Subscriber,
    seen: Seen,
    lines: int,
    begun: float,
    catalogue: Catalogue,
    say: Say,
) -> float:
    """Show alerts until the worker has applied all `lines`; return how many seconds it took."""
    done, moved = 0.0, time.monotonic()
    while True:
        for received in subscriber.poll(0.1):
            _show(received.document, seen, catalogue, say)
        worker.check()
        figures = worker.samples()
        now = total(figures, "pulse_events_total") + total(figures, "pulse_events_rejected_total")
        if now >= lines:
            return time.monotonic() - begun
        if now > done:
            done, moved = now, time.monotonic()
        elif time.monotonic() - moved > STALL_PATIENCE:
            raise DemoError(
                f"the worker stands at {done:,.0f} of {lines:,} events\n{worker.tail()}"
            )


def _show(record: dict[str, Any], seen: Seen, catalogue: Catalogue, say: Say) -> None:
    if seen.add(record):
        say(line_of(record))
        for step in steps_of(record, catalogue):
            say(step)


def _write(path: Path, seen: Seen) -> None:
    partial = path.with_name(path.name + ".partial")
    with partial.open("wb") as file:
        for record in seen.records.values():
            file.write(encode(record) + b"\n")
    partial.replace(path)


def _judge(
    planted: "samples.Sample | None",
    figures: dict[Any, float],
    seen: Seen,
    catalogue: Catalogue,
    say: Say,
) -> None:
    problems = unexplained(seen.records.values(), catalogue)
    say(
        f"\nexplained from the records alone: {len(seen.records) - len(problems):,} of "
        f"{len(seen.records):,}"
    )
    for problem in problems[:10]:
        say(f"  {problem}")
    if planted is not None:
        say("planted incidents:")
        for finding in samples.check(planted.incidents, planted.quiet, seen.records.values()):
            say(f"  {'ok    ' if finding.ok else 'FAILED'} {finding.name}: {finding.sentence}")
            if not finding.ok:
                problems.append(finding.name)
        rejected = total(figures, "pulse_events_rejected_total")
        expected = sum(planted.rejected.values())
        ok = rejected == expected
        say(
            f"  {'ok    ' if ok else 'FAILED'} bad records: {rejected:.0f} of {expected} "
            f"went to {DEAD_LETTERS.name}."
        )
        if not ok:
            problems.append("bad records")
    if problems:
        raise DemoError(f"the demo did not show what it should: {len(problems)} problems")
