"""Rule test files: the shipped ones pass, and they notice a wrong rule."""

from __future__ import annotations

from functools import cache

import pytest

from rules.catalogue import Catalogue
from rules.ruletest import CaseResult, run_file
from streams.catalogue import shipped_rule_tests
from tests.builders import catalogue, catalogue_with, shipped_tests

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
