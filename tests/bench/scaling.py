"""What an event costs as work grows: communities, partitions, workers."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from models.instants import HOUR, parse_instant
from streams.broker import Broker
from streams.demo.worker_process import WorkerProcess
from tests.bench.peers import WrongResultError
from tests.bench.report import kafka, machine
from tests.bench.site import Sent, broker_of_our_own, event, load, send, site, usage
from tests.integration.deployment import Deployment, records_counted

_BEGIN = parse_instant("2025-03-01T02:00:00Z") or 0
_MEMBERS_IN_ALL = 100_000
COMMUNITIES = (10, 1_000, 10_000, 100_000)
PARTITIONS = (1, 4, 16, 64)


def measure_scaling(events: int) -> None:
    """Print the CPU time per event by communities, by partitions, and how two workers share."""
    with broker_of_our_own() as (broker, folder):
        by_communities, by_partitions = [], []
        for communities in COMMUNITIES:
            with site(broker, folder, 4) as deployment:
                by_communities.append((communities, _cost(deployment, communities, events)))
                print(f"{communities:,} communities: {by_communities[-1][1]:.1f} µs", flush=True)
        for partitions in PARTITIONS:
            with site(broker, folder, partitions) as deployment:
                by_partitions.append((partitions, _cost(deployment, 1_000, events)))
                print(f"{partitions} partitions: {by_partitions[-1][1]:.1f} µs", flush=True)
        shares = _shares(broker, folder, events)
    for name, rows in (("communities", by_communities), ("partitions", by_partitions)):
        print(f"\n| {name} | CPU µs/event | against the first |\n|---|---|---|")
        for number, cost in rows:
            print(f"| {number:,} | {cost:.1f} | {cost / rows[0][1] - 1:+.0%} |")
    print("\n| two workers, 12 partitions, 1,000 communities | events |\n|---|---|")
    for number, share in enumerate(shares, 1):
        print(f"| worker {number} | {share / sum(shares):.1%} |")
    print(
        f"\n{events:,} events of one day each time, half of them in the topic before the measured "
        f"half; {_MEMBERS_IN_ALL:,} members. {machine()}; {kafka()}; {load()}."
    )


def _events(communities: int, first: int, number: int) -> Iterator[Sent]:
    for each in range(first, first + number):
        # A step that has no factor in common spreads members over communities evenly.
        member = each * 7_919 % _MEMBERS_IN_ALL
        name = f"community-{member % communities:06d}"
        yield event(each, name, f"member-{member:06d}", _BEGIN + each * 4 * HOUR // 1_000_000)


def _cost(deployment: Deployment, communities: int, events: int) -> float:
    """Return CPU µs per event of the second half: communities and members are known by then."""
    half = events // 2
    with deployment.worker() as worker:
        send(deployment, _events(communities, 0, half))
        _wait(worker, half)
        before = usage(worker).cpu
        send(deployment, _events(communities, half, half))
        _wait(worker, events)
        return (usage(worker).cpu - before) / half * 1e6


def _shares(broker: Broker, folder: Path, events: int) -> list[float]:
    """Return how many of the events each of two workers applied."""
    with site(broker, folder, 12) as deployment, ExitStack() as stack:
        workers = [stack.enter_context(deployment.worker()) for _ in range(2)]
        while {len(_owned(worker)) for worker in workers} != {6}:
            time.sleep(0.2)
        send(deployment, _events(1_000, 0, events))
        while True:
            shares = [records_counted(worker.samples()) for worker in workers]
            if sum(shares) >= events:
                return shares
            time.sleep(0.2)


def _owned(worker: WorkerProcess) -> list[str]:
    worker.check()
    return [name for name, _ in worker.samples() if name == "pulse_consumer_lag_records"]


def _wait(worker: WorkerProcess, events: int) -> None:
    while True:
        worker.check()
        found = records_counted(worker.samples())
        if found >= events:
            if found > events:
                raise WrongResultError(f"{found:,.0f} events applied, not {events:,}")
            return
        time.sleep(0.2)
