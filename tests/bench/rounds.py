"""One round: fresh topics and a fresh group, the events produced, a worker that reads them all."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from streams.broker.processes import end_process, start_bound_process
from streams.connection import Connection
from streams.produce import produce
from streams.progress import bar
from streams.topics import administration
from tests.bench.cluster import Log, committed, forget
from tests.bench.meter import Meter
from tests.bench.peers import Peer, worker_environment

_LOOK = 0.25
"""Seconds between two looks at the committed offsets. The broker answers, not the worker."""

_STALL_PATIENCE = 60.0
_STOP_PATIENCE = 25.0
_LOG_LINES = 12


class RoundError(Exception):
    """A worker that ended, or does not get on; the further lines are the last of its log."""


@dataclass(frozen=True, slots=True)
class Result:
    """What one round measured."""

    peer: str
    events: int
    seconds: float
    cpu_seconds: float
    peak_bytes: int
    written: str

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


def run_round(
    peer: Peer, connection: Connection, folder: Path, *, core: int | None = None
) -> Result:
    """Run `peer` over its job, on one core where one is named; its topics are gone afterwards.

    RoundError where the worker fails, WrongResultError where it has not done its job.
    """
    folder.mkdir()
    peer.prepare(folder)
    try:
        produce(connection, peer.topic, str(peer.job.path))
        meter = _work(peer, connection, folder, core)
        log = Log(connection, peer.changelog)
        span = log.span(peer.applied)
        log.close()
        return Result(
            peer.name,
            peer.job.events - span.before,
            span.end - span.begin,
            meter.cpu_seconds(span.begin, span.end),
            meter.peak_bytes,
            peer.check(),
        )
    finally:
        with administration(connection, print) as client:
            forget(client, peer.prefix, [peer.group])


def _work(peer: Peer, connection: Connection, folder: Path, core: int | None) -> Meter:
    """Run the worker until its group has committed every event."""
    log = folder / "worker.log"
    environment = worker_environment(peer, connection, folder)
    command = peer.command(folder)
    process = start_bound_process(command, folder=folder, output=log, environment=environment)
    try:
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        with Meter(process.pid) as meter:
            _wait(peer, connection, process, log)
    finally:
        end_process(process, _STOP_PATIENCE)
    return meter


def _wait(peer: Peer, connection: Connection, process: subprocess.Popen[bytes], log: Path) -> None:
    done, moved = 0, time.monotonic()
    with (
        administration(connection, print) as client,
        bar(peer.name, peer.job.events) as move,
    ):
        while done < peer.job.events:
            time.sleep(_LOOK)
            if process.poll() is not None:
                raise RoundError(f"{peer.name} ended: exit {process.returncode}\n{_tail(log)}")
            now = committed(client, peer.group, peer.topic)
            move(now)
            if now > done:
                done, moved = now, time.monotonic()
            elif time.monotonic() - moved > _STALL_PATIENCE:
                raise RoundError(
                    f"{peer.name} stands at {done:,} of {peer.job.events:,}\n{_tail(log)}"
                )


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    return "\n".join(f"    {line}" for line in lines[-_LOG_LINES:])
