"""The outlook: what a forecast may see, how it is tested, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from rules.review.amounts import Missing
from rules.review.findings import of_outlook
from rules.review.outlook import BackTest, Expected, back_test, look_ahead, weeks_of
from streams.review.projection import project
from streams.review.words import words_of
from tests.reviewed import D, history, judged, same_again, told


def test_a_week_is_seven_days_that_end_on_the_last_day() -> None:
    assert weeks_of(told([9, 9] + [1] * 7 + [2] * 7), D) == ([7, 14], 16)


def test_the_past_begins_after_a_day_that_was_not_judged() -> None:
    days = told([1] * 30).days
    gap = history([each for each in days if each.day != D - 8])
    assert weeks_of(gap, D) == ([7], 8)


def test_a_day_whose_speech_is_not_known_ends_the_past() -> None:
    days = [judged(D - 8, {"post.created": None, "reply.created": 1}), *told([1] * 8).days]
    assert weeks_of(history(days), D) == ([7], 8)


def test_too_short_a_past_has_no_forecast_but_a_reason() -> None:
    outlook = look_ahead(told([1] * 83), D, same_again)
    assert (outlook.missing, outlook.expected, outlook.days) == (Missing.SHORT, (), 83)
    (finding,) = of_outlook(outlook)
    assert finding.code == "outlook_short"


def test_twelve_weeks_are_enough_for_a_forecast_that_was_tried_once() -> None:
    outlook = look_ahead(told([1] * 84), D, same_again)
    assert outlook.back_test == BackTest(trials=1, weeks=4, error=0, naive_error=0, inside=4)


def test_a_trial_sees_only_what_was_known_on_its_day() -> None:
    seen: list[tuple[int, ...]] = []

    def spy(weeks: Sequence[int]) -> list[Expected]:
        seen.append(tuple(weeks))
        return same_again(weeks)

    look_ahead(told([number // 7 for number in range(7 * 14)]), D, spy)
    weeks = tuple(7 * number for number in range(14))
    assert seen == [weeks[:8], weeks[:9], weeks[:10], weeks]


def test_at_most_a_year_is_learnt_from_and_half_a_year_is_tried() -> None:
    longest = 0

    def spy(weeks: Sequence[int]) -> list[Expected]:
        nonlocal longest
        longest = max(longest, len(weeks))
        return same_again(weeks)

    outlook = look_ahead(told([1] * 7 * 120), D, spy)
    assert outlook.back_test is not None
    assert (longest, outlook.back_test.trials) == (52, 26)


def test_errors_are_added_up_against_those_of_saying_the_same_again() -> None:
    weeks = [Expected(10, 8, 12), Expected(10, 8, 12)]
    test = back_test([(weeks, 20, [12, 13])])
    assert test == BackTest(trials=1, weeks=2, error=5, naive_error=15, inside=1)
    assert (test.mean_error, test.mean_naive_error) == (250, 750)


@pytest.mark.parametrize(
    ("error", "naive", "code"),
    [(4, 5, "outlook_better"), (5, 5, "outlook_not_better"), (6, 5, "outlook_not_better")],
)
def test_a_forecast_that_is_not_better_says_so(error: int, naive: int, code: str) -> None:
    outlook = look_ahead(told([1] * 84), D, same_again)
    worth = outlook._replace(back_test=BackTest(1, 4, error, naive, 3))
    assert [finding.code for finding in of_outlook(worth)] == ["outlook", code]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_forecasts_that_overlap_are_not_told_as_weeks_of_the_past(language: str) -> None:
    """13 forecasts of four weeks each are of 16 weeks, told 52 times: half a year has no 52."""
    outlook = look_ahead(told([10, 12, 9] * 58), D, same_again)
    assert outlook.back_test is not None
    assert (outlook.back_test.trials, outlook.back_test.weeks) == (13, 52)
    worth = words_of(language).say(of_outlook(outlook)[1])
    assert {"en": "52 forecasts of one week", "zh": "52 个单周预测"}[language] in worth
    assert {"en": "over 52 weeks", "zh": "52 周上"}[language] not in worth


def test_an_outlook_falls_where_even_the_upper_ends_are_below_the_last_weeks() -> None:
    flat = look_ahead(told([10] * 84), D, same_again)
    assert not flat.is_falling
    lower = look_ahead(told([10] * 77 + [4] * 7), D, same_again)
    assert (lower.recent, lower.expected[0].high, lower.is_falling) == (238, 38, True)


def test_the_model_expects_what_always_was() -> None:
    assert project([70] * 12) == [Expected(70, 70, 70)] * 4
    assert project([0] * 12) == [Expected(0, 0, 0)] * 4


def test_the_model_is_surer_of_the_next_week_than_of_the_fourth() -> None:
    weeks = [400, 360, 410, 390, 330, 300, 340, 280, 300, 260, 240, 250]
    first, *_, fourth = project(weeks)
    assert first.low < first.middle < first.high
    assert first.high - first.low < fourth.high - fourth.low
    assert 240 <= first.middle <= 300


def test_nobody_says_less_than_nothing() -> None:
    assert all(0 <= week.low <= week.middle for week in project([100] * 8 + [0] * 4))


def test_the_model_gives_the_same_each_time() -> None:
    weeks = [3, 9, 1, 12, 5, 8, 7, 2, 14, 6]
    assert project(weeks) == project(weeks)
