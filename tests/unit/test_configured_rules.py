"""The settings of rules as configuration gives them: whose go first, and how far back is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.policy import Policies
from tests.builders import catalogue, configured
from tests.unit.test_configuration import CONTRACT

ORIGINS = [
    ("", "default", 20),
    ("rules: {speech-density-drop: {drop_percent: 25}}", "configuration", 25),
    ("communities: {c: {rules: {speech-density-drop: {drop_percent: 30}}}}", "community", 30),
    (
        (
            "{rules: {speech-density-drop: {drop_percent: 25}},"
            " communities: {c: {rules: {speech-density-drop: {floor: 3}}}}}"
        ),
        "community",
        25,
    ),
    ("communities: {other: {rules: {speech-density-drop: {drop_percent: 30}}}}", "default", 20),
    ("rules: {speech-density-drop: {enabled: true}}", "default", 20),
    (
        (
            "{rules: {speech-density-drop: {drop_percent: 25}},"
            " communities: {c: {rules: {speech-density-drop: {enabled: true}}}}}"
        ),
        "configuration",
        25,
    ),
]


@pytest.mark.parametrize(("text", "origin", "drop_percent"), ORIGINS)
def test_a_communitys_settings_go_before_those_for_all_and_those_before_the_defaults(
    text: str, origin: str, drop_percent: int
) -> None:
    policy = Policies(configured(text), catalogue()).of("c")
    rule = next(rule for rule in policy.rules if rule.id == "speech-density-drop")
    assert rule.setting.origin == origin
    assert rule.setting.parameters.model_dump()["drop_percent"] == drop_percent


def test_days_of_a_long_window_are_kept_as_long_as_they_are_read() -> None:
    wide = configured("rules: {speech-density-drop: {window_days: 100}}")
    assert Policies(wide, catalogue()).of("c").pane_days == 200
    assert Policies(configured(""), catalogue()).of("c").pane_days == 35


STALLED = "transactions-stalled"
HORIZONS = [
    ("as shipped", "", 28, 35),
    ("turned on", f"rules: {{{STALLED}: {{enabled: true}}}}", 35, 35),
    ("longer, but off", f"rules: {{{STALLED}: {{active_days: 60}}}}", 28, 35),
    ("longer, and on", f"rules: {{{STALLED}: {{active_days: 60, enabled: true}}}}", 67, 67),
    (
        "longer, and on elsewhere",
        (
            f"{{rules: {{{STALLED}: {{active_days: 60}}}},"
            f" communities: {{other: {{rules: {{{STALLED}: {{enabled: true}}}}}}}}}}"
        ),
        28,
        35,
    ),
    ("the widest one off", "rules: {share-conversion-low: {enabled: false}}", 14, 35),
]


@pytest.mark.parametrize(
    ("text", "looked_at", "kept"), [pytest.param(*row[1:], id=row[0]) for row in HORIZONS]
)
def test_more_days_are_looked_at_and_kept_only_where_a_rule_is_on(
    text: str, looked_at: int, kept: int
) -> None:
    policy = Policies(configured(text), catalogue()).of("c")
    assert (policy.horizon, policy.pane_days) == (looked_at, kept)


def test_a_rule_that_is_switched_off_for_one_community_is_on_for_the_others() -> None:
    policies = Policies(configured(CONTRACT), catalogue())

    def enabled(community: str) -> list[str]:
        return [rule.id for rule in policies.of(community).rules if rule.enabled]

    assert enabled("42") == ["member-silent", "speech-density-drop"]
    assert enabled("43") == ["member-silent", "share-conversion-low", "speech-density-drop"]


IS_ON = [
    ("", [], []),
    (f"rules: {{{STALLED}: {{enabled: true}}}}", [STALLED], [STALLED]),
    (f"rules: {{{STALLED}: {{window_days: 9}}}}", [], []),
    (f"communities: {{a: {{rules: {{{STALLED}: {{enabled: true}}}}}}}}", [STALLED], []),
    (
        (
            f"{{rules: {{{STALLED}: {{enabled: true}}}},"
            f" communities: {{a: {{rules: {{{STALLED}: {{enabled: false}}}}}}}}}}"
        ),
        [],
        [STALLED],
    ),
]


@pytest.mark.parametrize(("text", "on_in_a", "on_elsewhere"), IS_ON)
def test_a_rule_that_is_off_as_shipped_is_on_where_configuration_says_so(
    text: str, on_in_a: list[str], on_elsewhere: list[str]
) -> None:
    policies = Policies(configured(text), catalogue())
    shipped = {rule.id for rule in catalogue().values() if rule.is_on}

    def turned_on(community: str) -> list[str]:
        rules = policies.of(community).rules
        return [rule.id for rule in rules if rule.enabled and rule.id not in shipped]

    assert (turned_on("a"), turned_on("b")) == (on_in_a, on_elsewhere)
    assert policies.elsewhere is policies.of("b")


def test_the_configuration_that_turns_all_rules_on_names_each_of_them() -> None:
    text = (Path(__file__).parents[2] / "deploy/all-rules.yaml").read_text(encoding="utf-8")
    rules = Policies(configured(text), catalogue()).elsewhere.rules
    assert [rule.id for rule in rules if not rule.enabled] == []
