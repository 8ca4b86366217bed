"""Many members on one worker: memory, the close of a day of all communities, recovery."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import median
from typing import Any

from models.instants import DAY, HOUR, parse_instant
from models.topics import MEMBER_ALERTS, SNAPSHOTS
from streams.demo.worker_process import WorkerProcess, total
from streams.partitioning import partition_of_key
from streams.run_worker import STORE_FOLDER
from tests.bench.cluster import Log
from tests.bench.peers import WrongResultError
from tests.bench.report import kafka, machine
from tests.bench.site import (
    LoopWatch,
    Sent,
    Usage,
    broker_of_our_own,
    event,
    folder_of,
    load,
    send,
    site,
    usage,
    wait_for,
)
from tests.integration.deployment import Deployment

_BEGIN = parse_instant("2025-03-01T00:30:00Z") or 0
_SPREAD = 20 * HOUR
_QUIET_DAYS = 3
_EVENTS = 200_000
_MIB = 1 << 20


def measure_members(
    communities: int,
    members: int,
    partitions: int,
    recoveries: int,
    state: Mapping[str, Any],
    *,
    silence: bool,
) -> None:
    """Print what `members` members in `communities` communities cost one worker."""
    with (
        broker_of_our_own() as (broker, folder),
        site(broker, folder, partitions, {"state": dict(state)}) as deployment,
    ):
        rows = list(_rows(deployment, communities, members, recoveries, silence=silence))
    print(f"\n| {members:,} members, {communities:,} communities | |\n|---|---|")
    for name, figure in rows:
        print(f"| {name} | {figure} |")
    settings = ", ".join(f"{name}: {value}" for name, value in state.items())
    print(f"\n{partitions} partitions, one worker ({settings}). {machine()}; {kafka()}; {load()}.")


def _rows(
    deployment: Deployment, communities: int, members: int, recoveries: int, *, silence: bool
) -> Iterator[tuple[str, str]]:
    with deployment.worker() as worker:
        empty = usage(worker)
        print(f"an empty worker: {empty.resident / _MIB:.0f} MiB")
        send(deployment, first_events(communities, members))
        wait_for(worker, "pulse_members", members)
        cpu = usage(worker).cpu - empty.cpu
        yield "CPU µs an event, each of another member", _micros(cpu, members)
        yield from _costs(deployment, worker, communities, members)
        held = usage(worker)
        yield "worker without members, MiB", f"{empty.resident / _MIB:.0f}"
        yield "worker with all members, MiB", f"{held.resident / _MIB:.0f}"
        yield "bytes a member", f"{(held.resident - empty.resident) / members:.0f}"
        yield "of its communities in memory", f"{_in_memory(worker):,.0f}"
        yield "local store, MiB", f"{_stored(deployment) / _MIB:.0f}"
        yield from _quiet_days(deployment, worker, communities)
    state = Log(deployment.connection, f"{deployment.prefix}pulse-state-changelog")
    yield "records of the changelog", f"{state.size():,}"
    yield from _recoveries(deployment, communities, members, empty, recoveries)
    if silence:
        yield from _silent_day(deployment, communities, members)


def _costs(
    deployment: Deployment, worker: WorkerProcess, communities: int, members: int
) -> Iterator[tuple[str, str]]:
    """Events of members who are known, of all communities in turn and of a tenth of them."""
    applied, each = members, members // communities
    for name, among in (("all communities", communities), ("a tenth of them", communities // 10)):
        at = _BEGIN + _SPREAD + HOUR
        events = (
            event(-number - applied, name_of(who % among), member_of(who, among), at)
            for number in range(_EVENTS)
            for who in [number % (among * each)]
        )
        before = usage(worker).cpu
        send(deployment, events)
        applied += _EVENTS
        wait_for(worker, "pulse_events_total", applied)
        yield f"CPU µs an event, of {name} in turn", _micros(usage(worker).cpu - before, _EVENTS)


def _micros(seconds: float, events: int) -> str:
    return f"{seconds / events * 1e6:.1f}"


def _in_memory(worker: WorkerProcess) -> float:
    return total(worker.samples(), "pulse_communities_in_memory")


def _stored(deployment: Deployment) -> int:
    files = (folder_of(deployment) / STORE_FOLDER).rglob("*")
    return sum(file.stat().st_size for file in files if file.is_file())


def name_of(community: int) -> str:
    """Return the id of a community."""
    return f"community-{community:06d}"


def member_of(number: int, communities: int) -> str:
    """Return the id of the member who sends the event `number`."""
    return f"member-{number // communities:04d}-{number % communities:06d}"


def first_events(communities: int, members: int) -> Iterator[Sent]:
    """Yield an event of each member, of all communities in turn, over most of a day."""
    for number in range(members):
        at = _BEGIN + number * _SPREAD // members
        yield event(number, name_of(number % communities), member_of(number, communities), at)


def _nudges(deployment: Deployment, communities: int, day: int) -> Iterator[Sent]:
    """One event for each partition, by nobody, on another day: it moves the partition's clock."""
    at = _BEGIN + day * DAY + HOUR
    partitions: dict[int, Sent] = {}
    for number in range(communities):
        first = event(-day, name_of(number), "", at)
        partitions.setdefault(partition_of_key(first.key, deployment.partitions), first)
    yield from partitions.values()


