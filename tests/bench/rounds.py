"""One round: a fresh group and fresh state, a worker that reads the whole topic."""

import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from streams.broker.processes import end_process, start_bound_process
from streams.progress import bar
from streams.topics import administration
from tests.bench.cluster import Log, Span, committed, forget_group
from tests.bench.meter import Meter
from tests.bench.peers import Peer, check, worker_environment

_LOOK = 0.25
"""Seconds between two looks at the committed offsets. The broker answers, not the worker."""

_STALL_PATIENCE = 120.0
_STOP_PATIENCE = 25.0
_LOG_LINES = 12
_ON_CORE = """\
import os, sys
os.sched_setaffinity(0, {int(sys.argv[1])})
os.execvp(sys.argv[2], sys.argv[2:])
"""


class RoundError(Exception):
    """A worker that ended, or does not get on; the further lines are the last of its log."""


@dataclass(frozen=True, slots=True)
class Half:
    """What the second half of a round's events took."""

    events: int
    seconds: float
    cpu_seconds: float


@dataclass(frozen=True, slots=True)
class Result:
    """What one round measured; `number` counts the rounds of a peer on a variant from 1.

    `foreign_share` is the part of the worker's core that other processes had meanwhile.
    """

    peer: str
    variant: str
    number: int
    events: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    written: str
    last_half: Half | None = None
    foreign_share: float | None = None

    @property
    def events_per_second(self) -> float:
        return self.events / self.seconds

    @property
    def microseconds_per_event(self) -> float:
        """Of CPU time, user and system."""
        return self.cpu_seconds / self.events * 1e6

    @property
    def peak_mebibytes(self) -> float:
        return self.peak_bytes / (1 << 20)


def run_round(peer: Peer, number: int, folder: Path, *, core: int | None = None) -> Result:
    """Run `peer` over its workload, on one core where one is named.

    RoundError where the worker fails, WrongResultError where it has not done its job.
    """
    folder.mkdir()
    workload = peer.place.workload
    with administration(peer.place.connection, print) as client:
        peer.prepare(client, folder)
        if not forget_group(client, peer.group, peer.place.topic):
            raise RoundError(f"{peer.name}: the group {peer.group} of an earlier round stays")
    output = folder / "worker.log"
    meter = _work(peer, folder, output, core)
    log = Log(peer.place.connection, peer.changelog)
    try:
        span = peer.span(log, output.read_text(encoding="utf-8", errors="replace"))
        check(peer, log)
        written = peer.written(log.size())
    except ValueError as error:
        raise RoundError(f"{peer.name}: {error}\n{_tail(output)}") from error
    finally:
        log.close()
    return Result(
        peer.name,
        workload.variant,
        number,
        workload.events - span.before,
        span.end - span.begin,
        meter.cpu_seconds(span.begin, span.end),
        meter.peak_bytes,
        written,
        _last_half(span, workload.events, meter),
        meter.foreign_share(span.begin, span.end),
    )


def _last_half(span: Span, events: int, meter: Meter) -> Half | None:
    if span.halfway is None:
        return None
    return Half(
        events - events // 2,
        span.end - span.halfway,
        meter.cpu_seconds(span.halfway, span.end),
    )


def _work(peer: Peer, folder: Path, output: Path, core: int | None) -> Meter:
    """Run the worker until its group has committed every event."""
    command = peer.command(folder)
    if core is not None:
        # Before the program begins: the threads of a JVM are more than the one that we know.
        command = [sys.executable, "-c", _ON_CORE, str(core), *command]
    environment = worker_environment(peer, folder)
    process = start_bound_process(command, folder=folder, output=output, environment=environment)
    try:
        with Meter(process.pid, core) as meter:
            _wait(peer, process, output)
    finally:
        end_process(process, _STOP_PATIENCE)
    return meter


def _wait(peer: Peer, process: subprocess.Popen[bytes], output: Path) -> None:
    done, moved = 0, time.monotonic()
    events = peer.place.workload.events
    with (
        administration(peer.place.connection, print) as client,
        bar(peer.name, events) as move,
    ):
        while done < events:
            time.sleep(_LOOK)
            if process.poll() is not None:
                raise RoundError(f"{peer.name} ended: exit {process.returncode}\n{_tail(output)}")
            now = committed(client, peer.group, peer.place.topic)
            move(now)
            if now > done:
                done, moved = now, time.monotonic()
            elif time.monotonic() - moved > _STALL_PATIENCE:
                raise RoundError(f"{peer.name} stands at {done:,} of {events:,}\n{_tail(output)}")


def _tail(output: Path) -> str:
    lines = output.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-_LOG_LINES:])
