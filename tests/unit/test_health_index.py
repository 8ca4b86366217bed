"""The health index: its verdict at its boundaries, its windows, and its settings."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from models.alerts import Verdict
from models.days import iso
from models.panes import empty_pane
from rules.measures.health_components import FULL_SCORE, STAY_DAYS, USUAL_DAYS
from rules.measures.health_index import MEASURE, HealthIndexParameters, gather, index_of, verdict
from tests.health_weeks import (
    EVERYTHING,
    FIRST_DAY,
    NAMES,
    SHIPPED,
    WEIGHTS,
    D,
    Day,
    evaluated,
    histories,
    panes_of,
    setting,
    weeks,
)

ONLY_DENSITY = {f"{name}_weight": 0 for name in NAMES} | {"speech_density_weight": 1}


def judged(
    recent: int, week: int, *, total: int = 400, first_day: int = FIRST_DAY, **changes: Any
) -> Any:
    """Speech density alone: `week` in the last week, `recent` in the last four, `total` in all."""
    days = weeks(total - recent, 0, 0, 0, recent - week, 0, 0, week)
    return evaluated(days, first_day=first_day, **ONLY_DENSITY | changes)


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


def test_of_a_rule_that_is_off_again_nothing_is_read_from_narrow_panes() -> None:
    panes = [empty_pane()] * (USUAL_DAYS + STAY_DAYS)
    evaluation = gather(panes, D, D + 1, setting())
    assert evaluation["value"] is None
    assert verdict(evaluation) is Verdict.LEARNING


def test_the_evaluation_names_its_windows() -> None:
    evaluation = evaluated([EVERYTHING] * USUAL_DAYS)
    assert evaluation["window"] == [iso(D - 27), iso(D)]
    assert evaluation["baseline_window"] == [iso(D - 55), iso(D)]


def test_late_events_are_those_of_the_eight_weeks() -> None:
    panes = panes_of([Day(late=1 << ago) for ago in reversed(range(USUAL_DAYS + 9))])
    assert gather(panes, D, FIRST_DAY, setting())["late_events"] == 2**USUAL_DAYS - 1


def test_the_horizon_reaches_back_to_those_who_joined_a_fortnight_before() -> None:
    assert MEASURE.horizon(SHIPPED) == 70


def test_a_burst_that_ended_two_weeks_ago_is_not_healthy() -> None:
    evaluation = evaluated(weeks(0, 0, 0, 0, 300, 300, 0, 0, speakers=0))
    assert evaluation["components"]["speech_density"]["score"] == 50.0
    assert verdict(evaluation) is Verdict.FIRE


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


@given(histories(), WEIGHTS, st.integers(1, 99))
def test_the_value_reads_as_firing_exactly_where_the_index_fires(
    days: list[Day], weights: dict[str, int], index_at_most: int
) -> None:
    evaluation = evaluated(days, floor=0, index_at_most=index_at_most, **weights)
    answer = verdict(evaluation)
    if answer.is_conclusive:
        assert (answer is Verdict.FIRE) is (evaluation["value"] <= 100 * index_at_most)


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


@given(histories(), WEIGHTS)
def test_a_verdict_needs_nothing_but_the_evaluation(
    days: list[Day], weights: dict[str, int]
) -> None:
    evaluation = evaluated(days, floor=0, **weights)
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
