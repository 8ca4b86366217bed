"""`check` finds what is missing and what should not be, and accepts what should."""

from __future__ import annotations

from typing import Any

import pytest

from streams.sample import Incident, Proof, check

RULE = "member-silent"
INCIDENT = Incident(
    "exodus",
    "Two members fall silent; one comes back.",
    "c1",
    (
        Proof(
            RULE, "firing", ("2025-02-01", "2025-02-03"), "threshold", 2, 2, frozenset({"a", "b"})
        ),
        Proof(RULE, "digest", ("2025-02-01", "2025-02-03"), member_count=2),
        Proof(RULE, "resolved", ("2025-02-10", "2025-02-10"), "returned", members=frozenset({"a"})),
    ),
)
STEADY = Incident("storm", "Bots only.", "c2", ())


def record(status: str, day: str, member: str | None = None, **data: Any) -> dict[str, Any]:
    community = data.pop("community_id", "c1")
    rule = data.pop("rule", RULE)
    subject = {} if status == "digest" else {"member_id": member}
    return {
        "id": f"{community}/{rule}/{member}/{day}:{status}",
        "type": f"pulse.alert.{status}.v1",
        "data": {
            "rule": {"id": rule, "version": 1},
            "community_id": community,
            "day": day,
            **subject,
            **data,
        },
    }


FIRING_A = record("firing", "2025-02-02", "a", reason="threshold")
FIRING_B = record("firing", "2025-02-02", "b", reason="threshold")
DIGEST = record("digest", "2025-02-02", count=2)
RETURNED = record("resolved", "2025-02-10", "a", reason="returned")
RIGHT = (FIRING_A, FIRING_B, DIGEST, RETURNED)


def test_the_right_records_prove_every_incident() -> None:
    findings = check((INCIDENT, STEADY), ("q1", "q2"), RIGHT)
    assert [(finding.name, finding.ok) for finding in findings] == [
        ("exodus", True),
        ("storm", True),
        ("quiet communities", True),
    ]


def test_repeated_records_count_once() -> None:
    assert check((INCIDENT,), (), RIGHT * 2)[0].ok


def test_the_order_of_records_does_not_matter() -> None:
    assert check((INCIDENT,), (), reversed(RIGHT))[0].ok


@pytest.mark.parametrize("missing", range(4), ids=["firing a", "firing b", "digest", "returned"])
def test_a_missing_record_fails_its_incident(missing: int) -> None:
    rest = [each for place, each in enumerate(RIGHT) if place != missing]
    finding = check((INCIDENT,), (), rest)[0]
    assert not finding.ok
    assert "0 came" in finding.sentence or "1 came" in finding.sentence


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (record("firing", "2025-02-09", "b", reason="threshold"), "should not be"),
        (record("firing", "2025-02-02", "z", reason="threshold"), "should not be"),
        (record("resolved", "2025-02-10", "b", reason="returned"), "should not be"),
        (record("resolved", "2025-02-10", "a", reason="left"), "should not be"),
        (record("firing", "2025-02-02", rule="speech-density-drop"), "should not be"),
        (record("firing", "2025-02-03", "b", reason="threshold"), "3 came"),
    ],
    ids=["wrong day", "wrong member", "not back", "wrong reason", "other rule", "fired twice"],
)
def test_a_record_too_many_fails_its_incident(wrong: dict[str, Any], says: str) -> None:
    finding = check((INCIDENT,), (), (*RIGHT, wrong))[0]
    assert not finding.ok
    assert says in finding.sentence


def test_a_digest_with_another_count_fails_its_incident() -> None:
    records = (FIRING_A, FIRING_B, record("digest", "2025-02-02", count=3), RETURNED)
    finding = check((INCIDENT,), (), records)[0]
    assert not finding.ok
    assert "counts 3 members, not 2" in finding.sentence


def test_an_alert_where_nothing_should_be_raised_fails_the_incident() -> None:
    alert = record("firing", "2025-02-02", community_id="c2", reason="threshold")
    assert [finding.ok for finding in check((STEADY,), (), [alert])] == [False, True]


def test_an_alert_of_a_quiet_community_fails() -> None:
    alert = record("firing", "2025-02-02", community_id="q2", reason="threshold")
    finding = check((), ("q1", "q2"), [alert])[0]
    assert not finding.ok
    assert finding.sentence.startswith("1 of 2 raised an alert: q2, member-silent firing")


def test_an_alert_about_a_stranger_fails() -> None:
    alert = record("firing", "2025-02-02", community_id="elsewhere", reason="threshold")
    finding = check((INCIDENT,), ("q1",), [*RIGHT, alert])[-1]
    assert not finding.ok
    assert "elsewhere" in finding.sentence
