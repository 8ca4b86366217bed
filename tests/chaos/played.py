"""A short history without a broker: what the engine leaves of it, and what the oracle says."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from models.alerts import Digest, Snapshot, TierChange, Transition
from models.days import iso
from models.decode import decode_records
from models.documents import encode
from models.topics import ALERTS, MEMBER_ALERTS
from rules.configuration import parse_configuration
from rules.engine import fold
from rules.policy import Policies
from rules.records import Recorder, snapshot_record
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.letters import dead_letter

from .feeding import in_all_shapes
from .history import Size, write_history
from .outcome import Outcome, pane_of
from .truth import Truth, truth_of_partition
from .verdict import Verdict, judge_round

TOPIC = "community.events.v1"
CATALOGUE = shipped_catalogue()


@dataclass
class Fetched:
    """A record as a worker gets it."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


@dataclass(frozen=True)
class Played:
    """What is left of a history, what the oracle says of it, and the alerts of a replay."""

    outcome: Outcome
    truth: Truth
    replayed: list[bytes]

    def judged(self, tamper: Callable[[Outcome], None] | None = None) -> Verdict:
        outcome = deepcopy(self.outcome)
        if tamper is not None:
            tamper(outcome)
        return judge_round(outcome, self.truth, self.replayed)


def play(file: Path, size: Size, seed: int, *, all_rules: bool = False) -> Played:
    """Play a history of this size and seed, written to `file`, in one partition."""
    configuration = write_history(file, size, seed, all_rules=all_rules)
    outcome = Outcome()
    for offset, (_, value, timestamp, headers) in enumerate(in_all_shapes(file)):
        outcome.events.setdefault(0, []).append((offset, timestamp, value, headers))
    _work_out(outcome, Policies(parse_configuration("chaos", configuration, CATALOGUE), CATALOGUE))
    truth = truth_of_partition(0, outcome.events[0], configuration)
    return Played(outcome, truth, [value for _, _, value in outcome.alerts])


def _work_out(outcome: Outcome, policies: Policies) -> None:
    """What a worker would leave of the events."""
    recorder = Recorder(CATALOGUE, policies.configuration.deployment)
    state = Partition(policies)
    records = [
        Fetched(TOPIC, 0, offset, timestamp, None, value, tuple(headers))
        for offset, timestamp, value, headers in outcome.events[0]
    ]
    events, rejected = decode_records(records)
    for output in fold(state, events).outputs:
        key = output.community_id.encode()
        if isinstance(output, Snapshot):
            key += f"|{iso(output.day)}".encode()
            outcome.snapshots.append((key, encode(snapshot_record(output))))
        elif isinstance(output, TierChange):
            key += f"|{output.member_id}".encode()
            outcome.circles.append((key, encode(recorder.circle(output))))
        elif isinstance(output, Digest):
            outcome.alerts.append((ALERTS.name, key, encode(recorder.digest(output))))
        elif isinstance(output, Transition):
            document = recorder.alert(output)
            topic = ALERTS if output.member_id is None else MEMBER_ALERTS
            outcome.alerts.append((topic.name, key, encode(document)))
            outcome.states[document["data"]["alert_id"].encode()] = encode(document)
    for each, rejection in rejected:
        _, value, headers = dead_letter(TOPIC, 0, each, records[each], rejection)
        place = int(dict(headers)["pulse-partition"]), int(dict(headers)["pulse-offset"])
        outcome.letters.append((place, value or b""))
    for community in state.communities.values():
        outcome.next_days[community.id] = date.fromordinal(community.next_day).isoformat()
        outcome.panes[community.id] = {
            iso(day): pane_of(counters) for day, counters in community.panes.items()
        }
