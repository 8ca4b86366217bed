"""The figures of a review: what is counted, what is compared, and what is not known."""

from __future__ import annotations

import itertools

import pytest

from models.days import iso
from models.events import EventType
from models.panes import FIGURE_NAMES, GROWN
from rules.measures import MEASURES
from rules.measures.measure import CommunityMeasure
from rules.review.amounts import (
    Amount,
    Compared,
    Figure,
    Missing,
    Windows,
    compare,
    cut,
    ratio,
    read,
)
from rules.review.charts import OVER_TIME
from rules.review.compose import review
from rules.review.figures import FIGURES, FUNNEL, PartName
from rules.review.history import NoSuchPeriodError, Period, buckets, period_of, unbroken
from rules.review.judgements import more_measures
from tests.builders import catalogue, day
from tests.reviewed import D, history, judged, same_again, told

SPEECH = next(figure for figure in FIGURES[PartName.CONTENT] if figure.name == "speech")
NPS = next(f for f in FIGURES[PartName.HEALTH] if f.name == "net_promoter_score")
REPLY_RATE = next(f for f in FIGURES[PartName.CONTENT] if f.name == "reply_rate")
COMPLETION = next(f for f in FIGURES[PartName.CONTENT] if f.name == "read_completion")
PER_PURCHASE = next(f for f in FIGURES[PartName.CAMPAIGNS] if f.name == "spent_per_purchase")
ACTIVE = next(f for f in FIGURES[PartName.MEMBERS] if f.name == "active_share")
STAYED = next(f for f in FIGURES[PartName.MEMBERS] if f.name == "funnel_stayed")
JOINED, COUNTED = "joined_members_37_days_ago", "joined_stayed_37_days_ago"


def read_all(figure: Figure, *measures: dict[str, int | None]) -> Amount:
    days = [judged(D + number, each) for number, each in enumerate(measures)]
    return read(figure, days)


def test_without_days_a_review_is_of_the_last_28_against_the_28_before() -> None:
    period = period_of(told([1] * 100), None, None)
    assert [iso(each) for each in period] == ["2026-06-01", "2026-06-28"]
    assert [iso(each) for each in period.before] == ["2026-05-04", "2026-05-31"]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-06-15", None, ("2026-06-15", "2026-06-28")),
        (None, "2026-06-10", ("2026-05-14", "2026-06-10")),
        ("2026-06-10", "2026-06-10", ("2026-06-10", "2026-06-10")),
    ],
    ids=["from", "to", "one day"],
)
def test_what_is_not_given_of_a_period_follows(
    first: str | None, last: str | None, expected: tuple[str, str]
) -> None:
    asked = [day(text) if text else None for text in (first, last)]
    period = period_of(told([1] * 100), asked[0], asked[1])
    assert (iso(period.first), iso(period.last)) == expected


def test_a_period_without_a_judged_day_is_refused() -> None:
    with pytest.raises(NoSuchPeriodError):
        period_of(told([1] * 10), D + 1, D + 5)


@pytest.mark.parametrize(
    ("length", "number", "step"),
    [(13, 26, 1), (14, 4, 7), (28, 8, 7), (30, 8, 7), (91, 26, 7), (182, 13, 28)],
)
def test_a_chart_is_cut_into_days_weeks_or_four_weeks_that_end_with_the_period(
    length: int, number: int, step: int
) -> None:
    steps = buckets(Period(D - length + 1, D))
    assert (len(steps), steps[-1].last) == (number, D)
    assert {each.length for each in steps} == {step}
    assert all(one.last + 1 == other.first for one, other in itertools.pairwise(steps))


def test_days_in_a_row_end_where_one_is_missing() -> None:
    days = [judged(D - before, {}) for before in (5, 4, 2, 1, 0)]
    assert [each.day for each in unbroken(days, D - 1)] == [D - 2, D - 1]


