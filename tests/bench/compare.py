"""One broker, one run: all peers in turn, over the same events in the same topic."""

import os
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from streams.broker import open_broker
from streams.connection import Connection, read_connection
from streams.produce import produce
from streams.progress import bar
from streams.topics import administration
from tests.bench.cluster import create_topic, forget
from tests.bench.contenders import Contender, contenders
from tests.bench.peers import PARTITIONS, Place
from tests.bench.plot import draw
from tests.bench.pulse import EVENTS_TOPIC
from tests.bench.report import Run, report
from tests.bench.rounds import Result, run_round
from tests.bench.workload import Workload, write_workload


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; `pinned` None asks for it where there are cores enough."""

    peers: Sequence[str]
    variants: Sequence[str]
    rounds: int
    slow_rounds: int
    events: int
    pinned: bool | None
    out: Path


class PinningError(Exception):
    """This machine cannot give the worker a core of its own."""


def compare(options: Options) -> None:
    """Run all rounds, a line for each; then print the report, and write it and its plot."""
    load = os.getloadavg()[0]
    field, versions = contenders(
        options.peers, options.rounds, options.slow_rounds, options.events, _say
    )
    core = _pin() if _shall_pin(options.pinned) else None
    with tempfile.TemporaryDirectory(prefix="pulse-bench-") as name:
        folder = Path(name)
        with open_broker(folder / "kafka", report=_say) as broker:
            environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
            connection = read_connection(environment)
            results: list[Result] = []
            for variant in options.variants:
                results += _run_variant(variant, field, connection, folder, core)
    plot = options.out.with_suffix(".svg")
    run = Run(results, versions, options.events, core is not None, load, plot.name)
    text = report(run)
    draw(results, plot)
    options.out.write_text(text, encoding="utf-8")
    print(f"\n{text}\nWritten to {options.out} and {plot}")


def _run_variant(
    variant: str,
    field: Sequence[Contender],
    connection: Connection,
    folder: Path,
    core: int | None,
) -> Iterator[Result]:
    """Produce the events once, let the peers read them in turn; yield each round's result."""
    prefix = f"bench-{uuid.uuid4().hex[:8]}-{variant}."
    with _topics(variant, field, connection, folder, prefix) as places:
        inputs = [place.topic for place in places.values()]
        for number in range(1, max(contender.rounds for contender in field) + 1):
            for contender in field:
                if number > contender.rounds:
                    continue
                place = replace(places[contender.events], mark=f"{prefix}{number}-")
                peer = contender.enter(place)
                here = folder / f"{variant}-{number}-{contender.name}".replace(" ", "-")
                try:
                    result = run_round(peer, number, here, core=core)
                finally:
                    with administration(connection, print) as client:
                        forget(client, prefix, [peer.group], inputs)
                _say(_line(result))
                yield result


@contextmanager
def _topics(
    variant: str,
    field: Sequence[Contender],
    connection: Connection,
    folder: Path,
    prefix: str,
) -> Iterator[dict[int, Place]]:
    """Give the topics to read, by the number of their events: one for all who read as many."""
    numbers = sorted({contender.events for contender in field}, reverse=True)
    try:
        places = {}
        for number in numbers:
            # Only the largest has the name that Pulse reads.
            topic = prefix + (EVENTS_TOPIC if number == numbers[0] else f"first-{number}")
            workload = write_workload(folder, variant, number)
            _send(workload, connection, topic)
            places[number] = Place(connection, workload, topic, prefix, prefix)
        yield places
    finally:
        with administration(connection, print) as client:
            forget(client, prefix, [])


def _send(workload: Workload, connection: Connection, topic: str) -> None:
    with administration(connection, print) as client:
        create_topic(client, topic, PARTITIONS)
    with bar(f"producing {topic}", workload.path.stat().st_size) as move:
        produce(connection, topic, str(workload.path), move)
    workload.path.unlink()


def _line(result: Result) -> str:
    share = result.foreign_share
    foreign = "" if share is None else f"   others had {share:.0%} of its core"
    return (
        f"{result.variant:<8} {result.number}  {result.peer:<26}"
        f"{result.events_per_second:>9,.0f} events/s"
        f"{result.microseconds_per_event:>9,.1f} µs/event"
        f"{result.peak_mebibytes:>7,.0f} MiB{foreign}"
    )


def _say(text: str) -> None:
    print(text, flush=True)


def _shall_pin(asked: bool | None) -> bool:
    if asked is None:
        return hasattr(os, "sched_setaffinity") and len(os.sched_getaffinity(0)) >= 2
    return asked


def _pin() -> int:
    """Keep the last core free of us and of the broker that we start; return it."""
    if not hasattr(os, "sched_setaffinity"):
        raise PinningError("this system does not let processes choose their cores")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise PinningError("a core for the worker and one for the broker are needed")
    os.sched_setaffinity(0, cores[:-1])
    return cores[-1]
