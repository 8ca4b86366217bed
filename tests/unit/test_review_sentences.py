"""Which sentences a review says of a part, and which it leaves out."""

from __future__ import annotations

import pytest

from models.alerts import Verdict
from rules.review.amounts import Compared, Windows, compare
from rules.review.figures import FIGURES, PartName
from rules.review.findings import Number, of_case, of_figures, of_health
from rules.review.judgements import Case, Component, Index, RuleDays
from streams.review.words import words_of
from tests.reviewed import D, judged


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


@pytest.mark.parametrize(
    ("top", "active", "warned"),
    [(849, 5, False), (850, 5, True), (1_000, 4, False)],
    ids=["less", "as in the article", "whose fifth is one member"],
)
def test_a_community_of_few_is_warned_of(top: int, active: int, warned: bool) -> None:
    figures = {"top_fifth_28": top, "interactions_28": 1_000}
    figures |= {"active_members": active, "known_members": active}
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
