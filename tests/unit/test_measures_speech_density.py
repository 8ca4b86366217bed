"""Speech density: the fall from one week to the next, at its boundaries, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.events import EventType
from rules.measures.measure import Setting
from rules.measures.speech_density import MEASURE, SpeechDensityParameters, gather, verdict
from tests.builders import day, own, pane, until

D = day("2025-06-30")
FIRST_DAY = D - 400
PARAMETERS = SpeechDensityParameters(drop_percent=20, floor=20, window_days=7)
SETTING = Setting(PARAMETERS, "default", "UTC")


def density(previous: int, current: int, *, first_day: int = FIRST_DAY, **changes: Any) -> Any:
    parameters = PARAMETERS.model_copy(update=changes)
    panes = {D - 7: pane(POST_CREATED=previous), D - 6: pane(REPLY_CREATED=current)}
    return gather(until(D, panes), D, first_day, Setting(parameters, "default", "UTC"))


def test_it_fires_exactly_where_a_hundred_times_the_fall_is_twenty_times_the_week() -> None:
    evaluation = density(1, 1)
    evaluation["threshold"]["floor"] = 0
    for previous in range(1, 2001):
        evaluation["baseline"] = previous
        for current in range(previous + 1):
            evaluation["value"] = current
            fires = verdict(evaluation) is Verdict.FIRE
            assert fires is (100 * (previous - current) >= 20 * previous), (previous, current)


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        pytest.param(density(70, 56), Verdict.FIRE, id="exactly 20 %"),
        pytest.param(density(70, 57), Verdict.OK, id="one post better"),
        pytest.param(density(10_000, 8_001), Verdict.OK, id="19.99 %"),
        pytest.param(density(10_000, 8_000), Verdict.FIRE, id="20.00 %"),
        pytest.param(density(20, 0), Verdict.FIRE, id="at the floor, to nothing"),
        pytest.param(density(19, 0), Verdict.BELOW_FLOOR, id="below the floor"),
        pytest.param(density(0, 0), Verdict.BELOW_FLOOR, id="nothing after nothing"),
        pytest.param(density(0, 9, floor=0), Verdict.BELOW_FLOOR, id="nothing is no baseline"),
        pytest.param(density(1, 0, floor=0), Verdict.FIRE, id="one is, where the floor is 0"),
        pytest.param(density(50, 500), Verdict.OK, id="a rise"),
        pytest.param(density(70, 0, first_day=D - 13), Verdict.FIRE, id="two whole windows"),
        pytest.param(density(70, 0, first_day=D - 12), Verdict.LEARNING, id="a day too young"),
        pytest.param(density(5, 0, first_day=D - 12), Verdict.LEARNING, id="young before small"),
        pytest.param(density(100, 0, drop_percent=100), Verdict.FIRE, id="100 %, all gone"),
        pytest.param(density(100, 1, drop_percent=100), Verdict.OK, id="100 %, one left"),
    ],
)
def test_the_verdict_is_read_out_of_the_evaluation(evaluation: Any, expected: Verdict) -> None:
    assert verdict(evaluation) is expected


@pytest.mark.parametrize("figure", ["value", "baseline", "threshold", "first_day"])
def test_a_verdict_without_one_of_its_figures_is_an_error(figure: str) -> None:
    evaluation = density(70, 56)
    del evaluation[figure]
    with pytest.raises(KeyError):
        verdict(evaluation)


def test_two_windows_of_seven_days_that_touch_are_compared() -> None:
    # days ago  14 | 13 ── baseline ── 7 | 6 ── window ── 0 | tomorrow
    panes = {D - ago: pane(POST_CREATED=own(ago)) for ago in range(-1, 16)}
    figures = gather(until(D, panes), D, FIRST_DAY, SETTING)
    assert figures["value"] == sum(map(own, range(7)))
    assert figures["baseline"] == sum(map(own, range(7, 14)))
    assert figures["window"] == [iso(D - 6), iso(D)]
    assert figures["baseline_window"] == [iso(D - 13), iso(D - 7)]


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.wire_name)
def test_posts_and_replies_are_speech_and_nothing_else_is(kind: EventType) -> None:
    is_speech = kind in (EventType.POST_CREATED, EventType.REPLY_CREATED)
    figures = gather(until(D, {D: pane(**{kind.name: 3})}), D, FIRST_DAY, SETTING)
    assert figures["value"] == (3 if is_speech else 0)


def test_late_events_are_those_of_both_windows() -> None:
    panes = {D - ago: pane(POST_CREATED=1, LATE=own(ago)) for ago in range(-1, 40)}
    figures = gather(until(D, panes), D, FIRST_DAY, SETTING)
    assert figures["late_events"] == sum(map(own, range(14)))


@pytest.mark.parametrize(
    ("previous", "current", "percent"),
    [
        (70, 56, -20.0),
        (10_000, 8_001, -19.99),
        (100_000, 80_001, -19.99),
        (80, 61, -23.75),
        (3, 2, -33.33),
        (3, 4, 33.33),
        (5, 5, 0.0),
        (5, 0, -100.0),
        (0, 5, None),
    ],
)
def test_the_change_is_cut_to_two_digits(
    previous: int, current: int, percent: float | None
) -> None:
    assert density(previous, current)["change_percent"] == percent


@given(st.integers(20, 10**9), st.data())
def test_the_change_never_reads_as_a_fall_that_the_verdict_denies(
    previous: int, data: st.DataObject
) -> None:
    near = previous * 80 // 100
    current = data.draw(st.integers(max(near - 2, 0), near + 2))
    evaluation = density(previous, current)
    fires = verdict(evaluation) is Verdict.FIRE
    assert fires is (evaluation["change_percent"] <= -20)


def test_the_horizon_is_as_many_days_as_are_read() -> None:
    assert MEASURE.horizon(PARAMETERS) == 14
