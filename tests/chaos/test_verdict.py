"""The check of the check: whatever is lost, added or changed in what was left, a gate names it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable

import pytest

from models.documents import encode
from models.topics import ALERTS

from .history import Size
from .outcome import Outcome
from .played import Played, play


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    file = tmp_path_factory.mktemp("history") / "events.ndjson"
    return play(file, Size(4_000, days=45, communities=4), seed=3)


def test_what_the_engine_leaves_passes_every_gate(played: Played) -> None:
    verdict = played.judged()
    assert verdict.holds, "\n".join(verdict.lines())
    assert verdict.differences.keys() == {"circles"} | {gate for _, gate in TAMPERED.values()}
    assert len(played.outcome.alerts) > 50
    assert len(played.outcome.letters) > 5
    assert {alert.rule for alert in played.truth.alerts} == {
        "member-silent", "share-conversion-low", "speech-density-drop",
    }  # fmt: skip


def lose_an_alert(outcome: Outcome) -> None:
    del outcome.alerts[10]


def add_an_alert(outcome: Outcome) -> None:
    topic, key, value = outcome.alerts[10]
    other = json.loads(value)
    other["id"] = "0123456789abcdef:1"
    outcome.alerts.append((topic, key, encode(other)))


def change_a_byte_of_an_alert(outcome: Outcome) -> None:
    topic, key, value = outcome.alerts[10]
    outcome.alerts[10] = topic, key, value.replace(b'"playbook"', b'"Playbook"', 1)


def repeat_an_alert_in_other_bytes(outcome: Outcome) -> None:
    topic, key, value = outcome.alerts[10]
    outcome.alerts.append((topic, key, value.replace(b'"playbook"', b'"Playbook"', 1)))


def swap_two_alerts(outcome: Outcome) -> None:
    _, key, _ = outcome.alerts[10]
    mine = [place for place, alert in enumerate(outcome.alerts) if alert[:2] == (ALERTS.name, key)]
    one, other = mine[0], mine[1]
    outcome.alerts[one], outcome.alerts[other] = outcome.alerts[other], outcome.alerts[one]


def count_one_too_many(outcome: Outcome) -> None:
    panes = next(iter(outcome.panes.values()))
    panes[max(panes)]["post.created"] += 1


def lose_a_pane(outcome: Outcome) -> None:
    panes = next(iter(outcome.panes.values()))
    del panes[max(panes)]


def lose_a_community(outcome: Outcome) -> None:
    del outcome.panes[next(iter(outcome.panes))]


def add_a_late_event(outcome: Outcome) -> None:
    panes = next(iter(outcome.panes.values()))
    panes[max(panes)]["late"] += 1


def lose_a_snapshot(outcome: Outcome) -> None:
    del outcome.snapshots[10]


def miscount_a_snapshot(outcome: Outcome) -> None:
    key, value = outcome.snapshots[10]
    document = json.loads(value)
    document["measures"]["post.created"] += 1
    outcome.snapshots[10] = key, encode(document)


def misjudge_a_snapshot(outcome: Outcome) -> None:
    key, value = outcome.snapshots[10]
    outcome.snapshots[10] = key, value.replace(b'"LEARNING"', b'"OK"')


def repeat_a_snapshot_in_other_bytes(outcome: Outcome) -> None:
    key, value = outcome.snapshots[10]
    outcome.snapshots.append((key, value + b" "))


def lose_a_dead_letter(outcome: Outcome) -> None:
    del outcome.letters[3]


def add_a_dead_letter(outcome: Outcome) -> None:
    unread = {place for place, _ in outcome.letters}
    offset, _, value, _ = next(told for told in outcome.events[0] if (0, told[0]) not in unread)
    outcome.letters.append(((0, offset), value))


def change_a_byte_of_a_dead_letter(outcome: Outcome) -> None:
    place, value = outcome.letters[3]
    outcome.letters[3] = place, value + b"!"


def lose_a_state(outcome: Outcome) -> None:
    del outcome.states[next(iter(outcome.states))]


def change_a_byte_of_a_state(outcome: Outcome) -> None:
    key = next(iter(outcome.states))
    outcome.states[key] = outcome.states[key].replace(b'"playbook"', b'"Playbook"', 1)


Tamper = Callable[[Outcome], None]
TAMPERED: dict[str, tuple[Tamper, str]] = {
    "a lost alert": (lose_an_alert, "alerts"),
    "an extra alert": (add_an_alert, "alerts"),
    "a changed byte": (change_a_byte_of_an_alert, "replay"),
    "a repeat in other bytes": (repeat_an_alert_in_other_bytes, "repeats"),
    "another order": (swap_two_alerts, "order"),
    "a wrong pane": (count_one_too_many, "panes"),
    "a lost pane": (lose_a_pane, "panes"),
    "a lost community": (lose_a_community, "panes"),
    "a wrong number of late events": (add_a_late_event, "panes"),
    "a lost snapshot": (lose_a_snapshot, "snapshots"),
    "a wrong count in a snapshot": (miscount_a_snapshot, "snapshots"),
    "a wrong verdict in a snapshot": (misjudge_a_snapshot, "snapshots"),
    "a snapshot repeated in other bytes": (repeat_a_snapshot_in_other_bytes, "snapshots"),
    "a missing dead letter": (lose_a_dead_letter, "dead letters"),
    "an extra dead letter": (add_a_dead_letter, "dead letters"),
    "a changed byte of a dead letter": (change_a_byte_of_a_dead_letter, "dead letters"),
    "a lost state": (lose_a_state, "state topic"),
    "a changed byte of a state": (change_a_byte_of_a_state, "state topic"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_gate_catches(played: Played, name: str) -> None:
    tamper, gate = TAMPERED[name]
    verdict = played.judged(tamper)
    assert not verdict.holds
    assert verdict.differences[gate]
    assert any(line.startswith(f"{gate}: ") for line in verdict.lines())


def test_repeats_of_the_same_bytes_pass_and_are_counted(played: Played) -> None:
    def repeat(outcome: Outcome) -> None:
        outcome.alerts += outcome.alerts[5:8]
        outcome.snapshots += outcome.snapshots[5:7]
        outcome.letters += outcome.letters[5:6]

    verdict = played.judged(repeat)
    assert verdict.holds, "\n".join(verdict.lines())
    assert [verdict.repeats[each][0] for each in ("alerts", "snapshots", "dead letters")] == [
        3,
        2,
        1,
    ]


def test_an_older_last_value_in_the_state_topic_is_noted_and_no_fault(played: Played) -> None:
    def go_back(outcome: Outcome) -> None:
        for _, _, value in outcome.alerts:
            record = json.loads(value)
            identity = record["data"]["alert_id"].encode()
            if identity in outcome.states and outcome.states[identity] != value:
                outcome.states[identity] = value
                return

    verdict = played.judged(go_back)
    assert verdict.holds
    assert len(verdict.deviations) == 1


def test_what_was_counted_too_often_and_too_rarely_is_told_apart(played: Played) -> None:
    def miscount(outcome: Outcome) -> None:
        panes = next(iter(outcome.panes.values()))
        panes[max(panes)] += Counter({"post.created": 3})
        panes[sorted(panes)[-2]].pop("post.created")

    verdict = played.judged(miscount)
    assert (verdict.wrong_panes, verdict.twice) == (2, 3)
    assert verdict.missed > 0