def test_counts_are_summed_over_the_days() -> None:
    amount = read_all(
        SPEECH, {"post.created": 2, "reply.created": 5}, {"post.created": 1, "reply.created": 0}
    )
    assert amount == Amount(8, None, {"post.created": 3, "reply.created": 5}, 2)


def test_a_stock_is_as_of_the_last_day_on_which_it_is_known() -> None:
    amount = read_all(
        ACTIVE,
        {"active_members": 9, "known_members": 10},
        {"active_members": 5, "known_members": 40},
        {"active_members": None, "known_members": None},
    )
    assert (amount.value, amount.known_days) == (1_250, 1)
    assert amount.made_of == {"active_members": 5, "known_members": 40}


@pytest.mark.parametrize(
    ("figure", "measures", "missing"),
    [
        (ACTIVE, {"post.created": 1}, Missing.OFF),
        (ACTIVE, {"active_members": 3}, Missing.OFF),
        (ACTIVE, {"active_members": None, "known_members": None}, Missing.UNKNOWN),
        (ACTIVE, {"active_members": 0, "known_members": 0}, Missing.NO_CASES),
        (NPS, {"promoters": 0, "detractors": 0, "surveys": 0}, Missing.NO_CASES),
        (STAYED, {"joined_members": 4}, Missing.OFF),
        (STAYED, {COUNTED: None, JOINED: None}, Missing.UNKNOWN),
        (STAYED, {COUNTED: 0, JOINED: 0}, Missing.NO_CASES),
    ],
)
def test_what_the_snapshots_do_not_say_is_missing_and_never_0(
    figure: Figure, measures: dict[str, int | None], missing: Missing
) -> None:
    amount = read_all(figure, measures)
    assert (amount.value, amount.missing) == (None, missing)


def test_without_judged_days_nothing_is_known() -> None:
    assert read(SPEECH, []) == Amount(None, Missing.NO_DAYS, {}, 0)


def test_a_cohort_is_told_of_the_days_on_which_it_is_grown() -> None:
    amount = read_all(
        STAYED,
        {COUNTED: None, JOINED: None, "joined_members": 9},
        {COUNTED: 1, JOINED: 3, "joined_members": 9},
        {COUNTED: 0, JOINED: 1, "joined_members": 9},
    )
    assert amount == Amount(2_500, None, {COUNTED: 1, JOINED: 4}, 2)


def test_a_recall_is_of_those_who_reached_the_rung_on_the_same_day() -> None:
    counts = {
        "recalled_second_30_days_ago": 1,
        "reached_second_30_days_ago": 8,
        "reached_second": 2,
        "churn_told": 3,
    }
    days = history([judged(D, counts)])
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    values = {each.figure.name: each.now.value for each in found.parts[3].figures}
    assert (values["recall_second"], values["reached_second"]) == (1_250, 2)
    assert (values["recall_first"], values["recall_third"]) == (None, None)


def test_without_the_rule_of_the_ladder_nobody_reached_a_rung_is_not_known() -> None:
    ledger = {"reached_first": 0, "reached_first_30_days_ago": 0, "recalled_first_30_days_ago": 0}
    days = history([judged(D, ledger)])
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    missing = {each.figure.name: each.now.missing for each in found.parts[3].figures}
    assert (missing["reached_first"], missing["recall_first"]) == (Missing.OFF, Missing.OFF)


def test_the_funnel_is_drawn_of_the_grown_cohort() -> None:
    counts = dict(zip(FUNNEL, (9, 6, 4, 2, 1), strict=True))
    days = history([judged(D - 1, counts), judged(D, counts)])
    found = review(days, period_of(days, None, None), catalogue(), same_again)
    (chart,) = (each for each in found.parts[0].charts if each.name == "funnel")
    assert (chart.labels, chart.series[0].values) == (FUNNEL, (18, 12, 8, 4, 2))


