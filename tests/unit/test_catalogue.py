"""A rule is four files: its measure, its definition, its playbook and its rule test."""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

import rules
from models.alerts import Evaluation, Snapshot, Transition, Verdict
from rules.catalogue import Rule, playbooks_of
from rules.measures import COMMUNITY_MEASURES, LADDER_MEASURES, MEASURES, MEMBER_MEASURES
from tests.builders import (
    catalogue,
    outputs_of,
    shipped_outputs,
    shipped_tests,
)

FOLDER = Path(rules.__file__).parent
# What the health index is made of.
NO_MEASURES = ("health_components",)
RULES = pytest.mark.parametrize("rule", catalogue().values(), ids=list(catalogue()))


def text_of(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def named(rules: Iterable[Rule]) -> dict[str, tuple[str | None, str, str]]:
    return {
        rule.id: (rule.definition.alertname, rule.playbook.id, rule.playbook.title_zh)
        for rule in rules
    }


def test_the_three_rules_of_the_contract_are_on_as_shipped_with_their_playbooks() -> None:
    assert named(rule for rule in catalogue().values() if rule.is_on) == {
        "speech-density-drop": (
            "CommunitySpeechDensityDrop",
            "launch-topic-challenge",
            "启动话题挑战赛",
        ),
        "share-conversion-low": (
            "CommunityShareConversionLow",
            "optimize-referral-mechanism",
            "优化裂变机制",
        ),
        "member-silent": ("CommunityMemberSilent", "targeted-activation-plan", "定向激活计划"),
    }


def test_each_alert_name_is_the_rules_id_in_camel_case() -> None:
    for rule in catalogue().values():
        words = "".join(word.capitalize() for word in rule.id.split("-"))
        assert rule.definition.alertname in (f"Community{words}", None)


def test_every_file_of_a_rule_belongs_to_one_and_no_rule_lacks_one() -> None:
    def stems(folder: str, ending: str) -> set[str]:
        return {path.stem for path in (FOLDER / folder).glob(f"*{ending}")}

    modules = {
        path.stem
        for path in (FOLDER / "measures").glob("*.py")
        if path.stem not in ("measure", "__init__", *NO_MEASURES)
    }
    measures = {rule.definition.measure for rule in catalogue().values()}
    assert stems("definitions", ".yaml") == set(catalogue())
    assert stems("tests", ".yaml") == set(catalogue())
    assert measures == set(MEASURES)
    assert modules == {measure.replace("-", "_") for measure in measures}


def test_every_playbook_answers_a_rule() -> None:
    written = {path.stem for path in (FOLDER / "playbooks").glob("*.md")}
    assert written == set(playbooks_of(catalogue()))


@RULES
def test_the_measure_is_of_the_kind_of_the_rules_subject(rule: Rule) -> None:
    of_members = MEMBER_MEASURES.keys() | LADDER_MEASURES.keys()
    measures = COMMUNITY_MEASURES if rule.definition.subject == "community" else of_members
    assert rule.definition.measure in measures


@RULES
def test_the_definition_sets_every_parameter_of_its_measure(rule: Rule) -> None:
    assert rule.definition.parameters.keys() == rule.parameter_names


@RULES
def test_the_rule_test_is_about_the_rule(rule: Rule) -> None:
    assert shipped_tests()[f"rules/tests/{rule.id}.yaml"].rule == rule.id


@RULES
def test_each_playbook_names_the_alert_that_it_answers_or_says_that_there_is_none(
    rule: Rule,
) -> None:
    for book in rule.playbooks:
        assert (rule.definition.alertname or "No alert: ") in book.when


def evaluations_of(rule: Rule) -> Iterator[Evaluation]:
    """Those of its alerts in the shipped rule tests; of its conclusive days, if it only reports."""
    for output in shipped_outputs():
        if isinstance(output, Transition) and output.rule_id == rule.id:
            yield output.evaluation
        elif isinstance(output, Snapshot) and rule.definition.reports_only:
            judgement = output.verdicts.get(rule.id)
            if judgement is not None and Verdict(judgement["verdict"]).is_conclusive:
                yield judgement["evaluation"]


@RULES
def test_a_rule_that_only_reports_never_says_fire(rule: Rule) -> None:
    fired = [each for each in evaluations_of(rule) if each["verdict"] == Verdict.FIRE]
    assert bool(fired) is not rule.definition.reports_only


@RULES
def test_the_description_says_the_figures_of_each_evaluation_of_its_measure(rule: Rule) -> None:
    evaluations = list(evaluations_of(rule))
    assert evaluations
    for evaluation in evaluations:
        said = rule.definition.description.format_map(evaluation)
        assert str(evaluation["value"]) in said
        assert "{" not in said


@RULES
def test_the_description_says_value_and_threshold_and_names_no_number_itself(rule: Rule) -> None:
    template = rule.definition.description
    fields = {field.split("[")[0] for _, field, _, _ in string.Formatter().parse(template) if field}
    compared = set() if rule.definition.reports_only else {"value", "threshold"}
    assert {"window", *compared} <= fields
    assert not re.search(r"\d", re.sub(r"\{.*?\}", "", template))


@RULES
def test_the_summary_holds_no_figure_so_that_repeats_read_alike(rule: Rule) -> None:
    assert not re.search(r"[{}\d]", rule.definition.summary)


@RULES
def test_a_rule_judges_in_the_rule_tests_of_the_others_where_it_is_on_as_shipped(
    rule: Rule,
) -> None:
    others = [test for test in shipped_tests().values() if test.rule != rule.id]
    outputs = [output for test in others for case in test.cases for output in outputs_of(case)]
    judged = any(rule.id in each.verdicts for each in outputs if isinstance(each, Snapshot))
    assert judged is rule.is_on
