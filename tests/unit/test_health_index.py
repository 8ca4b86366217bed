"""The health index: its components, its verdict, and what its evaluation tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.alerts import Verdict
from models.days import iso
from models.events import EventType
from models.panes import LATE, WIDE, Figure, Pane, empty_pane
from rules.measures.health_components import (
    COMPONENTS,
    FULL_SCORE,
    STAY_DAYS,
    USUAL_DAYS,
    WEEK_DAYS,
    Component,
    Count,
    Ratio,
    score,
    windows,
)
from rules.measures.health_index import MEASURE, HealthIndexParameters, gather, index_of, verdict
from rules.measures.measure import Setting
from tests.builders import catalogue, day

D = day("2025-06-30")
FIRST_DAY = D - 400
NAMES = [component.name for component in COMPONENTS]
DENSITY, SPEAKERS, REPLIES = COMPONENTS[:3]
ONLY_DENSITY = {f"{name}_weight": 0 for name in NAMES} | {"speech_density_weight": 1}
SHIPPED = catalogue()["health-index-falling"].defaults


class Day(NamedTuple):
    """One day: `joined` and `stayed` are of those who joined 14 days before it."""

    posts: int = 0
    replies: int = 0
    speakers: int = 0
    outside: int = 0
    joined: int = 0
    stayed: int = 0
    shared: int = 0
    converted: int = 0
    surveys: int = 0
    scores: int = 0
    late: int = 0


PLACES = {
    "posts": EventType.POST_CREATED,
    "replies": EventType.REPLY_CREATED,
    "speakers": Figure.SPEAKERS,
    "outside": Figure.SPEECH_OUTSIDE_TOP_FIFTH,
    "shared": EventType.SHARE_CREATED,
    "converted": EventType.SHARE_CONVERTED,
    "surveys": Figure.SURVEYS,
    "scores": Figure.SURVEY_HUNDREDTHS,
    "late": LATE,
}
COHORT = {"joined": Figure.JOINED_MEMBERS, "stayed": Figure.JOINED_STAYED}
COUNTED = dict(
    zip(NAMES, ("posts", "speakers", "replies", "stayed", "converted", "outside", "scores"),
        strict=True)
)  # fmt: skip
"""What may rise without anything else, by component."""
EVERYTHING = Day(
    posts=10,
    replies=10,
    speakers=5,
    outside=8,
    joined=4,
    stayed=2,
    shared=6,
    converted=3,
    surveys=2,
    scores=1_500,
)


def panes_of(days: Sequence[Day]) -> list[Pane]:
    """The panes of `days`, and of the fortnight before them: there stand the first newcomers."""
    panes = [empty_pane(WIDE) for _ in range(len(days) + STAY_DAYS)]
    for place, figures in enumerate(days):
        for name, index in PLACES.items():
            panes[place + STAY_DAYS][index] = getattr(figures, name)
        for name, figure in COHORT.items():
            panes[place][figure] = getattr(figures, name)
    return panes


def setting(**changes: Any) -> Setting:
    return Setting(SHIPPED.model_copy(update=changes), "default", "UTC")


def index(days: Sequence[Day], *, first_day: int = FIRST_DAY, **changes: Any) -> Any:
    """What is evaluated of the eight weeks that end on D."""
    assert len(days) == USUAL_DAYS
    return gather(panes_of(days), D, first_day, setting(**changes))


def weeks(*posts: int, **figures: int) -> list[Day]:
    """Eight weeks, oldest first, each with all its speech on its first day."""
    return [
        Day(amount if number == 0 else 0, **figures)
        for amount in posts
        for number in range(WEEK_DAYS)
    ]


def judged(
    recent: int, week: int, *, total: int = 400, first_day: int = FIRST_DAY, **changes: Any
) -> Any:
    """Speech density alone: `week` in the last week, `recent` in the last four, `total` in all."""
    days = weeks(total - recent, 0, 0, 0, recent - week, 0, 0, week)
    return index(days, first_day=first_day, **ONLY_DENSITY | changes)


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        pytest.param(judged(180, 25), Verdict.FIRE, id="exactly 70"),
        pytest.param(judged(181, 25), Verdict.OK, id="one post more in four weeks"),
        pytest.param(judged(180, 26), Verdict.OK, id="one post more in the last week"),
        pytest.param(judged(180, 25, index_at_most=69), Verdict.OK, id="where 69 fires"),
        pytest.param(judged(0, 0), Verdict.FIRE, id="nothing for four weeks"),
        pytest.param(judged(200, 50), Verdict.OK, id="as usual"),
        pytest.param(judged(400, 400), Verdict.OK, id="a burst"),
        pytest.param(judged(0, 0, total=399), Verdict.BELOW_FLOOR, id="below the floor"),
        pytest.param(judged(0, 0, total=0, floor=0), Verdict.BELOW_FLOOR, id="nothing at all"),
        pytest.param(judged(0, 0, total=1, floor=0), Verdict.FIRE, id="one post, floor of 0"),
        pytest.param(judged(0, 0, first_day=D - 55), Verdict.FIRE, id="eight whole weeks"),
        pytest.param(judged(0, 0, first_day=D - 54), Verdict.LEARNING, id="a day too young"),
        pytest.param(
            judged(0, 0, total=1, first_day=D - 54), Verdict.LEARNING, id="young before small"
        ),
        pytest.param(
            judged(200, 50, speech_density_weight=0, satisfaction_weight=1),
            Verdict.NOT_APPLICABLE,
            id="nothing known of what has a weight",
        ),
        pytest.param(
            judged(0, 0, total=9, speech_density_weight=0, satisfaction_weight=1),
            Verdict.BELOW_FLOOR,
            id="small before unknown",
        ),
    ],
)
def test_the_verdict_is_read_out_of_what_was_counted(evaluation: Any, expected: Verdict) -> None:
    assert verdict(evaluation) is expected


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
    counts = index([EVERYTHING] * USUAL_DAYS)["components"][component]
    assert counts["usual"] == [56 * number for number in expected]
    assert counts["recent"][-1] == [28 * number for number in expected]


def test_the_windows_are_the_last_week_the_last_four_and_the_last_eight() -> None:
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
    evaluation = index([EVERYTHING] * USUAL_DAYS, first_day=D - days_known + 1)
    assert evaluation["missing"] == missing
    newcomers = evaluation["components"]["newcomers_who_stay"]
    if missing:
        assert newcomers["usual"] is None
        assert newcomers["recent"] == [None]


def test_of_a_rule_that_is_off_again_nothing_is_read_from_narrow_panes() -> None:
    panes = [empty_pane()] * (USUAL_DAYS + STAY_DAYS)
    evaluation = gather(panes, D, D + 1, setting())
    assert evaluation["value"] is None
    assert verdict(evaluation) is Verdict.LEARNING


def test_the_evaluation_names_its_windows() -> None:
    evaluation = index([EVERYTHING] * USUAL_DAYS)
    assert evaluation["window"] == [iso(D - 27), iso(D)]
    assert evaluation["baseline_window"] == [iso(D - 55), iso(D)]


def test_late_events_are_those_of_the_eight_weeks() -> None:
    panes = panes_of([Day(late=1 << ago) for ago in reversed(range(USUAL_DAYS + 9))])
    assert gather(panes, D, FIRST_DAY, setting())["late_events"] == 2**USUAL_DAYS - 1


def test_the_horizon_reaches_back_to_those_who_joined_a_fortnight_before() -> None:
    assert MEASURE.horizon(SHIPPED) == 70


def test_a_burst_that_ended_two_weeks_ago_is_not_healthy() -> None:
    evaluation = index(weeks(0, 0, 0, 0, 300, 300, 0, 0, speakers=0))
    assert evaluation["components"]["speech_density"]["score"] == 50.0
    assert verdict(evaluation) is Verdict.FIRE


def test_the_explanation_names_the_three_that_pulled_most_and_all_that_is_missing() -> None:
    quiet = EVERYTHING._replace(posts=14, replies=2, speakers=3, stayed=1)
    days = [each._replace(surveys=0, scores=0, converted=0) for each in (EVERYTHING, quiet)]
    days = [days[0]] * 28 + [days[1]] * 28
    evaluation = index(days)
    assert evaluation["pulled_most"] == ["reply_rate", "speech_density", "speaking_members"]
    assert evaluation["missing"] == ["share_conversion", "satisfaction"]
    assert evaluation["explanation"] == (
        "The health index is 77.78 of 100. What pulled most: reply rate (-7.81), "
        "speech density (-5.56), speaking members (-4.69). "
        "Not known, and left out: share conversion, satisfaction."
    )


def test_of_a_community_as_usual_nothing_is_said_to_pull() -> None:
    evaluation = index([EVERYTHING] * USUAL_DAYS)
    assert evaluation["pulled_most"] == []
    assert evaluation["explanation"] == "The health index is 100.00 of 100."


def test_where_nothing_is_known_there_is_no_index() -> None:
    evaluation = index([Day()] * USUAL_DAYS)
    assert evaluation["value"] is None
    assert evaluation["index"] is None
    assert evaluation["missing"] == NAMES
    assert evaluation["explanation"].startswith("There is nothing to take a health index of.")


def test_a_stated_value_that_does_not_follow_from_the_components_is_refused() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        verdict(judged(180, 25) | {"value": 7_001})


def test_a_weight_above_0_is_needed() -> None:
    nothing = {f"{name}_weight": 0 for name in NAMES}
    with pytest.raises(ValidationError, match="all weights are 0"):
        HealthIndexParameters(**SHIPPED.model_dump() | nothing)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("index_at_most", 0),
        ("index_at_most", 100),
        ("window_days", 6),
        ("window_days", 29),
        ("floor", -1),
        ("least_cases", 0),
        ("concentration_weight", -1),
        ("concentration_weight", 101),
        ("speech_weight", 1),
    ],
)
def test_a_setting_out_of_its_bounds_is_refused(name: str, value: int) -> None:
    with pytest.raises(ValidationError, match=name):
        HealthIndexParameters(**SHIPPED.model_dump() | {name: value})


COUNTS = st.lists(st.integers(0, 60), min_size=USUAL_DAYS, max_size=USUAL_DAYS)
NEVER = st.just([0] * USUAL_DAYS)
WEIGHTS = st.fixed_dictionaries({f"{name}_weight": st.integers(0, 100) for name in NAMES})


@st.composite
def histories(draw: st.DrawFn) -> list[Day]:
    """Eight weeks in which each figure happens now and then, or never."""
    columns = [COUNTS | NEVER] * len(Day._fields)
    return [Day(*row) for row in zip(*(draw(column) for column in columns), strict=True)]


@given(histories(), WEIGHTS)
def test_contributions_sum_to_the_index_and_pulls_to_what_it_lacks(
    days: list[Day], weights: dict[str, int]
) -> None:
    evaluation = index(days, **weights)
    parts = [part for part in evaluation["components"].values() if part["score"] is not None]
    if evaluation["index"] is None:
        assert not any(weights[f"{name}_weight"] for name in set(NAMES) - {*evaluation["missing"]})
        return
    contributed = sum(part["contribution"] for part in parts)
    assert abs(contributed - evaluation["index"]) < 1e-9
    assert abs(sum(part["pull"] for part in parts) - (100 - evaluation["index"])) < 1e-9
    assert 0 <= evaluation["index"] <= 100
    assert 0 <= evaluation["value"] / 100 - evaluation["index"] < 0.01 + 1e-9


@given(histories(), WEIGHTS)
def test_the_three_named_pull_at_least_as_much_as_all_others(
    days: list[Day], weights: dict[str, int]
) -> None:
    evaluation = index(days, **weights)
    pulls = {name: part["pull"] or 0 for name, part in evaluation["components"].items()}
    named = evaluation["pulled_most"]
    assert [pulls[name] for name in named] == sorted(pulls.values(), reverse=True)[: len(named)]
    assert len(named) == min(3, sum(pull > 0 for pull in pulls.values()))


@given(histories(), WEIGHTS, st.integers(1, 99))
def test_the_value_reads_as_firing_exactly_where_the_index_fires(
    days: list[Day], weights: dict[str, int], index_at_most: int
) -> None:
    evaluation = index(days, floor=0, index_at_most=index_at_most, **weights)
    answer = verdict(evaluation)
    if answer.is_conclusive:
        assert (answer is Verdict.FIRE) is (evaluation["value"] <= 100 * index_at_most)


@given(histories(), WEIGHTS, st.sampled_from(COMPONENTS), st.integers(1, 50))
def test_more_of_a_component_in_the_last_week_never_lowers_its_score(
    days: list[Day], weights: dict[str, int], component: Component, more: int
) -> None:
    before = index(days, **weights)["components"][component.name]["score"]
    if before is None:
        return
    counted = COUNTED[component.name]
    raised = [*days[:-1], days[-1]._replace(**{counted: getattr(days[-1], counted) + more})]
    assert index(raised, **weights)["components"][component.name]["score"] >= before


SCORES = st.lists(st.integers(0, FULL_SCORE) | st.none(), min_size=7, max_size=7)


@given(SCORES, WEIGHTS, st.integers(0, 6), st.integers(1, FULL_SCORE))
def test_the_index_never_falls_where_a_score_rises(
    scores: list[int | None], weights: dict[str, int], place: int, more: int
) -> None:
    before = index_of(scores, [*weights.values()])
    if scores[place] is None or before is None:
        return
    scores[place] = min(FULL_SCORE, (scores[place] or 0) + more)
    after = index_of(scores, [*weights.values()])
    assert after is not None
    assert after.weight == before.weight
    assert after.weighted >= before.weighted


@given(histories(), WEIGHTS, st.sampled_from(COMPONENTS[1:]))
def test_a_missing_component_is_named_and_leaves_its_weight_to_the_others(
    days: list[Day], weights: dict[str, int], component: Component
) -> None:
    without = [figures._replace(**{COUNTED[component.name]: 0}) for figures in days]
    if component is REPLIES:
        # What was no reply was a post: as much was said.
        without = [after._replace(posts=before.posts + before.replies)
                   for before, after in zip(days, without, strict=True)]  # fmt: skip
    evaluation = index(without, **weights)
    weightless = index(days, **weights | {f"{component.name}_weight": 0})
    assert component.name in evaluation["missing"]
    assert evaluation["components"][component.name]["contribution"] is None
    assert evaluation["index"] == weightless["index"]


@given(histories(), WEIGHTS)
def test_a_verdict_needs_nothing_but_the_evaluation(
    days: list[Day], weights: dict[str, int]
) -> None:
    evaluation = index(days, floor=0, **weights)
    needed = ("value", "components", "threshold", "baseline_window", "first_day")
    bare = {name: evaluation[name] for name in needed}
    bare["components"] = {
        name: {"recent": part["recent"], "usual": part["usual"]}
        for name, part in evaluation["components"].items()
    }
    assert verdict(bare) is verdict(evaluation)
    for name in needed:
        with pytest.raises(KeyError):
            verdict({other: bare[other] for other in needed if other != name})