def test_the_review_reads_what_snapshots_have_and_nothing_else() -> None:
    figures = [figure for part in FIGURES.values() for figure in part]
    drawn = [figure for charts in OVER_TIME.values() for *_, series in charts for figure in series]
    names = {name for figure in (*figures, *drawn) for name in figure.reads + figure.needs}
    values = {each.value_name for each in MEASURES.values() if isinstance(each, CommunityMeasure)}
    rules = ("member-silent", "member-churn", "health-index-falling")
    told_by_evaluations = set(more_measures({rule_id: {} for rule_id in rules}))
    in_snapshots = {
        *(kind.wire_name for kind in EventType),
        "members",
        "silent_members",
        *values,
        *FIGURE_NAMES,
        *(name for name, _, _ in GROWN),
    }
    assert names - in_snapshots - told_by_evaluations == set()
    assert told_by_evaluations <= names


@pytest.mark.parametrize(
    ("figure", "measures", "value"),
    [
        (NPS, {"promoters": 3, "detractors": 2, "surveys": 8}, 1_250),
        (NPS, {"promoters": 0, "detractors": 2, "surveys": 2}, -10_000),
        (COMPLETION, {"completions": 4, "completion_hundredths": 250}, 6_250),
        (REPLY_RATE, {"post.created": 2, "reply.created": 1}, 3_333),
        (NPS, {"promoters": 1, "detractors": 0, "surveys": 29}, 344),
        (NPS, {"promoters": 0, "detractors": 1, "surveys": 29}, -344),
        (PER_PURCHASE, {"spent_hundredths": 1_000, "purchase.completed": 3}, 333),
        (PER_PURCHASE, {"spent_hundredths": 1_001, "purchase.completed": 2}, 501),
    ],
    ids=[
        "promoters",
        "detractors only",
        "completion",
        "a third",
        "one of 29: 3.448, said as 3.4",
        "one of 29 against",
        "money",
        "half a hundredth of money",
    ],
)
def test_rates_are_in_hundredths(
    figure: Figure, measures: dict[str, int | None], value: int
) -> None:
    assert read_all(figure, measures).value == value


@pytest.mark.parametrize(("counted", "cases", "expected"), [(5, 3, 1), (-5, 3, -1), (-6, 3, -2)])
def test_what_is_left_is_cut_off_towards_nothing(counted: int, cases: int, expected: int) -> None:
    assert cut(counted, cases) == expected


@pytest.mark.parametrize(("counted", "cases", "expected"), [(1, 2, 1), (1, 3, 0), (-1, 2, 0)])
def test_halves_are_rounded_up(counted: int, cases: int, expected: int) -> None:
    assert ratio(counted, cases) == expected


def compared(figure: Figure, now: dict[str, int | None], before: dict[str, int | None]) -> Compared:
    days, days_before = [judged(D, now)], [judged(D - 1, before)]
    return compare(figure, Windows(days, days_before, 1))


@pytest.mark.parametrize(
    ("now", "before", "change"),
    [(61, 80, -2_375), (80, 80, 0), (0, 0, 0), (5, 0, None), (0, 5, -10_000)],
)
def test_counts_move_by_percent_and_not_from_nothing(
    now: int, before: int, change: int | None
) -> None:
    found = compared(
        SPEECH,
        {"post.created": now, "reply.created": 0},
        {"post.created": before, "reply.created": 0},
    )
    assert found.change == change


def test_rates_move_by_points() -> None:
    found = compared(
        ACTIVE,
        {"active_members": 3, "known_members": 10},
        {"active_members": 4, "known_members": 10},
    )
    assert found.change == -1_000


def test_a_count_of_a_part_of_the_days_is_not_compared() -> None:
    day_of_speech = {"post.created": 4, "reply.created": 0}
    now = [judged(D - 1, day_of_speech), judged(D, day_of_speech)]
    found = compare(SPEECH, Windows(now, [judged(D - 2, day_of_speech)], 2))
    assert (found.now.value, found.before.value, found.change) == (8, 4, None)
