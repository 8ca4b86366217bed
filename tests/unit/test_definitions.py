"""Definitions and playbooks as texts: what is refused, by name, key and reason."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rules.catalogue import Definition, Rule, parse_catalogue, parse_playbook
from rules.documents import DocumentError
from tests.builders import (
    catalogue_with,
)
from tests.unit.test_catalogue import text_of

DEFINITION = "speech-density-drop.yaml"
PLAYBOOK = "launch-topic-challenge.md"


def definition(**changes: Any) -> dict[str, str]:
    values = yaml.safe_load(text_of(f"definitions/{DEFINITION}")) | changes
    present = {key: value for key, value in values.items() if value is not ...}
    return {DEFINITION: yaml.safe_dump(present, allow_unicode=True)}


def playbook() -> dict[str, str]:
    return {PLAYBOOK: text_of(f"playbooks/{PLAYBOOK}")}


def test_the_unchanged_files_make_a_rule() -> None:
    assert list(parse_catalogue(definition(), playbook())) == ["speech-density-drop"]


def test_a_definition_that_does_not_say_whether_it_is_on_is_on() -> None:
    values = yaml.safe_load(text_of(f"definitions/{DEFINITION}"))
    del values["parameters"]["enabled"]
    (rule,) = parse_catalogue({DEFINITION: yaml.safe_dump(values)}, playbook()).values()
    assert rule.is_on


def test_a_rule_whose_playbook_is_missing_is_refused_by_name() -> None:
    with pytest.raises(DocumentError) as refused:
        parse_catalogue(definition(), {})
    assert str(refused.value) == (
        "speech-density-drop.yaml: playbook: rule 'speech-density-drop' names a playbook that does "
        "not exist: 'launch-topic-challenge'"
    )


REQUIRED = [name for name, field in Definition.model_fields.items() if field.is_required()]


@pytest.mark.parametrize("name", REQUIRED)
def test_a_definition_needs_each_of_its_fields(name: str) -> None:
    with pytest.raises(DocumentError, match=rf"^{DEFINITION}: {name}: Field required"):
        parse_catalogue(definition(**{name: ...}), playbook())


REFUSED = [
    ("an unknown key", {"colour": "red"}, "colour", "unknown key"),
    ("an empty playbook", {"playbook": ""}, "playbook", "at least 1 character"),
    ("no playbook at all", {"playbook": None}, "playbook", "valid string"),
    (
        "an unknown measure",
        {"measure": "mood"},
        "measure",
        "unknown: 'mood' (known: ",
    ),
    (
        "a measure of members",
        {"measure": "member-silence"},
        "measure",
        "does not measure a community",
    ),
    ("an unknown severity", {"severity": "page"}, "severity", "'info', 'warning' or 'critical'"),
    ("an unknown subject", {"subject": "planet"}, "subject", "'community' or 'member'"),
    ("a version that is text", {"version": "1"}, "version", "valid integer"),
    ("an id that is not the file's name", {"id": "speech-drop"}, "id", "is not the file's name"),
    ("an id with capitals", {"id": "Speech"}, "id", "match pattern"),
    ("an alert name with a space", {"alertname": "Speech Drop"}, "alertname", "match pattern"),
    (
        "no alert name, and not said to report only",
        {"alertname": ...},
        "alertname",
        "Field required: a rule has an alertname, or `reports_only: true`",
    ),
    (
        "no alert name, and said to alert",
        {"alertname": ..., "reports_only": False},
        "alertname",
        "Field required",
    ),
    (
        "an alert name of a rule that only reports",
        {"reports_only": True},
        "reports_only",
        "a rule that only reports has no alertname",
    ),
    (
        "a rule about members that only reports",
        {
            "alertname": ...,
            "reports_only": True,
            "subject": "member",
            "measure": "member-silence",
            "digest_summary": "a",
            "digest_description": "a",
        },
        "reports_only",
        "a rule about members announces alerts",
    ),
    (
        "a case whose playbook does not exist",
        {"playbook_cases": {"second": "launch-topic-challenge", "first": "recall-gift-pack"}},
        "playbook_cases.first",
        "rule 'speech-density-drop' names a playbook that does not exist: 'recall-gift-pack'",
    ),
    ("a case without playbook", {"playbook_cases": {"first": ""}}, "playbook_cases.first", "1 ch"),
    (
        "a case that is a number",
        {"playbook_cases": {14: "launch-topic-challenge"}},
        "playbook_cases.14.[key]",
        "valid string",
    ),
    ("cases that are a list", {"playbook_cases": []}, "playbook_cases", "valid dictionary"),
    (
        "a parameter out of range",
        {"parameters": {"drop_percent": 0, "floor": 20, "window_days": 7}},
        "parameters.drop_percent",
        "greater than or equal to 1",
    ),
    (
        "a parameter that its measure lacks",
        {"parameters": {"drop_percent": 20, "floor": 20, "window_days": 7, "minimum": 1}},
        "parameters.minimum",
        "unknown key",
    ),
    (
        "a parameter that is missing",
        {"parameters": {}},
        "parameters.drop_percent",
        "Field required",
    ),
]


@pytest.mark.parametrize(
    ("changes", "key", "reason"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_a_wrong_definition_is_refused(changes: dict[str, Any], key: str, reason: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_catalogue(definition(**changes), playbook())
    assert (refused.value.document, refused.value.key) == (DEFINITION, key)
    assert reason in refused.value.problem


def rule_with(**changes: Any) -> Rule:
    return catalogue_with("speech-density-drop", **changes)["speech-density-drop"]


LADDER = {"first": "recall-gift-pack", "second": "free-upgrade", "again": "free-upgrade"}
CASES = [
    ("a case that is listed", {"case": "first"}, "recall-gift-pack"),
    ("another one", {"case": "second"}, "free-upgrade"),
    ("two cases of one playbook", {"case": "again"}, "free-upgrade"),
    ("a case that is not listed", {"case": "third"}, "launch-topic-challenge"),
    ("no case", {"value": 3}, "launch-topic-challenge"),
    ("a case that is not known", {"case": None}, "launch-topic-challenge"),
    ("a case that is no name", {"case": ["first"]}, "launch-topic-challenge"),
]


@pytest.mark.parametrize(
    ("evaluation", "book"), [pytest.param(*row[1:], id=row[0]) for row in CASES]
)
def test_what_was_found_chooses_the_playbook(evaluation: dict[str, Any], book: str) -> None:
    assert rule_with(playbook_cases=LADDER).playbook_for(evaluation).id == book


def test_each_playbook_of_a_rule_is_named_once_the_usual_one_first() -> None:
    books = [book.id for book in rule_with(playbook_cases=LADDER).playbooks]
    assert books == ["launch-topic-challenge", "recall-gift-pack", "free-upgrade"]


def test_a_rule_that_only_reports_needs_no_alert_name() -> None:
    assert rule_with(alertname=None, reports_only=True).definition.alertname is None


def test_a_rule_about_members_needs_the_texts_of_its_digest() -> None:
    values = yaml.safe_load(text_of("definitions/member-silent.yaml"))
    del values["digest_description"]
    texts = {"member-silent.yaml": yaml.safe_dump(values)}
    books = {"targeted-activation-plan.md": text_of("playbooks/targeted-activation-plan.md")}
    with pytest.raises(DocumentError, match="digest_summary: a member rule needs the texts"):
        parse_catalogue(texts, books)


def front_matter(**changes: str) -> str:
    names = ("id", "title", "title_zh", "owner", "when", "success", "ends")
    fields = {"version": "1", "steps": "[s]"} | dict.fromkeys(names, "a") | changes
    return "\n".join(["---", *(f"{name}: {text}" for name, text in fields.items()), "---", ""])


PLAYBOOKS = [
    ("no front matter", "# Title", "", "front matter"),
    ("front matter without end", "---\nid: a\n", "", "front matter"),
    ("no text", "", "", "front matter"),
    ("an unknown key", "---\nidd: a\n---\nBody", "id", "Field required"),
    ("no steps", front_matter(steps="[]") + "Body", "steps", "at least 1 item"),
    ("no title", front_matter(title="''") + "Body", "title", "at least 1 character"),
    ("no body", front_matter(), "body", "at least 1 character"),
]


@pytest.mark.parametrize(
    ("text", "key", "reason"), [pytest.param(*row[1:], id=row[0]) for row in PLAYBOOKS]
)
def test_a_wrong_playbook_is_refused(text: str, key: str, reason: str) -> None:
    with pytest.raises(DocumentError) as refused:
        parse_playbook("a.md", text)
    assert (refused.value.document, refused.value.key) == ("a.md", key)
    assert reason in refused.value.problem
