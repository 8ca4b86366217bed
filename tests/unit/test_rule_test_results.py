"""What a rule test says where something else came out than was expected."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rules.ruletest import run_file
from tests.builders import catalogue
from tests.unit.test_rule_test_files import FIRES, FIRING

SILENT: dict[str, Any] = {
    "name": "two fall silent",
    "events": [{"day": "2025-01-01", "type": "post.created", "users": ["u1", "u2"]}],
    "until": "2025-02-01T01:00:00Z",
    "alerts": [
        {"status": "firing", "members": ["u1..u2"], "day": "2025-01-31", "reason": "threshold"},
        {"status": "digest", "day": "2025-01-31", "count": 2},
    ],
}


def problems(case: dict[str, Any], rule: str = "share-conversion-low", **changes: Any) -> list[str]:
    text = yaml.safe_dump({"rule": rule, "cases": [case | changes]}, sort_keys=False)
    (result,) = run_file(f"{rule}.yaml", text, catalogue())
    return result.problems


FIRED = "firing for community 42 on 2025-01-02 (threshold)"

DIFFERENCES = [
    ("nothing", FIRES["alerts"], []),
    (
        "a record too many",
        [],
        [f"not expected: {FIRED}"],
    ),
    (
        "a record that is missing",
        [FIRING, FIRING | {"status": "resolved", "day": "2025-01-03", "reason": "recovered"}],
        ["expected, but missing: resolved for community 42 on 2025-01-03 (recovered)"],
    ),
    (
        "another day",
        [FIRING | {"day": "2025-01-03"}],
        [
            "expected, but missing: firing for community 42 on 2025-01-03 (threshold)",
            f"not expected: {FIRED}",
        ],
    ),
    (
        "another community",
        [FIRING | {"community": "43"}],
        [
            "expected, but missing: firing for community 43 on 2025-01-02 (threshold)",
            f"not expected: {FIRED}",
        ],
    ),
    (
        "another figure",
        [FIRING | {"evaluation": {"value": 7, "active": {"events": 1, "window": []}}}],
        [
            f"{FIRED}: evaluation.value is 0, expected 7",
            (f"{FIRED}: evaluation.active.window is ['2024-12-06', '2025-01-02'], expected []"),
        ],
    ),
    (
        "another verdict in the record",
        [FIRING | {"evaluation": {"verdict": "OK"}}],
        [f"{FIRED}: evaluation.verdict is 'FIRE', expected 'OK'"],
    ),
    ("the playbook", [FIRING | {"playbook": "optimize-referral-mechanism"}], []),
    (
        "another playbook",
        [FIRING | {"playbook": "free-upgrade"}],
        [f"{FIRED}: playbook.id is 'optimize-referral-mechanism', expected 'free-upgrade'"],
    ),
    (
        "a figure that is not there",
        [FIRING | {"evaluation": {"mood": 7}}],
        [f"{FIRED}: evaluation.mood is absent, expected 7"],
    ),
    (
        "another time",
        [FIRING | {"time": "2025-01-03T00:00:00Z"}],
        [(f"{FIRED}: time is '2025-01-03T01:00:00Z', expected '2025-01-03T00:00:00Z'")],
    ),
    (
        "another start",
        [FIRING | {"started_day": "2025-01-01"}],
        [(f"{FIRED}: started_day is '2025-01-02', expected '2025-01-01'")],
    ),
]


@pytest.mark.parametrize(
    ("alerts", "expected"), [pytest.param(*row[1:], id=row[0]) for row in DIFFERENCES]
)
def test_a_difference_in_the_records_is_said(
    alerts: list[dict[str, Any]], expected: list[str]
) -> None:
    assert problems(FIRES, alerts=alerts) == expected


VERDICTS = [
    ("the right one", {"verdict": "FIRE", "value": 0}, []),
    ("another", {"verdict": "OK"}, ["on 2025-01-02: FIRE, expected OK"]),
    ("none", {"verdict": None}, ["on 2025-01-02: FIRE, expected not judged"]),
    ("another value", {"verdict": "FIRE", "value": 3}, ["on 2025-01-02: value is 0, expected 3"]),
    (
        "a day that is not judged",
        {"day": "2025-01-03", "verdict": "OK"},
        ["on 2025-01-03: not judged, expected OK"],
    ),
    (
        "two of three days",
        {"day": "2025-01-01", "to": "2025-01-03", "verdict": "FIRE"},
        ["on 2025-01-01: LEARNING, expected FIRE", "on 2025-01-03: not judged, expected FIRE"],
    ),
]


@pytest.mark.parametrize(
    ("verdict", "expected"), [pytest.param(*row[1:], id=row[0]) for row in VERDICTS]
)
def test_a_difference_in_the_verdicts_is_said(verdict: dict[str, Any], expected: list[str]) -> None:
    found = problems(FIRES, verdicts=[{"day": "2025-01-02"} | verdict])
    assert found == [f"verdict of community 42 {line}" for line in expected]


@pytest.mark.parametrize(
    ("digest", "expected"),
    [
        ({"count": 2, "members": ["u1", "u2"]}, []),
        ({"count": 2, "members": ["u1"]}, ["member_ids is ['u1', 'u2'], expected ['u1']"]),
    ],
)
def test_a_difference_in_a_digest_is_said(digest: dict[str, Any], expected: list[str]) -> None:
    rows = [SILENT["alerts"][0], {"status": "digest", "day": "2025-01-31"} | digest]
    where = "digest for community 42 on 2025-01-31 (2 members): "
    assert problems(SILENT, "member-silent", alerts=rows) == [where + line for line in expected]


def test_the_order_of_the_records_counts() -> None:
    turned = list(reversed(SILENT["alerts"]))
    assert problems(SILENT, "member-silent") == []
    assert problems(SILENT, "member-silent", alerts=turned) != []


def test_records_of_other_rules_do_not_count() -> None:
    quiet = {"name": "quiet", "events": FIRES["events"], "until": FIRES["until"], "alerts": []}
    assert problems(quiet, "speech-density-drop") == []


EXPANSIONS = [
    ("one event where nothing else is said", {}, 1),
    ("count", {"count": 7}, 7),
    ("count a day", {"to": "2025-01-03", "count": 7}, 7),
    ("one of each user", {"users": ["a", "b", "m01..m12"]}, 14),
    ("users take turns", {"users": ["a", "b"], "count": 5}, 5),
]


@pytest.mark.parametrize(
    ("changes", "events"), [pytest.param(*row[1:], id=row[0]) for row in EXPANSIONS]
)
def test_a_row_stands_for_many_events(changes: dict[str, Any], events: int) -> None:
    row = {"day": "2025-01-02", "type": "share.converted"} | changes
    verdict = {"day": "2025-01-02", "verdict": "FIRE", "value": events}
    case = FIRES | {"events": [*FIRES["events"], row], "verdicts": [verdict]}
    until = {"until": "2025-01-03T01:00:00Z", "alerts": [FIRING]}
    assert problems(case | until, events=[*FIRES["events"], row]) == []
