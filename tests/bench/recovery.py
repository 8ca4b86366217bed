"""How long a state of many members is away: after a start anew, a restart, a worker's death."""

import time
from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from streams.broker.processes import kill_process
from streams.demo.worker_process import Samples, WorkerProcess, total
from tests.bench.members import first_events, peak
from tests.bench.peers import WrongResultError
from tests.bench.report import kafka, machine
from tests.bench.site import broker_of_our_own, load, send, site, usage, wait_for
from tests.integration.deployment import Deployment

SESSION = 15.0
"""Seconds after which the group gives up a worker that is silent (`streams.worker`)."""

_LOOK = 0.05
_MIB = 1 << 20
_PATIENCE = 120.0


def measure_recovery(
    communities: int, members: int, partitions: int, rounds: int, state: Mapping[str, Any]
) -> None:
    """Print what it takes to have `members` members in `communities` communities again."""
    settings = {"state": {**state, "standby_replicas": 1}}
    with (
        broker_of_our_own() as (broker, folder),
        site(broker, folder, partitions, settings) as deployment,
    ):
        rows = list(_rows(deployment, communities, members, rounds, state))
    print(f"\n| {members:,} members, {communities:,} communities | s | CPU s | read | MiB, peak |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")
    told = ", ".join(f"{name}: {value}" for name, value in state.items())
    print(f"\n{partitions} partitions ({told}). {machine()}; {kafka()}; {load()}.")


def _rows(
    deployment: Deployment, communities: int, members: int, rounds: int, state: Mapping[str, Any]
) -> Iterator[tuple[str, ...]]:
    with deployment.worker(folder="warm") as worker:
        send(deployment, first_events(communities, members))
        wait_for(worker, "pulse_members", members)
    found = [_restart(deployment, members, None) for _ in range(rounds)]
    yield _row("start anew, from the changelog", found)
    if state["store"] == "disk":
        found = [_restart(deployment, members, "warm") for _ in range(rounds)]
        yield _row("restart with the local store", found)
    seconds = [
        _takeover(deployment, members, partitions=deployment.partitions) for _ in range(rounds)
    ]
    spread = f"{median(seconds):.1f} ({min(seconds):.1f}..{max(seconds):.1f})"
    yield "takeover by a standby, after the session time-out", spread, "", "", ""


def _row(name: str, found: list[tuple[float, float, float, int]]) -> tuple[str, ...]:
    seconds, cpu, read, peaks = zip(*found, strict=True)
    spread = f"{median(seconds):.1f} ({min(seconds):.1f}..{max(seconds):.1f})"
    return name, spread, f"{median(cpu):.1f}", f"{max(read):,.0f}", f"{max(peaks) / _MIB:.0f}"


def _restart(
    deployment: Deployment, members: int, folder: str | None
) -> tuple[float, float, float, int]:
    """Start a worker; return seconds and CPU seconds of its recovery, records read, peak memory."""
    with deployment.worker(folder=folder) as worker:
        found = worker.samples()
        if total(found, "pulse_members") != members:
            raise WrongResultError("not all members came back")
        seconds = total(found, "pulse_recovery_seconds")
        read = total(found, "pulse_recovery_records_total")
        cpu = usage(worker).cpu
        print(f"{folder or 'anew'}: {seconds:.2f} s, {read:,.0f} records, {cpu:.1f} s CPU in all")
        return seconds, cpu, read, peak(worker)


def _takeover(deployment: Deployment, members: int, *, partitions: int) -> float:
    """Kill one of two workers; return the seconds from the session time-out to a whole state."""
    with deployment.worker() as survivor, deployment.worker() as victim:
        for worker in (survivor, victim):
            _wait(worker, lambda found: _stands_by(found, partitions // 2), "standing by")
        kill_process(victim.process)
        killed = time.monotonic()
        _wait(
            survivor,
            lambda found: (
                total(found, "pulse_members") == members and total(found, "pulse_ready") == 1
            ),
            "a takeover",
        )
        took = time.monotonic() - killed - SESSION
        seconds = total(survivor.samples(), "pulse_recovery_seconds")
        print(f"takeover: {took:.1f} s after the time-out, of them {seconds:.2f} s of recovery")
        return took


def _stands_by(found: Samples, partitions: int) -> bool:
    lags = [lag for (name, _), lag in found.items() if name == "pulse_standby_lag_records"]
    return len(lags) == partitions and not any(lags) and total(found, "pulse_ready") == 1


def _wait(worker: WorkerProcess, condition: Any, what: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not condition(worker.samples()):
        worker.check()
        if time.monotonic() > deadline:
            raise WrongResultError(f"{what}: not within {_PATIENCE:.0f} s")
        time.sleep(_LOOK)
