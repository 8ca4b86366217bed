"""Rule test files: the shipped ones pass, they notice a wrong rule, and bad ones are refused."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest
import yaml

from rules.catalogue import Catalogue
from rules.ruletest import CaseResult, run_file
from streams.catalogue import shipped_rule_tests
from tests.builders import catalogue, catalogue_with, shipped_tests
from tests.unit.test_rule_test_files import FIRES, FIRING

CASES = [
    pytest.param(name, case.name, id=f"{test.rule}: {case.name}")
    for name, test in sorted(shipped_tests().items())
    for case in test.cases
]


HEALTH = "health-index-falling"
WEIGHTS = {
    name: value
    for name, value in catalogue()[HEALTH].defaults.model_dump().items()
    if name.endswith("_weight")
}


@cache
def results(name: str) -> dict[str, CaseResult]:
    return {each.name: each for each in run_file(name, shipped_rule_tests()[name], catalogue())}


@pytest.mark.parametrize(("name", "case"), CASES)
def test_the_shipped_case_passes(name: str, case: str) -> None:
    assert results(name)[case].problems == []


ALERTING = [rule.id for rule in catalogue().values() if not rule.definition.reports_only]


@pytest.mark.parametrize(
    ("rule", "parameter", "value"),
    [
        ("speech-density-drop", "drop_percent", 21),
        ("speech-density-drop", "drop_percent", 19),
        ("speech-density-drop", "floor", 21),
        ("speech-density-drop", "floor", 19),
        ("speech-density-drop", "window_days", 6),
        ("speech-density-drop", "window_days", 8),
        ("share-conversion-low", "minimum", 51),
        ("share-conversion-low", "minimum", 49),
        ("share-conversion-low", "active_days", 27),
        ("share-conversion-low", "active_days", 29),
        ("share-conversion-rate-low", "minimum_percent", 4),
        ("share-conversion-rate-low", "minimum_percent", 2),
        ("share-conversion-rate-low", "floor", 101),
        ("share-conversion-rate-low", "floor", 99),
        ("share-conversion-rate-low", "window_days", 8),
        ("share-conversion-rate-low", "window_days", 6),
        ("share-conversion-rate-low", "active_days", 29),
        ("share-conversion-rate-low", "active_days", 27),
        ("core-circle-shrinking", "drop_percent", 21),
        ("core-circle-shrinking", "drop_percent", 19),
        ("core-circle-shrinking", "floor", 21),
        ("core-circle-shrinking", "floor", 19),
        (HEALTH, "index_at_most", 71),
        (HEALTH, "index_at_most", 69),
        (HEALTH, "window_days", 27),
        (HEALTH, "floor", 401),
        (HEALTH, "floor", 399),
        (HEALTH, "least_cases", 11),
        (HEALTH, "least_cases", 9),
        (HEALTH, "keep_firing_days", 19),
        (HEALTH, "keep_firing_days", 21),
        *((HEALTH, name, weight + 1) for name, weight in WEIGHTS.items()),
        ("transactions-stalled", "window_days", 8),
        ("transactions-stalled", "window_days", 6),
        ("transactions-stalled", "active_days", 29),
        ("transactions-stalled", "active_days", 27),
        ("campaign-participation-decay", "keep_percent", 41),
        ("campaign-participation-decay", "keep_percent", 39),
        ("campaign-participation-decay", "floor", 21),
        ("campaign-participation-decay", "floor", 19),
        ("campaign-participation-decay", "minimum_weeks", 3),
        ("campaign-participation-decay", "for_days", 5),
        ("campaign-participation-decay", "for_days", 7),
        ("cold-start-behind", "users", 101),
        ("cold-start-behind", "users", 99),
        ("cold-start-behind", "interviews", 101),
        ("cold-start-behind", "interviews", 99),
        ("cold-start-behind", "co_creation", 25),
        ("cold-start-behind", "co_creation", 23),
        ("cold-start-behind", "votes", 51),
        ("cold-start-behind", "votes", 49),
        ("cold-start-behind", "start_days", 8),
        ("cold-start-behind", "start_days", 6),
        ("content-effect", "floor", 101),
        ("content-effect", "floor", 99),
        ("member-funnel", "floor", 21),
        ("member-funnel", "floor", 19),
        ("member-silent", "silent_days", 31),
        ("member-silent", "silent_days", 29),
        ("member-churn", "first_days", 15),
        ("member-churn", "first_days", 13),
        ("member-churn", "second_days", 31),
        ("member-churn", "second_days", 29),
        ("member-churn", "third_days", 61),
        ("member-churn", "third_days", 59),
        ("member-churn", "lost_days", 91),
        ("member-churn", "lost_days", 89),
        ("member-tiers", "core_percent", 51),
        ("member-tiers", "core_percent", 49),
        ("member-tiers", "down_closes", 8),
        ("member-tiers", "down_closes", 6),
        ("viral-coefficient-low", "minimum_percent", 49),
        ("viral-coefficient-low", "minimum_percent", 51),
        ("viral-coefficient-low", "floor", 9),
        ("viral-coefficient-low", "floor", 11),
        ("content-conversion-low", "minimum_permille", 57),
        ("content-conversion-low", "minimum_permille", 59),
        ("content-conversion-low", "floor", 99),
        ("content-conversion-low", "floor", 101),
        ("monthly-activity-low", "minimum_percent", 29),
        ("monthly-activity-low", "minimum_percent", 31),
        ("monthly-activity-low", "floor", 49),
        ("monthly-activity-low", "floor", 51),
        ("growth-stage", "few_inviters", 9),
        ("growth-stage", "few_inviters", 11),
        ("growth-stage", "grow_percent", 49),
        ("growth-stage", "grow_percent", 51),
        ("growth-stage", "viral_percent", 49),
        ("growth-stage", "viral_percent", 51),
        ("growth-stage", "pay_hundredths", 99),
        ("growth-stage", "pay_hundredths", 101),
        ("growth-stage", "drive_percent", 79),
        ("growth-stage", "drive_percent", 81),
        # A rung is reached on its day; the churn ladder knows neither.
        *((rule, "for_days", 1) for rule in ALERTING if rule != "member-churn"),
        # A member's alert ends with the interaction, whatever keep_firing_days says.
        *((rule, "keep_firing_days", 1) for rule in ALERTING if not rule.startswith("member-")),
        *((each.id, "enabled", not each.is_on) for each in catalogue().values()),
    ],
)
def test_a_rule_that_is_off_by_one_fails_its_test(rule: str, parameter: str, value: int) -> None:
    name = f"rules/tests/{rule}.yaml"
    wrong = run_file(name, shipped_rule_tests()[name], with_default(rule, parameter, value))
    assert any(result.problems for result in wrong)


def with_default(rule_id: str, parameter: str, value: int) -> Catalogue:
    """The shipped catalogue, one default of which is another."""
    rule = catalogue()[rule_id]
    parameters = {**rule.definition.parameters, parameter: value}
    return catalogue_with(rule_id, parameters=parameters)


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
