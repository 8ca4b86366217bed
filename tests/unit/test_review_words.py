"""What a review says: which sentences, and that every language has the words for all of them."""

from __future__ import annotations

import ast
import inspect
import string
from pathlib import Path
from typing import Any

import pytest
import yaml

from models.alerts import Verdict
from rules.measures.health_components import COMPONENTS
from rules.review import charts, findings
from rules.review.amounts import Amount, Compared, Missing, Unit, Windows, compare
from rules.review.figures import FIGURES, PartName
from rules.review.findings import Change, Number, PerDay, of_case, of_figures, of_health
from rules.review.history import History, Period
from rules.review.judgements import Case, Component, Index, RuleDays
from streams.review import words as words_module
from streams.review.words import LANGUAGES, words_of
from tests.builders import catalogue
from tests.reviewed import D, judged

TEXTS = {
    language: yaml.safe_load(
        Path(inspect.getfile(words_module))
        .with_name("words")
        .joinpath(f"{language}.yaml")
        .read_text(encoding="utf-8")
    )
    for language in LANGUAGES
}
LANGUAGE = pytest.mark.parametrize("language", LANGUAGES)


def leaves(texts: Any, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], str]:
    if isinstance(texts, dict):
        return {
            keys: text
            for key, inner in texts.items()
            for keys, text in leaves(inner, (*path, str(key))).items()
        }
    return {path: str(texts)}


def names_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_all_languages_say_the_same_things_with_the_same_figures() -> None:
    first, *others = (
        {keys: names_in(text) for keys, text in leaves(texts).items()} for texts in TEXTS.values()
    )
    assert all(other == first for other in others)


@LANGUAGE
def test_everything_that_a_review_names_has_words(language: str) -> None:
    texts = TEXTS[language]
    figures = [figure for part in FIGURES.values() for figure in part]
    codes = {
        node.value
        for node in ast.walk(ast.parse(inspect.getsource(findings)))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    lead = {f"lead_{way}" for way in ("rose", "fell", "steady", "begun", "alone")}
    index = {"index", "index_pulled", "index_missing", "index_pulled_missing"}
    assert set(texts["sentences"]) - lead - index <= codes
    assert lead | index <= set(texts["sentences"])
    assert set(texts["figures"]) == {figure.name for figure in figures}
    assert set(texts["counts"]) == {name for each in figures for name in each.reads} | {"days"}
    assert set(texts["components"]) == {component.name for component in COMPONENTS}
    assert set(texts["missing"]) == set(Missing)
    assert set(texts["verdicts"]) == {*Verdict, "not_judged"}
    assert set(texts["parts"]) == set(PartName)


@LANGUAGE
def test_every_case_that_rules_report_has_words(language: str) -> None:
    # The circles are cases of members, of whom a review does not tell.
    reporting = [
        rule
        for rule in catalogue().values()
        if rule.definition.reports_only and rule.playbook_cases and rule.id != "member-tiers"
    ]
    assert set(TEXTS[language]["reports"]) == {rule.id for rule in reporting}
    assert set(TEXTS[language]["cases"]) == {
        case for rule in reporting for case in rule.playbook_cases
    }


@LANGUAGE
def test_every_chart_and_its_series_have_words(language: str) -> None:
    texts = TEXTS[language]
    known = {name: 1 for part in FIGURES.values() for each in part for name in each.reads}
    days = [judged(D - before, known) for before in range(56)][::-1]
    told = History("42", "UTC", D - 55, days)
    drawn = [
        chart for part in PartName for chart in charts.over_time(part, told, Period(D - 27, D))
    ]
    named = {chart.name for chart in drawn} | {"funnel", "components", "forecast"}
    assert set(texts["charts"]) == named
    assert {series.name for chart in drawn for series in chart.series} <= set(texts["series"])


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (1_234_567, Unit.COUNT, "1,234,567", "1,234,567"),
        (1_250, Unit.PERCENT, "12.5 %", "12.5%"),
        (-1_250, Unit.POINTS, "−12.5", "−12.5"),
        (123_456, Unit.MONEY, "1,234.56", "1,234.56"),
        (57, Unit.AVERAGE, "0.6", "0.6"),
    ],
)
def test_numbers_are_said_as_their_unit_asks(value: int, unit: Unit, en: str, zh: str) -> None:
    assert [words_of(language).number(value, unit) for language in ("en", "zh")] == [en, zh]