def _quiet_days(
    deployment: Deployment, worker: WorkerProcess, communities: int
) -> Iterator[tuple[str, str]]:
    seconds, cpu, longest = [], [], []
    for day in range(1, _QUIET_DAYS + 1):
        before = usage(worker).cpu
        with LoopWatch(folder_of(deployment)) as watch:
            seconds.append(_close(deployment, worker, communities, day, day))
        cpu.append(usage(worker).cpu - before)
        longest.append(watch.longest)
        print(f"day {day}: {seconds[-1]:.2f} s, loop held {1_000 * longest[-1]:.0f} ms")
    yield "close of a quiet day, all communities, s", f"{median(seconds):.2f}"
    yield "of it CPU, s", f"{median(cpu):.2f}"
    yield "longest hold of the loop in it, ms", f"{1_000 * max(longest):.0f}"


def _close(
    deployment: Deployment, worker: WorkerProcess, communities: int, day: int, closes: int
) -> float:
    """Let one day of every community close; return the seconds until all snapshots were there."""
    snapshots = deployment.topic(SNAPSHOTS.name)
    begun = time.time()
    send(deployment, _nudges(deployment, communities, day))
    wait_for(worker, "pulse_day_closes_total", closes * communities)
    log = Log(deployment.connection, snapshots)
    if log.size() != day * communities:
        raise WrongResultError(f"{log.size():,} snapshots after day {day}")
    end = log.last_instant()
    log.close()
    return end - begun


def _recoveries(
    deployment: Deployment, communities: int, members: int, empty: Usage, times: int
) -> Iterator[tuple[str, str]]:
    seconds, cpu, resident, peaks = [], [], [], []
    for _ in range(times):
        with deployment.worker() as worker:
            found = worker.samples()
            if (total(found, "pulse_members"), total(found, "pulse_communities")) != (
                members,
                communities,
            ):
                raise WrongResultError("not all members came back")
            seconds.append(total(found, "pulse_recovery_seconds"))
            cpu.append(usage(worker).cpu - empty.cpu)
            resident.append(usage(worker).resident)
            peaks.append(peak(worker))
        print(f"recovery: {seconds[-1]:.1f} s, then {resident[-1] / _MIB:.0f} MiB")
    yield "recovery, s", f"{median(seconds):.1f} ({min(seconds):.1f}..{max(seconds):.1f})"
    yield "of it CPU, s", f"{median(cpu):.1f}"
    yield "worker after it, MiB", f"{median(resident) / _MIB:.0f}"
    yield "bytes a member after it", f"{(median(resident) - empty.resident) / members:.0f}"
    yield "peak during it, MiB", f"{max(peaks) / _MIB:.0f}"


def _silent_day(
    deployment: Deployment, communities: int, members: int
) -> Iterator[tuple[str, str]]:
    """The worst day: every member falls silent at the same close."""
    with deployment.worker() as worker:
        _close(deployment, worker, communities, 30, 30 - _QUIET_DAYS)
        with LoopWatch(folder_of(deployment)) as watch:
            seconds = _close(deployment, worker, communities, 31, 31 - _QUIET_DAYS)
        top = peak(worker)
    log = Log(deployment.connection, deployment.topic(MEMBER_ALERTS.name))
    if log.size() != members:
        raise WrongResultError(f"{log.size():,} member alerts, not {members:,}")
    log.close()
    yield "close of the day on which all fall silent, s", f"{seconds:.0f}"
    yield "longest hold of the loop in it, ms", f"{1_000 * watch.longest:.0f}"
    yield "peak memory in it, MiB", f"{top / _MIB:.0f}"


def peak(worker: WorkerProcess) -> int:
    """Return the most bytes that the worker's process ever held."""
    status = Path(f"/proc/{worker.process.pid}/status").read_text(encoding="utf-8")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1_024
