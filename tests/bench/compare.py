"""One broker, one run: Pulse and Faust's tutorial agent in turn, over the demo's sample."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from streams.broker import open_broker
from streams.connection import Connection, read_connection
from tests.bench.job import Job, full_job, plain_job
from tests.bench.peers import Peer, Pulse, Tutorial
from tests.bench.report import report
from tests.bench.rounds import Result, run_round


@dataclass(frozen=True, slots=True)
class Options:
    """What the command line says; `pinned` gives the worker a core of its own."""

    rounds: int
    tutorial_rounds: int
    tutorial_events: int
    pinned: bool
    out: Path


class PinningError(Exception):
    """This machine cannot give the worker a core of its own."""


def compare(options: Options) -> None:
    """Run all rounds; print a line for each, then the report, and write it to `options.out`."""
    load = os.getloadavg()[0]
    core = _pin() if options.pinned else None
    with tempfile.TemporaryDirectory(prefix="pulse-bench-") as name:
        folder = Path(name)
        full = full_job(folder)
        plain = plain_job(folder, full, options.tutorial_events)
        with open_broker(folder / "kafka", report=print) as broker:
            environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": broker.bootstrap_servers}
            connection = read_connection(environment)
            results = []
            for number, peer in enumerate(_peers(options, connection, full, plain)):
                result = run_round(peer, connection, folder / f"round-{number}", core=core)
                print(_line(result), flush=True)
                results.append(result)
    place = "not pinned" if core is None else f"worker on core {core}, the rest on the others"
    text = report(results, f"{place}; load average at the start {load:.1f}")
    options.out.write_text(text, encoding="utf-8")
    print("\n" + text)


def _peers(options: Options, connection: Connection, full: Job, plain: Job) -> Iterator[Peer]:
    """Yield the peers in turn, each on topics of its own."""
    turns = zip_longest(range(options.rounds), range(options.tutorial_rounds))
    for pulse, tutorial in turns:
        if pulse is not None:
            yield Pulse(full, connection, _prefix())
        if tutorial is not None:
            yield Tutorial(plain, connection, _prefix())


def _prefix() -> str:
    return f"bench-{uuid.uuid4().hex[:8]}."


def _line(result: Result) -> str:
    return (
        f"{result.peer:<16}{result.events_per_second:>10,.0f} events/s"
        f"{result.microseconds_per_event:>9,.1f} µs/event{result.peak_mebibytes:>7,.0f} MiB"
    )


def _pin() -> int:
    """Keep the last core free of us and of the broker that we start; return it."""
    if not hasattr(os, "sched_setaffinity"):
        raise PinningError("this system does not let processes choose their cores")
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:
        raise PinningError("a core for the worker and one for the broker are needed")
    os.sched_setaffinity(0, cores[:-1])
    return cores[-1]