@pytest.mark.parametrize(
    ("of", "en", "zh"),
    [
        (Unit.COUNT, "+23.8 %", "+23.8%"),
        (Unit.PERCENT, "+23.8 pp", "+23.8 个百分点"),
        (Unit.POINTS, "+23.8 points", "+23.8 分"),
    ],
)
def test_changes_are_said_in_percent_or_points(of: Unit, en: str, zh: str) -> None:
    change = Change(2_375, of)
    said = [words_of(language).change(change, signed=True) for language in ("en", "zh")]
    assert said == [en, zh]


@pytest.mark.parametrize(("value", "said"), [(-4, "0.0 pp"), (4, "0.0 pp"), (-6, "−0.1 pp")])
def test_a_change_that_is_rounded_away_has_no_sign(value: int, said: str) -> None:
    assert words_of("en").change(Change(value, Unit.PERCENT), signed=True) == said


def test_what_is_not_known_is_said_so() -> None:
    nothing = Amount(None, Missing.OFF, {}, 0)
    assert words_of("en").amount(nothing, Unit.COUNT) == "not known"
    assert words_of("zh").amount(nothing, Unit.COUNT) == "未知"


def test_days_and_ids_are_the_same_in_every_language() -> None:
    assert words_of("zh").said("2026-06-28") == "2026-06-28"
    assert words_of("en").said(PerDay(1_640)) == "16.4 a day"


def compared_of(part: PartName, now: dict[str, int], before: dict[str, int]) -> list[Compared]:
    days = [judged(D - 1, before), judged(D, now)]
    windows = Windows(days[1:], days[:1], 1)
    return [compare(figure, windows) for figure in FIGURES[part]]


def says(part: PartName, now: dict[str, int], before: dict[str, int]) -> list[str]:
    return [words_of("en").say(each) for each in of_figures(part, compared_of(part, now, before))]


def test_a_part_of_which_nothing_is_known_says_why() -> None:
    (sentence,) = says(PartName.MEMBERS, {}, {})
    assert sentence.startswith("Nothing of this part is known")


@pytest.mark.parametrize(
    ("now", "before", "sentence"),
    [
        (61, 80, "Posts and replies: 61, down by 23.8 % from 80."),
        (99, 80, "Posts and replies: 99, up by 23.8 % from 80."),
        (79, 80, "Posts and replies: 79, about as before (80)."),
        (79, 0, "Posts and replies: 79, after none in the period before."),
        (0, 0, "Posts and replies: 0, about as before (0)."),
    ],
)
def test_the_leading_figure_is_said_with_how_it_moved(now: int, before: int, sentence: str) -> None:
    said = says(
        PartName.CONTENT,
        {"post.created": now, "reply.created": 0},
        {"post.created": before, "reply.created": 0},
    )
    assert said[0] == sentence


def test_without_a_period_before_a_figure_stands_alone() -> None:
    days = [judged(D, {"post.created": 3, "reply.created": 0})]
    found = [compare(each, Windows(days, [], 1)) for each in FIGURES[PartName.CONTENT]]
    said = words_of("en").say(of_figures(PartName.CONTENT, found)[0])
    assert said == "Posts and replies: 3; there is no whole period before to compare it with."


def test_what_else_moved_most_is_said_where_there_was_enough_of_it() -> None:
    speech = {"post.created": 50, "reply.created": 50}
    said = says(
        PartName.CONTENT,
        {**speech, "content.viewed": 30, "share.created": 9},
        {**speech, "content.viewed": 60, "share.created": 1},
    )
    assert said[1:] == ["Views: 30, down by 50.0 % from 60."]
    few = says(PartName.CONTENT, {**speech, "content.viewed": 9}, {**speech, "content.viewed": 19})
    assert few[1:] == []


@pytest.mark.parametrize(("active", "warned"), [(29, True), (30, False)])
def test_an_activity_under_30_percent_is_warned_of(active: int, warned: bool) -> None:
    figures = {"active_members": active, "known_members": 100}
    assert any("Only" in each for each in says(PartName.MEMBERS, figures, figures)) is warned


