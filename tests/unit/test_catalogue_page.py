"""The page of all rules and measures says what the rules are, and is the one that is committed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from models.alerts import Snapshot, Transition, Verdict
from models.panes import FIGURE_NAMES
from rules.catalogue import Rule
from rules.catalogue_page import catalogue_page, meanings_of, told_verdicts
from rules.parameters import Parameters
from tests.builders import catalogue, catalogue_with, shipped_outputs

ROOT = Path(__file__).parents[2]
RULES = pytest.mark.parametrize("rule", catalogue().values(), ids=list(catalogue()))


def page() -> str:
    return catalogue_page(catalogue())


def section(text: str, rule_id: str) -> str:
    """What the page says of one rule."""
    return text.split(f"### {rule_id}\n")[1].split("\n#", maxsplit=1)[0]


def test_the_committed_page_is_the_one_that_is_generated() -> None:
    committed = (ROOT / "CATALOGUE.md").read_text(encoding="utf-8")
    assert committed == page(), "run `make catalogue`"


def test_each_link_leads_somewhere() -> None:
    text = page()
    headings = {f"#{name}" for name in re.findall(r"^### (\S+)$", text, re.MULTILINE)}
    links = re.findall(r"\]\(([^)]+)\)", text)
    assert {link for link in links if link.startswith("#")} == headings
    assert [link for link in links if link[0] != "#" and not (ROOT / link).exists()] == []


@RULES
def test_a_rule_stands_under_what_it_is_as_shipped(rule: Rule) -> None:
    on, off = page().split("## On as shipped")[1].split("## Off until you turn them on")
    assert f"\n### {rule.id}\n" in (on if rule.is_on else off)


@RULES
def test_the_page_tells_what_an_operator_needs_to_know_of_a_rule(rule: Rule) -> None:
    said = section(page(), rule.id)
    assert rule.definition.title in said
    assert rule.definition.known_gaps in said
    assert (f"Alert `{rule.definition.alertname}`" in said) is not rule.definition.reports_only
    for book in rule.playbooks:
        assert f"[{book.title} {book.title_zh}](rules/playbooks/{book.id}.md)" in said
    for case in rule.playbook_cases:
        assert f"`{case}`" in said


@RULES
def test_the_docstring_of_a_rules_settings_says_what_each_of_its_own_means(rule: Rule) -> None:
    own = rule.parameter_names - set(Parameters.model_fields)
    assert meanings_of(type(rule.defaults)).keys() == own
    for name in own:
        shipped = yaml.safe_dump(rule.definition.parameters[name]).split("\n")[0]
        assert f"| `{name}` | {shipped} | " in section(page(), rule.id)


@RULES
def test_the_docstring_of_a_verdict_names_each_that_the_shipped_rule_tests_show(rule: Rule) -> None:
    assert shown_verdicts(rule) <= set(told_verdicts(rule))


def shown_verdicts(rule: Rule) -> set[Verdict]:
    """Those of the rule's days and alerts, where it is not switched off."""
    evaluations = [
        output.evaluation
        for output in shipped_outputs()
        if isinstance(output, Transition) and output.rule_id == rule.id
    ]
    evaluations += [
        output.verdicts[rule.id]["evaluation"]
        for output in shipped_outputs()
        if isinstance(output, Snapshot) and rule.id in output.verdicts
    ]
    return {each["verdict"] for each in evaluations if each.get("enabled") is not False}


def test_every_measure_of_a_snapshot_is_told() -> None:
    told = set(re.findall(r"`([^`]+)`", page().split("## What a snapshot holds")[1]))
    measures = {
        name
        for output in shipped_outputs()
        if isinstance(output, Snapshot)
        for name in output.measures
    }
    assert len(measures) > 15
    assert measures | set(FIGURE_NAMES) <= told


def test_what_an_alert_says_is_told_with_the_settings_as_shipped() -> None:
    assert (
        "“… posts and replies in the days … to …, after … in the days … to …: … %, where a fall of "
        "20 % or more warns.”"
    ) in section(page(), "speech-density-drop")


def test_of_a_playbook_that_answers_two_rules_each_tells_its_own_part() -> None:
    absolute, rate = (
        section(page(), rule) for rule in ("share-conversion-low", "share-conversion-rate-low")
    )
    assert "**Fires when**: on one day fewer than 50 shares brought somebody in, in a" in absolute
    assert "of at least 100 shares" not in absolute
    assert "**Fires when**: of at least 100 shares in seven days, fewer than 3 in a" in rate
    assert "on one day" not in rate


def test_each_playbook_is_told_with_its_cases_and_one_for_the_others() -> None:
    cases = {"first": "free-upgrade", "second": "recall-gift-pack", "third": "free-upgrade"}
    said = section(
        catalogue_page(catalogue_with("speech-density-drop", playbook_cases=cases)),
        "speech-density-drop",
    )
    assert re.findall(r"\*\*Fires when\*\* \((.*?)\): .*/(\S+)\.md", said) == [
        ("in all other cases", "launch-topic-challenge"),
        ("`first` or `third`", "free-upgrade"),
        ("`second`", "recall-gift-pack"),
    ]


def test_a_rule_that_only_reports_has_no_alert_and_never_says_fire() -> None:
    known = catalogue_with("speech-density-drop", alertname=None, reports_only=True)
    text = catalogue_page(known)
    said = section(text, "speech-density-drop")
    assert "Reports only" in said
    assert "Fires" not in said
    assert "**Verdicts**: OK, LEARNING, BELOW_FLOOR." in said
    assert (
        "[speech-density-drop](#speech-density-drop) | a community | on | none, it reports |"
        in text
    )


def test_a_setting_of_every_rule_stands_in_a_table_only_where_it_is_used() -> None:
    parameters = catalogue()["speech-density-drop"].definition.parameters | {"for_days": 3}
    known = catalogue_with("speech-density-drop", parameters=parameters)
    assert "| `for_days` | 3 | 0 to 365 | as for every rule |" in catalogue_page(known)
    assert "| `for_days` | 0 |" not in page()


class Told(Parameters):
    """What is before a setting is none.

    `first`: one; and more
    of it; `second_weight`: two, `three` of them. `*_weight`: a weight.

    What stands in another paragraph is no meaning.
    """

    compared: ClassVar = ()

    first: int
    second_weight: int
    third_weight: int
    untold: int


MEANINGS: list[tuple[str, Any]] = [
    ("first", "one; and more of it"),
    ("third_weight", "a weight"),
    ("untold", None),
]


@pytest.mark.parametrize(("name", "meaning"), MEANINGS)
def test_a_docstring_tells_what_a_setting_means(name: str, meaning: str | None) -> None:
    assert meanings_of(Told).get(name) == meaning


def test_a_name_of_its_own_comes_before_a_pattern() -> None:
    assert meanings_of(Told)["second_weight"] == "two, `three` of them"
