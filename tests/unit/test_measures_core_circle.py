"""The core circle at two closes, four weeks apart."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Verdict
from models.panes import LATE, WIDE, Figure, Pane, empty_pane
from rules.measures.core_circle import MEASURE, CoreCircleParameters, gather, verdict
from rules.measures.measure import Setting
from tests.builders import catalogue, day

D = day("2025-06-30")
SHIPPED = catalogue()["core-circle-shrinking"].defaults


def judged(
    previous: int, current: int, *, days_known: int = 56, **changes: Any
) -> tuple[Any, Verdict]:
    """The core circle 28 days before D, and at its close; all other days hold nonsense."""
    panes: list[Pane] = []
    for ago in reversed(range(56)):
        pane = empty_pane(WIDE)
        pane[Figure.TIER_CORE] = {28: previous, 0: current}.get(ago, 999)
        pane[Figure.INTERACTIONS_28] = {28: 2_000, 0: 1_500}.get(ago, 999)
        pane[LATE] = 1
        panes.append(pane)
    setting = Setting(SHIPPED.model_copy(update=changes), "default", "UTC")
    evaluation = gather(panes, D, D - days_known + 1, setting)
    return evaluation, verdict(evaluation)


@pytest.mark.parametrize(
    ("previous", "current", "changes", "expected"),
    [
        pytest.param(20, 16, {}, Verdict.FIRE, id="a fifth"),
        pytest.param(20, 17, {}, Verdict.OK, id="one member less than a fifth"),
        pytest.param(5_000, 4_001, {}, Verdict.OK, id="a hair less than a fifth"),
        pytest.param(20, 0, {}, Verdict.FIRE, id="all of them"),
        pytest.param(20, 30, {}, Verdict.OK, id="more than before"),
        pytest.param(19, 1, {}, Verdict.BELOW_FLOOR, id="one fewer than the floor"),
        pytest.param(0, 0, {"floor": 0}, Verdict.BELOW_FLOOR, id="nobody before, no floor"),
        pytest.param(1, 0, {"floor": 0}, Verdict.FIRE, id="the only one"),
        pytest.param(20, 8, {"days_known": 55}, Verdict.LEARNING, id="a day too young"),
        pytest.param(9, 1, {"days_known": 55}, Verdict.LEARNING, id="young before small"),
    ],
)
def test_the_fall_is_compared_as_integers(
    previous: int, current: int, changes: dict[str, int], expected: Verdict
) -> None:
    _, answer = judged(previous, current, **changes)
    assert answer is expected


@pytest.mark.parametrize(
    ("previous", "current", "expected"),
    [(10, 8, -20.0), (5_000, 4_001, -19.98), (6, 7, 16.66), (10, 10, 0.0), (0, 3, None)],
)
def test_the_change_is_cut_and_never_reads_as_more(
    previous: int, current: int, expected: float | None
) -> None:
    evaluation, _ = judged(previous, current)
    assert evaluation["change_percent"] == expected


def test_both_circles_are_told_with_what_they_did() -> None:
    evaluation, _ = judged(10, 8)
    assert (evaluation["value"], evaluation["baseline"]) == (8, 10)
    assert (evaluation["interactions"], evaluation["interactions_before"]) == (1_500, 2_000)
    assert evaluation["late_events"] == 56


def test_what_is_not_known_is_not_told_even_from_narrow_panes() -> None:
    setting = Setting(SHIPPED, "default", "UTC")
    evaluation = gather([empty_pane()] * 56, D, D + 1, setting)
    told = ("value", "baseline", "change_percent", "interactions", "interactions_before")
    assert [evaluation[name] for name in told] == [None] * 5
    assert verdict(evaluation) is Verdict.LEARNING


def test_it_looks_back_eight_weeks() -> None:
    assert MEASURE.horizon(CoreCircleParameters(drop_percent=1, floor=0)) == 56
