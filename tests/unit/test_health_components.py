"""The components of the health index: which figures they take, of which days, and their scores."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.measures.health_components import (
    COMPONENTS,
    FULL_SCORE,
    USUAL_DAYS,
    Component,
    Count,
    Ratio,
    score,
    windows,
)
from tests.health_weeks import (
    COUNTED,
    EVERYTHING,
    NAMES,
    WEIGHTS,
    D,
    Day,
    evaluated,
    histories,
    panes_of,
)

SPEAKERS, REPLIES = COMPONENTS[1:3]


@pytest.mark.parametrize(
    ("recent", "usual", "least_cases", "expected"),
    [
        pytest.param([(50, 100)], (100, 200), 10, FULL_SCORE, id="as usual"),
        pytest.param([(90, 100)], (100, 200), 10, FULL_SCORE, id="better counts no more"),
        pytest.param([(25, 100)], (100, 200), 10, 5_000, id="half"),
        pytest.param([(0, 100)], (100, 200), 10, 0, id="known to be nothing"),
        pytest.param([(1, 30)], (100, 300), 10, 1_000, id="a tenth"),
        pytest.param([(2, 30)], (7, 30), 10, 2_857, id="cut, not rounded"),
        pytest.param([None], (100, 200), 10, None, id="not known lately"),
        pytest.param([(50, 100)], None, 10, None, id="not known"),
        pytest.param([(0, 100)], (0, 200), 10, None, id="never happens here"),
        pytest.param([(0, 0)], (100, 200), 10, None, id="no cases lately"),
        pytest.param([(0, 9)], (100, 200), 10, None, id="too few cases to take a rate of"),
        pytest.param([(0, 10)], (100, 200), 10, 0, id="just enough cases"),
        pytest.param([(10, 100), (50, 100)], (100, 200), 10, 6_000, id="two windows, half each"),
        pytest.param([(99, 100), (25, 100)], (100, 200), 10, 7_500, id="each capped by itself"),
        pytest.param([None, (50, 100)], (100, 200), 10, None, id="one of two not known"),
    ],
)
def test_a_score_compares_what_is_recent_with_what_is_usual(
    recent: list[Ratio | None], usual: Ratio | None, least_cases: int, expected: int | None
) -> None:
    assert score(REPLIES, recent, usual, least_cases) == expected


def test_days_are_cases_however_few_they_are() -> None:
    assert score(SPEAKERS, [(3, 7)], (56, 56), least_cases=10) == 4_285


@pytest.mark.parametrize(
    ("component", "expected"),
    [*zip(NAMES, ([20, 1], [5, 1], [10, 20], [2, 4], [3, 6], [8, 20], [1_500, 2]), strict=True)],
)
def test_each_component_takes_its_own_two_figures(component: str, expected: list[int]) -> None:
    counts = evaluated([EVERYTHING] * USUAL_DAYS)["components"][component]
    assert counts["usual"] == [56 * number for number in expected]
    assert counts["recent"][-1] == [28 * number for number in expected]


def test_the_windows_are_the_last_week_the_last_four_and_the_last_eight() -> None:
    # days ago  56 | 55 ────────────────── usual ──────────────────── 0
    #                                27 ────────── recent ─────────── 0
    #                                                6 ── the week ── 0
    bits = [1 << ago for ago in reversed(range(USUAL_DAYS + 9))]
    figures = Day._fields
    panes = panes_of([Day(*[bit] * len(figures)) for bit in bits])
    found = windows(panes, 28, cohorts_known=True)
    for days, window in zip((7, 28, 56), found, strict=True):
        assert window[Count.DAYS] == days
        assert window[Count.SPEECH] == 2 * (2**days - 1)
        others = [window[count] for count in Count if count not in (Count.DAYS, Count.SPEECH)]
        assert others == [2**days - 1] * 10


@pytest.mark.parametrize("recent_days", [7, 14, 28])
def test_what_is_recent_may_be_from_one_to_four_weeks(recent_days: int) -> None:
    panes = panes_of([Day(posts=1)] * USUAL_DAYS)
    found = windows(panes, recent_days, cohorts_known=True)
    assert [window[Count.SPEECH] for window in found] == [7, recent_days, 56]


@pytest.mark.parametrize(
    ("days_known", "missing"),
    [
        pytest.param(USUAL_DAYS - 1, NAMES, id="not all eight weeks"),
        pytest.param(USUAL_DAYS, ["newcomers_who_stay"], id="eight weeks"),
        pytest.param(USUAL_DAYS + 13, ["newcomers_who_stay"], id="thirteen days before them"),
        pytest.param(USUAL_DAYS + 14, [], id="all who may have joined a fortnight before"),
    ],
)
def test_what_is_not_known_is_missing_and_never_0(days_known: int, missing: list[str]) -> None:
    evaluation = evaluated([EVERYTHING] * USUAL_DAYS, first_day=D - days_known + 1)
    assert evaluation["missing"] == missing
    newcomers = evaluation["components"]["newcomers_who_stay"]
    if missing:
        assert newcomers["usual"] is None
        assert newcomers["recent"] == [None]


@given(histories(), WEIGHTS, st.sampled_from(COMPONENTS), st.integers(1, 50))
def test_more_of_a_component_in_the_last_week_never_lowers_its_score(
    days: list[Day], weights: dict[str, int], component: Component, more: int
) -> None:
    before = evaluated(days, **weights)["components"][component.name]["score"]
    if before is None:
        return
    counted = COUNTED[component.name]
    raised = [*days[:-1], days[-1]._replace(**{counted: getattr(days[-1], counted) + more})]
    assert evaluated(raised, **weights)["components"][component.name]["score"] >= before
