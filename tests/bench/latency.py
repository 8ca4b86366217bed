"""From arrival to a published `returned` record, at a steady rate on one worker."""

import asyncio
import time
from collections.abc import Iterator

import msgspec

from models.instants import DAY, SECOND
from models.topics import MEMBER_ALERTS
from streams.demo.worker_process import WorkerProcess
from streams.partitioning import partition_of_key
from streams.record_batches import RecordBatches
from tests.bench.peers import WrongResultError
from tests.bench.report import kafka, machine
from tests.bench.site import (
    Sent,
    broker_of_our_own,
    event,
    load,
    producer_of,
    send,
    site,
    usage,
    wait_for,
)
from tests.integration.deployment import Deployment, read_topics

_COMMUNITIES = 200
_SILENT = 40 * DAY
_STEP = 0.01
_WARM_UP = 3.0


class _Data(msgspec.Struct):
    reason: str
    member_id: str


class _Alert(msgspec.Struct):
    data: _Data


def measure_latency(rate: int, seconds: int, partitions: int) -> None:
    """Print how long a member's return takes at `rate` events a second."""
    returns = seconds * 100
    with (
        broker_of_our_own() as (broker, folder),
        site(broker, folder, partitions) as deployment,
        deployment.worker() as worker,
    ):
        now = time.time_ns() // 1_000_000
        send(deployment, _silent_members(returns, now))
        _wait_for(worker, "firing", returns)
        before = usage(worker).cpu
        late = asyncio.run(_steady(deployment, rate, seconds, returns))
        _wait_for(worker, "resolved", returns)
        cpu = usage(worker).cpu - before
        waits = sorted(_waits(deployment))
    if len(waits) != returns:
        raise WrongResultError(f"{len(waits)} members returned, not {returns}")
    print("\n| from arrival to `returned` | ms |\n|---|---|")
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("longest", 1.0)):
        print(f"| {name} | {waits[min(int(share * len(waits)), len(waits) - 1)]:,} |")
    print(
        f"\n{rate:,} events/s for {seconds} s, {returns:,} returns among them, {partitions} "
        f"partitions, one worker ({cpu / (seconds + _WARM_UP):.0%} of a core); the sender was up "
        f"to {1_000 * late:.0f} ms late. Both times are the broker's clock of this machine. "
        f"{machine()}; {kafka()}; {load()}."
    )


def _wait_for(worker: WorkerProcess, status: str, number: int) -> None:
    wait_for(worker, "pulse_alerts_total", number, rule="member-silent", status=status)


def _silent_members(returns: int, now: int) -> Iterator[Sent]:
    """Members of long ago, and in each partition the day that shows them silent."""
    for number in range(returns):
        yield event(number, _community(number), f"silent-{number}", now - _SILENT)
    for number in range(_COMMUNITIES):
        yield event(returns + number, _community(number), "", now - 2 * SECOND)


def _community(number: int) -> str:
    return f"community-{number % _COMMUNITIES:03d}"


async def _steady(deployment: Deployment, rate: int, seconds: int, returns: int) -> float:
    """Send at a steady rate; return the seconds by which the sender was ever late."""
    producer = producer_of(deployment.connection)
    await producer.start()
    late, number = 0.0, 0
    try:
        warm = int(rate * _WARM_UP)
        last = warm + rate * seconds
        every = rate * seconds // returns
        begun = time.monotonic()
        while number < last:
            due = min(int((time.monotonic() - begun) * rate), last)
            batches, now = RecordBatches(producer, {}), time.time_ns() // 1_000_000
            for each in range(number, due):
                place, again = divmod(each - warm, every)
                back = each >= warm and again == 0 and place < returns
                user = f"silent-{place}" if back else f"member-{each % 5_000}"
                community = _community(place if back else each)
                record = event(10_000_000 + each, community, user, now)
                partition = partition_of_key(record.key, deployment.partitions)
                await batches.add(deployment.events_topic, partition, *record)
            number = due
            await batches.confirm()
            behind = time.monotonic() - begun - number / rate
            late = max(late, behind if number > warm else 0.0)
            await asyncio.sleep(_STEP)
    finally:
        await producer.stop()
    return late


def _waits(deployment: Deployment) -> Iterator[int]:
    """The milliseconds from each return's arrival to its record in the topic."""
    read = msgspec.json.Decoder(_Alert)
    arrived = {
        event.user_id: record.timestamp
        for record in read_topics(deployment.servers, [deployment.events_topic])
        if (event := _returned(record.value)) is not None
    }
    for record in deployment.read(MEMBER_ALERTS.name):
        data = read.decode(record.value or b"").data
        if data.reason == "returned":
            yield record.timestamp - arrived[data.member_id]


class _Event(msgspec.Struct):
    user_id: str
    id: str


_read_event = msgspec.json.Decoder(_Event)


def _returned(value: bytes | None) -> _Event | None:
    event = _read_event.decode(value or b"")
    return event if event.user_id.startswith("silent-") and len(event.id) > 8 else None
