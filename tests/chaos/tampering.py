"""Ways to tamper with what a round has left, and the gates that each of them must not pass."""

from __future__ import annotations

import json
from collections.abc import Callable

from models.documents import encode
from models.topics import ALERTS

from .outcome import Outcome


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


def lose_a_circle(outcome: Outcome) -> None:
    del outcome.circles[10]


def add_a_circle(outcome: Outcome) -> None:
    key, value = outcome.circles[10]
    outcome.circles.append((key, encode({**json.loads(value), "since": "2024-01-01"})))


def miscount_a_circle(outcome: Outcome) -> None:
    key, value = outcome.circles[10]
    circle = json.loads(value)
    circle["counts"]["interactions"] += 1
    outcome.circles[10] = key, encode(circle)


def repeat_a_circle_in_other_bytes(outcome: Outcome) -> None:
    key, value = outcome.circles[10]
    outcome.circles.append((key, value + b" "))


def miscount_a_figure(outcome: Outcome) -> None:
    key, value = outcome.snapshots[10]
    document = json.loads(value)
    document["measures"]["known_members"] += 1
    outcome.snapshots[10] = key, encode(document)


Tamper = Callable[[Outcome], None]
TAMPERED: dict[str, tuple[Tamper, set[str]]] = {
    "a lost alert": (lose_an_alert, {"alerts", "order", "replay"}),
    "an extra alert": (add_an_alert, {"alerts", "order", "replay", "state topic"}),
    "a changed byte": (change_a_byte_of_an_alert, {"replay"}),
    "a repeat in other bytes": (repeat_an_alert_in_other_bytes, {"repeats"}),
    "another order": (swap_two_alerts, {"order"}),
    "a wrong pane": (count_one_too_many, {"panes"}),
    "a lost pane": (lose_a_pane, {"panes"}),
    "a lost community": (lose_a_community, {"panes"}),
    "a wrong number of late events": (add_a_late_event, {"panes"}),
    "a lost snapshot": (lose_a_snapshot, {"snapshots"}),
    "a wrong count in a snapshot": (miscount_a_snapshot, {"snapshots"}),
    "a wrong verdict in a snapshot": (misjudge_a_snapshot, {"snapshots"}),
    "a snapshot repeated in other bytes": (repeat_a_snapshot_in_other_bytes, {"snapshots"}),
    "a missing dead letter": (lose_a_dead_letter, {"dead letters"}),
    "an extra dead letter": (add_a_dead_letter, {"dead letters"}),
    "a changed byte of a dead letter": (change_a_byte_of_a_dead_letter, {"dead letters"}),
    "a lost state": (lose_a_state, {"state topic"}),
    "a changed byte of a state": (change_a_byte_of_a_state, {"state topic"}),
}
"""With the rules as shipped."""
TAMPERED_OF_ALL_RULES: dict[str, tuple[Tamper, set[str]]] = {
    "a lost circle": (lose_a_circle, {"circles"}),
    "an extra circle": (add_a_circle, {"circles"}),
    "a wrong count in a circle": (miscount_a_circle, {"circles"}),
    "a circle repeated in other bytes": (repeat_a_circle_in_other_bytes, {"circles"}),
    "a wrong figure in a snapshot": (miscount_a_figure, {"snapshots"}),
}
"""What only rules say that are off by default."""