@pytest.mark.parametrize(("top", "warned"), [(849, False), (850, True)])
def test_a_community_of_few_is_warned_of(top: int, warned: bool) -> None:
    figures = {"top_fifth_28": top, "interactions_28": 1_000}
    assert any("fifth" in each for each in says(PartName.MEMBERS, figures, figures)[1:]) is warned


def test_that_nobody_bought_is_said_once() -> None:
    said = says(PartName.CAMPAIGNS, {"purchase.completed": 0}, {"purchase.completed": 38})
    assert said == [
        "Purchases: 0, down by 100.0 % from 38.",
        "Nobody bought anything, after 38 purchases in the period before.",
    ]


def test_a_promoter_score_has_its_sample_and_few_answers_are_a_hint() -> None:
    def said(**counts: int) -> str:
        found = of_health(compared_of(PartName.HEALTH, counts, counts), None, [])
        return words_of("en").say(found[1])

    few = said(surveys=8, promoters=3, detractors=2)
    assert few == (
        "The net promoter score is 12.5, from 8 answers only (3 promoters, 2 detractors): one "
        "answer moves it by 25.0 points, so it is a hint at the most."
    )
    enough = said(surveys=30, promoters=3, detractors=6)
    assert enough == (
        "The net promoter score is −10.0, from 30 answers: 3 promoters, 6 detractors."
    )


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ((10_000, 10_000), "at the close of 2026-06-28 (OK). Nothing pulls it down."),
        ((5_000, 10_000), "what pulls it down most: speech density."),
        ((10_000, None), "Nothing known pulls it down; left out, because not known: satisfaction."),
        ((5_000, None), "most: speech density. Left out, because not known: satisfaction."),
    ],
)  # fmt: skip
def test_the_index_is_said_with_what_pulls_it_and_what_is_left_out(
    scores: tuple[int | None, int | None], said: str
) -> None:
    parts = tuple(
        Component(name, value, value, None if value is None else 10_000 - value)
        for name, value in zip(("speech_density", "satisfaction"), scores, strict=True)
    )
    index = Index(D, Verdict.OK, 7_432, parts)
    sentence = words_of("en").say(of_health(compared_of(PartName.HEALTH, {}, {}), index, [])[0])
    assert sentence.endswith(said)


def test_an_index_without_an_answer_is_not_0() -> None:
    index = Index(D, Verdict.LEARNING, None, ())
    sentence = words_of("en").say(of_health(compared_of(PartName.HEALTH, {}, {}), index, [])[0])
    assert sentence.startswith("The health index is not known at the close of 2026-06-28;")
    assert "LEARNING (inconclusive" in sentence


def test_what_fired_and_what_had_no_answer_are_named() -> None:
    rules = [
        RuleDays("a", {Verdict.FIRE: 2}, Verdict.OK, (D - 1, D)),
        RuleDays("b", {Verdict.LEARNING: 2}, Verdict.LEARNING, ()),
        RuleDays("c", {}, None, ()),
    ]
    found = of_health(compared_of(PartName.HEALTH, {}, {}), None, rules)
    assert [words_of("en").say(each) for each in found[1:]] == [
        "Rules that fired in this period, in all five parts: 1 (a).",
        "At the end of the period these rules had no answer: b.",
    ]
    quiet = of_health(compared_of(PartName.HEALTH, {}, {}), None, rules[1:])
    assert quiet[1].says["count"] == Number(1)


@pytest.mark.parametrize(
    ("before", "en", "zh"),
    [
        ("burst", "as of 2026-06-28: burst, where members bring members.",
         "（截至 2026-06-28）：爆发期，成员带来成员。"),
        ("seed", "At the end of the period before: seed, where key members still have to be won.",
         "上期期末：种子期，仍需赢得关键成员。"),
    ],
    ids=["as before", "another"],
)  # fmt: skip
def test_a_case_is_said_with_the_one_before_where_that_was_another(
    before: str, en: str, zh: str
) -> None:
    finding = of_case(Case("growth-stage", D, "burst", before))
    said = words_of("en").say(finding)
    assert said.startswith("Stage of growth, as of 2026-06-28: burst, where members bring members.")
    assert said.endswith(en)
    assert words_of("zh").say(finding).endswith(zh)
