"""What a review says of rules, and of charts: what fired, what is answered, which case stands."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Verdict
from rules.review.answers import answers
from rules.review.charts import over_time
from rules.review.compose import review
from rules.review.figures import PLACES, PartName, part_of
from rules.review.history import JudgedDay, Period, period_of
from rules.review.judgements import Case, case_of, over
from streams.review.projection import project
from tests.builders import catalogue
from tests.reviewed import D, history, judged, same_again, told

STAGE = "growth-stage"


def test_a_rule_is_told_with_its_days_by_verdict_and_the_days_it_fired_on() -> None:
    said = [Verdict.LEARNING, Verdict.FIRE, Verdict.FIRE, Verdict.BELOW_FLOOR]
    days = [judged(D + number, {}, {"a-rule": verdict}) for number, verdict in enumerate(said)]
    a, never = over(["never-judged", "a-rule"], days)
    assert (a.last, a.inconclusive, a.fired) == (Verdict.BELOW_FLOOR, 2, (D + 1, D + 2))
    assert (never.last, never.fired, never.inconclusive) == (None, (), 0)


@pytest.mark.parametrize(
    ("rule_id", "evaluations", "books"),
    [
        ("speech-density-drop", [{}], ["launch-topic-challenge"]),
        ("member-churn", [{}],
         ["recall-gift-pack", "product-meeting-invitation", "free-upgrade"]),
        ("member-churn", [{"case": "third"}, {"case": "second"}, {"case": "third"}],
         ["free-upgrade", "product-meeting-invitation"]),
        ("a-rule-of-tomorrow", [{}], []),
    ],
    ids=["one", "all of a ladder", "by case", "unknown"],
)  # fmt: skip
def test_what_fired_is_answered_by_its_playbooks(
    rule_id: str, evaluations: list[dict[str, Any]], books: list[str]
) -> None:
    days = [judged(D, {}, {rule_id: Verdict.FIRE}, {rule_id: each}) for each in evaluations]
    assert [book.id for book in answers(catalogue(), rule_id, days)] == books


def test_every_rule_that_is_shipped_has_a_place_in_the_review() -> None:
    assert set(PLACES) == set(catalogue())


def test_a_rule_that_is_not_known_is_told_with_health() -> None:
    assert part_of("a-rule-of-tomorrow") is PartName.HEALTH


def test_a_review_has_five_parts_and_each_rule_in_one_of_them() -> None:
    days = told([3] * 60)
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    assert [part.name for part in found.parts] == list(PartName)
    rules = [rule.rule_id for part in found.parts for rule in part.rules]
    assert sorted(rules) == sorted(catalogue())
    assert all(rule.last is None for part in found.parts for rule in part.rules)


def test_what_fired_is_answered_in_its_part_alone() -> None:
    fired = {"speech-density-drop": Verdict.FIRE, "member-silent": Verdict.OK}
    days = history([judged(D, {"post.created": 3, "reply.created": 0}, fired)])
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    answered = {part.name: list(part.answers) for part in found.parts if part.answers}
    assert answered == {PartName.CONTENT: ["speech-density-drop"]}


def staged(number: int, verdict: Verdict, case: str | None) -> JudgedDay:
    return judged(D + number, {}, {STAGE: verdict}, {STAGE: {"case": case}})


@pytest.mark.parametrize(
    ("days", "case"),
    [
        ([(Verdict.OK, "seed"), (Verdict.OK, "burst")], Case(STAGE, D + 1, "burst", "settled")),
        ([(Verdict.OK, "seed"), (Verdict.OK, None)], Case(STAGE, D, "seed", "settled")),
        ([(Verdict.OK, "seed"), (Verdict.LEARNING, "x")], Case(STAGE, D, "seed", "settled")),
        ([(Verdict.LEARNING, None)], None),
    ],
    ids=["the last", "the last that is told", "of a verdict that is one", "none"],
)
def test_a_case_is_the_last_that_was_told(
    days: list[tuple[Verdict, str | None]], case: Case | None
) -> None:
    now = [staged(number, *said) for number, said in enumerate(days)]
    assert case_of(STAGE, now, [staged(-1, Verdict.OK, "settled")]) == case


def test_what_only_reports_stands_in_its_part_with_the_playbook_of_the_case() -> None:
    funnel = {"member-funnel": {"case": "first-month"}}
    days = history(
        [
            staged(-28, Verdict.OK, "seed"),
            staged(-1, Verdict.OK, "burst"),
            judged(D, {}, {"member-funnel": Verdict.OK}, funnel),
        ]
    )
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    reported = {
        part.name: [(case.name, book.id) for case, book in part.reported]
        for part in found.parts
        if part.reported
    }
    assert reported == {
        PartName.MEMBERS: [("first-month", "active-circle-hosting")],
        PartName.HEALTH: [("burst", "burst-stage")],
    }
    codes = {part.name: part.findings[-1].code for part in found.parts}
    assert codes[PartName.MEMBERS] == "reported"
    assert codes[PartName.HEALTH] == "reported_anew"


def test_a_chart_leaves_open_what_is_not_wholly_known_and_drops_what_never_is() -> None:
    known = {"post.created": 1, "reply.created": 0}
    days = history([judged(D - before, known) for before in range(30, -1, -1) if before != 10])
    charts = over_time(PartName.CONTENT, days, Period(D - 27, D))
    speech, rates = charts
    assert [series.name for series in speech.series] == ["posts", "replies"]
    assert speech.series[0].values == (None, None, None, None, 7, 7, None, 7)
    assert [series.name for series in rates.series] == ["reply_rate"]


def test_what_is_0_throughout_is_not_drawn() -> None:
    days = told([0] * 90)
    found = review(days, period_of(days, None, None), catalogue(), project)
    assert [chart.name for part in found.parts for chart in part.charts] == []
    assert found.parts[-1].findings[0].code == "outlook"
