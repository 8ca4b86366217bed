"""One round, of Pulse or of the tutorial agent: deploy, hurt, read back, judge."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from models.topics import MEMBER_ALERTS, SNAPSHOTS
from rules.policy import Policies
from streams.broker import Broker
from streams.catalogue import shipped_catalogue
from streams.topics import changelog_name
from tests.integration.deployment import Deployment, deployed

from .driver import Driver, Ends
from .feeding import Feeder, in_all_shapes
from .fleet import Fleet, Say, reasons
from .history import Size, write_history
from .outcome import Outcome, read_outcome
from .plan import WORKERS, Counts, Fault, plan
from .stalls import Stalls, measure
from .truth import Truth, line_of, truth_of
from .verdict import Verdict, judge_round
from .workers import PulseStarted

PARTITIONS = 12
ON_DISK = {"store": "disk", "hot_communities": 20, "standby_replicas": 1}


@dataclass(frozen=True, slots=True)
class Job:
    """What a round does; the seed gives the events and the faults.

    With `disk` the workers keep their state in a local store, with few communities in memory, and
    stand by for each other. With `all_rules` every rule is on.
    """

    seed: int
    size: Size
    counts: Counts = field(default_factory=Counts)
    disk: bool = False
    all_rules: bool = False

    def faults(self) -> list[Fault]:
        return plan(self.seed, self.counts)


@dataclass(slots=True)
class Result:
    """What a round of Pulse gave."""

    job: Job
    verdict: Verdict
    stalls: Stalls
    struck: Counter[str]
    self_ended: Counter[str]
    finished: bool
    seconds: float
    truth: Truth

    @property
    def holds(self) -> bool:
        return self.finished and self.verdict.holds


def run_round(job: Job, broker: Broker, folder: Path, say: Say, prefix: str = "") -> Result:
    """Run one round of Pulse in `folder`, which keeps the logs of its workers."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "events.ndjson"
    say(f"seed {job.seed}: writing about {job.size.events:,} events")
    configuration = write_history(file, job.size, job.seed, all_rules=job.all_rules)
    if job.disk:
        configuration["state"] = ON_DISK
    prefix = prefix or f"chaos-{uuid.uuid4().hex[:8]}."
    with deployed(broker, prefix, folder, configuration, partitions=PARTITIONS) as deployment:
        begun = time.monotonic()
        driver, fleet, finished = _hurt(job, broker, deployment, file, say)
        seconds = time.monotonic() - begun
        say(f"{seconds:.0f} s; reading the topics back")
        changelog = changelog_name(deployment.loaded())
        policies = Policies(deployment.loaded(), shipped_catalogue())
        outcome = read_outcome(broker.bootstrap_servers, prefix, changelog, policies)
        say("asking the oracle")
        truth = truth_of(outcome.events, configuration)
        say("replaying the same records")
        replayed = _replay(deployment, outcome)
    verdict = judge_round(outcome, truth, replayed)
    stalls = measure(outcome.marks, driver.feeder.progress, driver.kills)
    struck = Counter({str(kind): number for kind, number in driver.struck.items()})
    return Result(job, verdict, stalls, struck, reasons(fleet.self_ended), finished, seconds, truth)


def _hurt(
    job: Job, broker: Broker, deployment: Deployment, file: Path, say: Say
) -> tuple[Driver, Fleet, bool]:
    servers, topic = broker.bootstrap_servers, deployment.events_topic
    feeder = Feeder(servers, topic, PARTITIONS, in_all_shapes(file))
    environment = deployment.environment

    def start(place: Path) -> PulseStarted:
        return PulseStarted(place, environment)

    fleet = Fleet(deployment.folder, start, WORKERS, say)
    ends = Ends(servers, changelog_name(deployment.loaded()), PARTITIONS)
    targets = [
        Ends(servers, deployment.topic(name), PARTITIONS)
        for name in (SNAPSHOTS.name, MEMBER_ALERTS.name)
    ]
    driver = Driver(job.faults(), job.size.events, feeder, fleet, broker, ends, say, targets)

    def caught_up() -> bool:
        lags: dict[int, float] = {}
        for slot in fleet.slots:
            if isinstance(slot.worker, PulseStarted):
                lags |= slot.worker.lags()
        return len(lags) == PARTITIONS and not any(lags.values())

    try:
        fleet.open()
        feeder.start()
        finished = driver.run(caught_up)
    finally:
        feeder.stop()
        fleet.close()
        for each in (ends, *targets):
            each.close()
    return driver, fleet, finished


def _replay(deployment: Deployment, outcome: Outcome) -> list[bytes]:
    """`pulse replay` of the records as they stand in the topic."""
    file = deployment.folder / "topic.ndjson"
    with file.open("wb") as out:
        for records in outcome.events.values():
            out.writelines(line_of(told[2], told[3]) + b"\n" for told in records)
    return deployment.replay(file)
