"""The same events and the same plan for Faust's tutorial agent, by its own definition of right.

Right is: each flat event of speech counted once on the day of its record's timestamp. It drops no
repeats by id, and knows no time zone; neither is held against it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from streams.broker import Broker
from streams.connection import Connection
from streams.topics import administration
from tests.bench.cluster import committed, create_topic, forget
from tests.bench.workload import SPEECH
from tests.integration.deployment import outside

from .driver import Driver, Ends
from .feeding import Feeder, flat_only
from .fleet import Fleet, Say, reasons
from .history import write_history
from .outcome import records_of
from .plan import WORKERS
from .rounds import PARTITIONS, Job
from .workers import TutorialStarted

DAY_SECONDS = 86_400
STANDSTILL = 60.0
"""Seconds without a write after which it is taken to make no more progress."""

Panes = Counter[tuple[str, int]]


@dataclass(slots=True)
class TutorialResult:
    """What a round of the tutorial agent gave."""

    job: Job
    events: int
    panes: int
    wrong: int
    twice: int
    lost: int
    struck: Counter[str]
    self_ended: Counter[str]
    finished: bool
    seconds: float


def run_tutorial(
    job: Job, broker: Broker, folder: Path, say: Say, workers: int = WORKERS
) -> TutorialResult:
    """Run one round of the tutorial agent in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "events.ndjson"
    write_history(file, job.size, job.seed)
    prefix = f"chaos-{uuid.uuid4().hex[:8]}."
    topic, group = f"{prefix}interactions", f"{prefix}tutorial"
    connection = Connection((broker.bootstrap_servers,))
    with administration(connection, say) as client:
        create_topic(client, topic, PARTITIONS)
    try:
        return _judged(job, broker, folder, topic, group, say, workers)
    finally:
        with administration(connection, say) as client:
            forget(client, prefix, [group])


def _judged(
    job: Job, broker: Broker, folder: Path, topic: str, group: str, say: Say, workers: int
) -> TutorialResult:
    file = folder / "events.ndjson"
    servers = broker.bootstrap_servers
    changelog = f"{group}-speech-changelog"
    environment = {
        **outside(servers),
        "BENCH_GROUP": group,
        "BENCH_TOPIC": topic,
        "BENCH_PARTITIONS": str(PARTITIONS),
    }
    events = sum(1 for _ in flat_only(file))
    feeder = Feeder(servers, topic, PARTITIONS, flat_only(file))
    fleet = Fleet(folder, lambda place: TutorialStarted(place, environment), workers, say)
    ends = Ends(servers, changelog, PARTITIONS)
    driver = Driver(job.faults(), events, feeder, fleet, broker, ends, say)
    begun = time.monotonic()
    connection = Connection((servers,))

    def caught_up() -> bool:
        with administration(connection, say) as client:
            return committed(client, group, topic) >= feeder.sent

    try:
        fleet.open()
        feeder.start()
        finished = driver.run(caught_up, STANDSTILL)
    finally:
        feeder.stop()
        fleet.close()
        ends.close()
    seconds = time.monotonic() - begun
    right, found = _right(servers, topic), _found(servers, changelog)
    unlike = {pane for pane in right.keys() | found.keys() if right[pane] != found[pane]}
    return TutorialResult(
        job,
        events,
        len(right),
        len(unlike),
        sum(max(found[pane] - right[pane], 0) for pane in unlike),
        sum(max(right[pane] - found[pane], 0) for pane in unlike),
        Counter({str(kind): number for kind, number in driver.struck.items()}),
        reasons(fleet.self_ended),
        finished,
        seconds,
    )


def _right(servers: str, topic: str) -> Panes:
    """By community and day (since 1970), from the topic as it stands."""
    panes: Panes = Counter()
    for record in records_of(servers, topic):
        event = json.loads(record.value)
        if event["type"] in SPEECH:
            panes[event["community_id"], record.timestamp // 1000 // DAY_SECONDS] += 1
    return panes


def _found(servers: str, changelog: str) -> Panes:
    """The last value of each key of its table."""
    panes: Panes = Counter()
    for record in records_of(servers, changelog):
        community, (begin, _) = json.loads(record.key)
        panes[community, int(begin // DAY_SECONDS)] = json.loads(record.value or b"0")
    return panes
