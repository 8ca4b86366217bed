"""`pulse rules check` says which rules are off, and what a configuration turns on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from streams.catalogue import shipped_catalogue
from streams.check_rules import check_rules, line_of
from tests.builders import catalogue_with

RATE, STALLED = "share-conversion-rate-low", "transactions-stalled"


def said(*files: str) -> list[str]:
    checked = check_rules(list(files), run_tests=False)
    assert (checked.problems, checked.failures) == ([], 0)
    return checked.lines


@pytest.fixture(autouse=True)
def _nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PULSE_CONFIG", raising=False)


def test_a_rule_that_is_off_as_shipped_says_so_and_the_others_do_not() -> None:
    lines = said()
    assert len(lines) == len(shipped_catalogue())
    assert f"ok  rule {STALLED} v1, playbook revive-transactions v1, off until you turn it on" in (
        lines
    )
    off = [line.split()[2] for line in lines if "off until you turn it on" in line]
    assert off == [rule.id for rule in shipped_catalogue().values() if not rule.is_on]
    assert {RATE, STALLED} <= set(off)


CONFIGURATIONS = [
    ("nothing of it", "time: {lateness: 2h}", ""),
    ("only a setting", f"rules: {{{STALLED}: {{window_days: 9}}}}", ""),
    (
        "one for all",
        f"rules: {{{STALLED}: {{enabled: true}}}}",
        f", turns on {STALLED}",
    ),
    (
        "one for all, the other for some",
        (
            f"{{rules: {{{STALLED}: {{enabled: true}}}},"
            f" communities: {{a: {{rules: {{{RATE}: {{enabled: true}}}}}}}}}}"
        ),
        f", turns on {STALLED}, {RATE} for some",
    ),
    ("one that is on already", "rules: {member-silent: {enabled: true}}", ""),
]


@pytest.mark.parametrize(
    ("text", "remark"), [pytest.param(*row[1:], id=row[0]) for row in CONFIGURATIONS]
)
def test_a_configuration_says_what_it_turns_on(tmp_path: Path, text: str, remark: str) -> None:
    file = tmp_path / "pulse.yaml"
    file.write_text(text, encoding="utf-8")
    assert said(str(file))[-1] == f"ok  configuration {file}{remark}"


DEFINITION = catalogue_with("speech-density-drop")["speech-density-drop"].definition.model_dump()
DEFINITIONS: list[tuple[str, dict[str, Any], str]] = [
    ("as shipped", {}, ""),
    ("that only reports", {"alertname": None, "reports_only": True}, ""),
    ("with a case", {"playbook_cases": {"first": "revive-transactions"}}, ""),
    ("with a playbook that no rule names yet", {"playbook": "burst-stage"}, ""),
    (
        "with a case whose playbook does not exist",
        {"playbook_cases": {"first": "no"}},
        (
            "playbook_cases.first: rule 'speech-density-drop' names a playbook that does not "
            "exist: 'no'"
        ),
    ),
]


@pytest.mark.parametrize(
    ("changes", "problem"), [pytest.param(*row[1:], id=row[0]) for row in DEFINITIONS]
)
def test_a_definition_is_checked_with_all_playbooks_that_it_names(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    file = tmp_path / "speech-density-drop.yaml"
    file.write_text(yaml.safe_dump(DEFINITION | changes), encoding="utf-8")
    checked = check_rules([str(file)], run_tests=False)
    assert checked.problems == ([f"{file}: {problem}"] if problem else [])
    assert (f"ok  definition {file}" in checked.lines) is not bool(problem)


SAID: list[tuple[dict[str, Any], str]] = [
    ({"playbook_cases": {"first": "free-upgrade", "second": "launch-topic-challenge"}},
     "playbooks launch-topic-challenge v1, free-upgrade v1"),
    ({"alertname": None, "reports_only": True}, "playbook launch-topic-challenge v1, only reports"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "said"), SAID)
def test_a_rule_is_listed_with_all_its_playbooks_and_whether_it_only_reports(
    changes: dict[str, Any], said: str
) -> None:
    rule = catalogue_with("speech-density-drop", **changes)["speech-density-drop"]
    assert line_of(rule) == f"rule speech-density-drop v1, {said}"


def test_what_the_environment_turns_on_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_RULES__TRANSACTIONS_STALLED__ENABLED", "true")
    assert said()[-1] == f"ok  the configuration in force, turns on {STALLED}"
