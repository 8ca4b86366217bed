"""Every language has the words for all that a review says, and its own way with numbers."""

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
from rules.review.amounts import Amount, Missing, Unit
from rules.review.figures import FIGURES, PartName
from rules.review.findings import Change, PerDay
from rules.review.history import History, Period
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


def test_conversions_per_share_are_not_called_the_share_rate() -> None:
    """That is shares per view: so says the article (4.1), and so the rule content-effect."""
    texts = TEXTS["en"]
    named = [texts["figures"]["share_rate"], texts["series"]["share_rate"]]
    assert all("conversion rate" in name for name in named)
    assert "share rate" not in " ".join([*named, texts["charts"]["rates"]["description"]])


@pytest.mark.parametrize(
    ("value", "unit", "en", "zh"),
    [
        (1_234_567, Unit.COUNT, "1,234,567", "1,234,567"),
        (1_250, Unit.PERCENT, "12.5 %", "12.5%"),
        (-1_250, Unit.POINTS, "−12.5", "−12.5"),
        (123_456, Unit.MONEY, "1,234.56", "1,234.56"),
        (57, Unit.AVERAGE, "0.6", "0.6"),
        (225, Unit.AVERAGE, "2.3", "2.3"),
        (14_545, Unit.PERCENT, "145.5 %", "145.5%"),
        (-3_125, Unit.POINTS, "−31.3", "−31.3"),
        (344, Unit.POINTS, "3.4", "3.4"),
        (-4, Unit.POINTS, "0.0", "0.0"),
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
