"""Builds what tests talk about: configurations, decisions, and the records of a short story."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from msgspec.structs import replace

import rules
from models.alerts import Digest, Reason, Snapshot, Status, TierChange, Transition, Verdict
from models.days import day_from_iso
from models.documents import encode
from models.events import EventType
from models.instants import parse_instant
from models.panes import LATE, Pane, Panes, Recent, empty_pane, recent
from rules.catalogue import Catalogue, parse_catalogue
from rules.configuration import Configuration, DeploymentSection, parse_configuration
from rules.effects import Output
from rules.engine import fold, tick
from rules.policy import Policies
from rules.records import Record, Recorder, snapshot_record
from rules.ruletest import RuleTest, parse_rule_test
from rules.ruletest.document import Case
from rules.ruletest.expansion import expand
from rules.state import BEGINNING, Partition
from streams.catalogue import shipped_catalogue, shipped_rule_tests
from streams.cold import Cold
from streams.journal import Journal
from streams.marks import Marks
from streams.merge import Merge
from streams.owned import Owned
from streams.passage import Passage
from streams.routing import Route

DEPLOYMENT = DeploymentSection(name="test", base_url="https://pulse.example.org")


def catalogue() -> Catalogue:
    """The rules that Pulse ships."""
    return shipped_catalogue()


def catalogue_with(rule_id: str, **changes: Any) -> Catalogue:
    """The shipped rules, the definition of one of which says something else."""
    values = catalogue()[rule_id].definition.model_dump() | changes
    text = yaml.safe_dump(values, sort_keys=False, allow_unicode=True)
    return {**catalogue(), **parse_catalogue({f"{rule_id}.yaml": text}, _playbook_texts())}


@cache
def _playbook_texts() -> dict[str, str]:
    folder = Path(rules.__file__).parent / "playbooks"
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.md")}


def configured(text: str) -> Configuration:
    """The configuration that the YAML `text` gives."""
    return parse_configuration("pulse.yaml", yaml.safe_load(text) or {}, catalogue())


def day(text: str) -> int:
    """The number of a day written as `2025-01-31`."""
    return day_from_iso(text)


def instant(text: str) -> int:
    """The milliseconds of an instant written as `2025-01-31T12:00:00Z`."""
    moment = parse_instant(text)
    assert moment is not None
    return moment


def pane(**counts: int) -> Pane:
    """One day: `pane(POST_CREATED=3, LATE=1)`."""
    counters = empty_pane()
    for name, count in counts.items():
        counters[LATE if name == "LATE" else EventType[name]] = count
    return counters


def until(last: int, panes: Panes) -> Recent:
    """What a measure is given to judge the day `last`: a row of days, of which few have a pane."""
    return recent(panes, last, 40)


def own(ago: int) -> int:
    """A count that no other day has, nor any sum of other days."""
    return 1 << (ago + 1)


def outputs_of(case: Case) -> list[Output]:
    """What the engine decides in a case of a rule test, of all rules."""
    policies = Policies(configured(json.dumps(case.configuration)), catalogue())
    partition = Partition(policies)
    events = expand(case.events, lambda community: policies.of(community).calendar.name)
    outputs = fold(partition, events).outputs
    if case.until is not None:
        outputs += tick(partition, case.until).outputs
    return outputs


def record_of(output: Output, known: Catalogue | None = None) -> Record:
    """The record of a decision, as it stands in its topic; by the shipped rules if none given."""
    recorder = Recorder(known or catalogue(), DEPLOYMENT)
    if isinstance(output, Snapshot):
        return snapshot_record(output)
    if isinstance(output, TierChange):
        return recorder.circle(output)
    return recorder.digest(output) if isinstance(output, Digest) else recorder.alert(output)


def published(record: Record) -> dict[str, Any]:
    """The record as a subscriber reads it back from its bytes."""
    content: dict[str, Any] = json.loads(encode(record))
    return content


@cache
def shipped_tests() -> dict[str, RuleTest]:
    """The rule tests that Pulse ships, by file name."""
    return {name: parse_rule_test(name, text) for name, text in shipped_rule_tests().items()}


@cache
def shipped_outputs() -> tuple[Output, ...]:
    """Everything that the engine decides in the shipped rule tests."""
    cases = [case for test in shipped_tests().values() for case in test.cases]
    return tuple(output for case in cases for output in outputs_of(case))


def density_alert(**changes: Any) -> Transition:
    """An alert of the community 42 about its speech begins, with the figures of the contract."""
    alert = Transition(
        rule_id="speech-density-drop",
        community_id="42",
        member_id=None,
        status=Status.FIRING,
        reason=Reason.THRESHOLD,
        day=day("2026-11-21"),
        started_day=day("2026-11-21"),
        at=instant("2026-11-22T01:00:00Z"),
        started_at=instant("2026-11-22T01:00:00Z"),
        evaluation={
            "verdict": Verdict.FIRE,
            "value": 61,
            "baseline": 80,
            "change_percent": -23.75,
            "window": ["2026-11-15", "2026-11-21"],
            "baseline_window": ["2026-11-08", "2026-11-14"],
            "first_day": "2025-03-02",
            "threshold": {"drop_percent": 20, "floor": 20, "from": "default"},
            "timezone": "UTC",
            "late_events": 0,
        },
    )
    return replace(alert, **changes)


def silence_alert(**changes: Any) -> Transition:
    """An alert of the community 42 about its member u7 begins."""
    alert = density_alert(
        rule_id="member-silent",
        member_id="u7",
        evaluation={
            "verdict": Verdict.FIRE,
            "value": 30,
            "baseline": None,
            "change_percent": None,
            "window": ["2026-10-22", "2026-11-21"],
            "baseline_window": None,
            "last_interaction_day": "2026-10-22",
            "left": False,
            "threshold": {"silent_days": 30, "from": "default"},
            "timezone": "UTC",
            "late_events": 0,
        },
    )
    return replace(alert, **changes)


def silence_digest(**changes: Any) -> Digest:
    """Two members of the community 42 fell silent."""
    closed = instant("2026-11-22T01:00:00Z")
    digest = Digest("member-silent", "42", day("2026-11-21"), closed, 2, ("u3", "u7"))
    return replace(digest, **changes)


def owned(
    state: Partition,
    journal: Journal,
    offset: int = -1,
    lineage: Sequence[tuple[int, int]] = (),
    cold: Cold | None = None,
) -> Owned:
    """The only partition there is, all of it applied up to the source offset `offset`."""
    route = Route("events", 0, 1, offset + 1, BEGINNING)
    merge = Merge(0, Marks(1), offset + 1, BEGINNING, Passage())
    return Owned(0, state, journal, route, merge, list(lineage), cold)


NOON = instant("2025-03-01T12:00:00Z")


class Handed:
    """Records that were handed on together, to be taken bit by bit."""

    def __init__(self, records: Sequence[Any]) -> None:
        self._records = iter(records)

    def take(self, most: int) -> list[Any]:
        return list(islice(self._records, most))


@dataclass
class Fetched:
    """A source record as a fetch gives it; without key, and arrived at noon of 2025-03-01."""

    offset: int
    value: bytes | None
    timestamp: int = NOON
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = field(default=())
