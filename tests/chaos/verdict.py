"""The gates: what a round has left against what the oracle says, none lost, none extra."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from models.events import TYPES
from models.panes import FIGURE_NAMES, GROWN
from models.topics import ALERTS, MEMBER_ALERTS
from tests.noted import noted
from tests.oracle.expected import Expected
from tests.oracle.reading import instant, moment_text

from .circles import circle_differences
from .outcome import Alert, Outcome
from .truth import DAYS_LATE_ALLOWED, LATE, Judged, Pane, Truth

TOLD_DIFFERENCES = 20
FIGURES = (*FIGURE_NAMES, *(name for name, _, _ in GROWN))
"""What a snapshot says of members, where there is a ledger."""


@dataclass(slots=True)
class Verdict:
    """The differences by gate, and how much was written more than once."""

    differences: dict[str, list[str]] = field(default_factory=dict)
    deviations: list[str] = field(default_factory=list)
    """Of compacted topics, where an older value after a newer one is documented."""
    repeats: dict[str, tuple[int, int]] = field(default_factory=dict)
    """By topic: how many records are repeats, of how many."""
    wrong_panes: int = 0
    twice: int = 0
    """Events that a pane counts and should not."""
    missed: int = 0
    """Events that a pane should count and does not."""
    lost: int = 0
    extra: int = 0

    @property
    def holds(self) -> bool:
        return not any(self.differences.values())

    def lines(self) -> list[str]:
        """What differs: for each gate that fails, its first differences."""
        told = []
        for gate, differences in self.differences.items():
            if differences:
                told.append(f"{gate}: {len(differences):,} differences")
                told += [f"  {each}" for each in differences[:TOLD_DIFFERENCES]]
        return told


def judge_round(outcome: Outcome, truth: Truth, replayed: Iterable[bytes] | None) -> Verdict:
    """Hold what was left against the oracle, and byte for byte against a replay."""
    verdict = Verdict()
    distinct: dict[str, bytes] = {}
    gates = verdict.differences
    gates["panes"] = pane_differences(outcome, truth, verdict)
    gates["snapshots"] = snapshot_differences(outcome.snapshots, truth, verdict)
    gates["circles"], verdict.repeats["circles"] = circle_differences(
        outcome.circles, truth.changes, verdict.deviations
    )
    gates["repeats"] = collect(outcome.alerts, distinct)
    verdict.repeats["alerts"] = len(outcome.alerts) - len(distinct), len(outcome.alerts)
    gates["alerts"] = alert_differences(distinct, truth, verdict)
    gates["order"] = order_differences(outcome.alerts, truth)
    gates["dead letters"] = letter_differences(outcome, truth, verdict)
    gates["state topic"] = state_differences(outcome.states, distinct, verdict)
    if replayed is not None:
        gates["replay"] = replay_differences(outcome.alerts, replayed)
    return verdict


def pane_differences(outcome: Outcome, truth: Truth, verdict: Verdict) -> list[str]:
    """Every counter of every retained day; the days a late event may still count in are."""
    differences = []
    for community in sorted(outcome.panes.keys() | truth.panes.keys()):
        found, expected = outcome.panes.get(community), truth.panes.get(community)
        if found is None or expected is None:
            verdict.wrong_panes += len(found or expected or ())
            differences.append(f"community {community!r}: " + ("extra" if found else "lost"))
            continue
        next_day = truth.next_days[community]
        if outcome.next_days[community] != next_day:
            differences.append(
                f"{community!r} closes {outcome.next_days[community]} next, not {next_day}"
            )
        kept_since = date.fromisoformat(next_day) - timedelta(days=DAYS_LATE_ALLOWED)
        kept = {day for day in expected if day >= kept_since.isoformat()}
        for day in sorted(found.keys() | kept):
            one, other = found.get(day, Counter()), expected.get(day, Counter())
            if one != other:
                verdict.wrong_panes += 1
                verdict.twice += (one - other).total() - (one - other)[LATE]
                verdict.missed += (other - one).total() - (other - one)[LATE]
                differences.append(f"pane {community!r} {day}: {_unlike(one, other)}")
    return differences


def _unlike(found: Pane, expected: Pane) -> str:
    names = sorted(found.keys() | expected.keys())
    unlike = [name for name in names if found[name] != expected[name]]
    return ", ".join(f"{name} {found[name]}, not {expected[name]}" for name in unlike)


def snapshot_differences(
    snapshots: Iterable[tuple[bytes, bytes]], truth: Truth, verdict: Verdict
) -> list[str]:
    """Every judged day has one snapshot, with the oracle's figures; repeats are equal bytes."""
    differences, found, number = [], dict[bytes, bytes](), 0
    for key, value in snapshots:
        number += 1
        if found.setdefault(key, value) != value:
            differences.append(f"snapshot {key.decode()}: a repeat has other bytes")
    verdict.repeats["snapshots"] = number - len(found), number
    expected = {f"{name}|{day}".encode(): judged for (name, day), judged in truth.judged.items()}
    differences += [f"snapshot {key.decode()} is lost" for key in expected.keys() - found.keys()]
    differences += [f"snapshot {key.decode()} is extra" for key in found.keys() - expected.keys()]
    for key in found.keys() & expected.keys():
        fault = _snapshot_fault(json.loads(found[key]), expected[key])
        if fault:
            differences.append(f"snapshot {key.decode()}: {fault}")
    return sorted(differences)


