"""Transactions: a community that bought and buys no more, and what is not known of it."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from models.alerts import Verdict
from models.days import iso
from models.events import EventType
from rules.measures.measure import Setting
from rules.measures.transactions import MEASURE, TransactionsParameters, gather, verdict
from tests.builders import day, own, pane, until

D = day("2025-06-30")
FIRST_DAY = D - 400
SETTING = Setting(TransactionsParameters(window_days=7, active_days=28), "default", "UTC")


def buying(*ago: int, first_day: int = FIRST_DAY) -> Any:
    """One purchase so many days ago each."""
    panes = {D - days: pane(PURCHASE_COMPLETED=1) for days in ago}
    return gather(until(D, panes), D, first_day, SETTING)


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        pytest.param(buying(7), Verdict.FIRE, id="a purchase the day before the window"),
        pytest.param(buying(6, 7), Verdict.OK, id="a purchase on its first day"),
        pytest.param(buying(0), Verdict.OK, id="a first purchase"),
        pytest.param(buying(34), Verdict.FIRE, id="a purchase 34 days ago"),
        pytest.param(buying(35), Verdict.NOT_APPLICABLE, id="a purchase 35 days ago"),
        pytest.param(buying(), Verdict.NOT_APPLICABLE, id="no purchase at all"),
        pytest.param(buying(7, first_day=D - 7), Verdict.FIRE, id="a window after the first day"),
        pytest.param(buying(7, first_day=D - 6), Verdict.LEARNING, id="the first day in it"),
        pytest.param(buying(0, first_day=D - 6), Verdict.LEARNING, id="young, whatever is bought"),
    ],
)
def test_the_verdict_is_read_out_of_the_evaluation(evaluation: Any, expected: Verdict) -> None:
    assert verdict(evaluation) is expected


@pytest.mark.parametrize("figure", ["value", "baseline", "window", "first_day"])
def test_a_verdict_without_one_of_its_figures_is_an_error(figure: str) -> None:
    evaluation = buying(7)
    del evaluation[figure]
    with pytest.raises(KeyError):
        verdict(evaluation)


def test_purchases_are_counted_in_seven_days_and_in_the_28_before_them() -> None:
    # days ago  35 | 34 ────── baseline ────── 7 | 6 ── window ── 0 | tomorrow
    panes = {D - ago: pane(PURCHASE_COMPLETED=own(ago)) for ago in range(-1, 40)}
    figures = gather(until(D, panes), D, FIRST_DAY, SETTING)
    assert figures["value"] == sum(map(own, range(7)))
    assert figures["baseline"] == sum(map(own, range(7, 35)))
    assert figures["window"] == [iso(D - 6), iso(D)]
    assert figures["baseline_window"] == [iso(D - 34), iso(D - 7)]


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.wire_name)
def test_completed_purchases_count_and_nothing_else_does(kind: EventType) -> None:
    figures = gather(until(D, {D: pane(**{kind.name: 3})}), D, FIRST_DAY, SETTING)
    assert figures["value"] == (3 if kind is EventType.PURCHASE_COMPLETED else 0)


def test_late_events_are_those_of_both_windows() -> None:
    panes = {D - ago: pane(LATE=own(ago)) for ago in range(-1, 40)}
    figures = gather(until(D, panes), D, FIRST_DAY, SETTING)
    assert figures["late_events"] == sum(map(own, range(35)))


@pytest.mark.parametrize("first", range(12))
def test_what_is_not_known_never_makes_it_fire(first: int) -> None:
    """Told of nothing of the first day, and of one purchase before it, as late data may tell."""
    fired = 0
    for bought in product((0, 1), repeat=9):
        truth = {D - ago: pane(PURCHASE_COMPLETED=count) for ago, count in enumerate(bought)}
        truth[D - 20] = pane(PURCHASE_COMPLETED=1)
        told = {day: counts for day, counts in truth.items() if day > D - first or day == D - 20}
        partly = gather(until(D, told), D, D - first, SETTING)
        whole = gather(until(D, truth), D, FIRST_DAY, SETTING)
        if verdict(partly) is Verdict.FIRE:
            fired += 1
            assert verdict(whole) is Verdict.FIRE
    # Before there are seven known days nothing fires at all.
    assert bool(fired) is (first >= 7)


def test_the_horizon_is_as_many_days_as_are_read() -> None:
    assert MEASURE.horizon(SETTING.parameters) == 35