def _snapshot_fault(document: Mapping[str, Any], judged: Judged) -> str:
    measures = document["measures"]
    pane = Counter({name: measures[name] for name in TYPES if measures[name]})
    if document["late_events"]:
        pane[LATE] = document["late_events"]
    faults = [_unlike(pane, judged.pane)] if pane != judged.pane else []
    told = {name: measures[name] for name in FIGURES if name in measures}
    if told != (judged.figures or {}):
        unlike = {name for name in FIGURES if told.get(name) != (judged.figures or {}).get(name)}
        faults.append(f"other figures of members: {', '.join(sorted(unlike))}")
    figures = {
        rule: (said["evaluation"]["value"], said["evaluation"].get("baseline"), said["verdict"])
        for rule, said in document["verdicts"].items()
    }
    if figures != judged.verdicts:
        faults.append(f"{figures}, not {judged.verdicts}")
    return "; ".join(faults)


def collect(alerts: Iterable[Alert], distinct: dict[str, bytes]) -> list[str]:
    """Sort alert records into `distinct` by id; tell of those that repeat one in other bytes."""
    differences = []
    for _, _, value in alerts:
        identity = json.loads(value)["id"]
        if distinct.setdefault(identity, value) != value:
            differences.append(f"alert {identity}: a repeat has other bytes")
    return differences


def alert_differences(distinct: Mapping[str, bytes], truth: Truth, verdict: Verdict) -> list[str]:
    """The set of ids, and of each record all that the oracle knows of it."""
    expected = {each.id: each for each in truth.alerts}
    lost, extra = expected.keys() - distinct.keys(), distinct.keys() - expected.keys()
    verdict.lost, verdict.extra = len(lost), len(extra)
    differences = [f"lost {_row(expected[each])}" for each in sorted(lost)]
    differences += [f"extra {_row(_noted(distinct[each]))}" for each in sorted(extra)]
    for identity in sorted(distinct.keys() & expected.keys()):
        found = _noted(distinct[identity])
        if found != expected[identity]:
            differences.append(f"{found}, not {expected[identity]}")
    return differences


def _row(alert: Expected) -> str:
    about = alert.reason or alert.count
    return f"{alert.id} {alert.kind} {alert.rule} {alert.community} {alert.member} {about}"


def _noted(value: bytes) -> Expected:
    """A record as the oracle would note it; the oracle always writes milliseconds."""
    alert = noted(json.loads(value))
    return replace(alert, time=moment_text(instant(alert.time)))


def sequences(alerts: Iterable[Alert]) -> dict[tuple[str, bytes], dict[str, bytes]]:
    """By topic and key the records by id, in order, without repeats: what a consumer keeps."""
    found: dict[tuple[str, bytes], dict[str, bytes]] = {}
    for topic, key, value in alerts:
        found.setdefault((topic, key), {}).setdefault(json.loads(value)["id"], value)
    return found


def order_differences(alerts: Iterable[Alert], truth: Truth) -> list[str]:
    """The order of the ids under each key, repeats removed."""
    expected: dict[tuple[str, bytes], list[str]] = {}
    for alert in truth.alerts:
        topic = ALERTS if alert.member is None else MEMBER_ALERTS
        expected.setdefault((topic.name, alert.community.encode()), []).append(alert.id)
    found = sequences(alerts)
    return [
        f"{topic} {key.decode()!r}: the records come in another order"
        for topic, key in sorted(found.keys() | expected.keys())
        if list(found.get((topic, key), ())) != expected.get((topic, key), [])
    ]


def letter_differences(outcome: Outcome, truth: Truth, verdict: Verdict) -> list[str]:
    """Every unreadable record has a dead letter with its bytes, and no other record has one."""
    places = Counter(place for place, _ in outcome.letters)
    verdict.repeats["dead letters"] = places.total() - len(places), places.total()
    sent = {
        (number, told[0]): told[2]
        for number, records in outcome.events.items()
        for told in records
        if (number, told[0]) in places
    }
    lost, extra = truth.unreadable - places.keys(), places.keys() - truth.unreadable
    differences = [f"no dead letter for {each}" for each in sorted(lost)]
    differences += [f"extra dead letter for {each}" for each in sorted(extra)]
    differences += [
        f"dead letter for {place}: other bytes"
        for place, value in outcome.letters
        if sent.get(place) != value
    ]
    return differences


def state_differences(
    states: Mapping[bytes, bytes], distinct: Mapping[str, bytes], verdict: Verdict
) -> list[str]:
    """The state topic names the alerts there are; last values that are older are only noted."""
    latest: dict[bytes, bytes] = {}
    for identity in sorted(distinct):
        alert, _, kind = identity.partition(":")
        if kind != "digest":
            latest[alert.encode()] = distinct[identity]
    differences = [f"{key.decode()} is lost" for key in sorted(latest.keys() - states.keys())]
    differences += [f"{key.decode()} is extra" for key in sorted(states.keys() - latest.keys())]
    for key in sorted(states.keys() & latest.keys()):
        if states[key] != latest[key]:
            identity = json.loads(states[key])["id"]
            if distinct.get(identity) == states[key]:
                verdict.deviations.append(f"the last value is {identity}")
            else:
                differences.append(f"{identity}: other bytes than in the alert topics")
    return differences


def replay_differences(alerts: Iterable[Alert], replayed: Iterable[bytes]) -> list[str]:
    """Byte for byte what `pulse replay` makes of the same records."""
    lines: list[Alert] = []
    for line in replayed:
        data = json.loads(line)["data"]
        topic = MEMBER_ALERTS if data.get("member_id") is not None else ALERTS
        lines.append((topic.name, data["community_id"].encode(), line))
    found, expected = sequences(alerts), sequences(lines)
    return [
        f"{topic} {key.decode()!r}: not what a replay gives"
        for topic, key in sorted(found.keys() | expected.keys())
        if found.get((topic, key)) != expected.get((topic, key))
    ]
