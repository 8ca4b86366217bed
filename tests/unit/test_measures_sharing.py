"""Sharing: how many shares convert on a day, and which part of them does in a week."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.events import EventType
from rules.measures import share_conversion, share_conversion_rate
from rules.measures.measure import Setting
from rules.measures.share_conversion import ShareConversionParameters
from rules.measures.share_conversion_rate import ShareConversionRateParameters
from tests.builders import day, own, pane, until

D = day("2025-06-30")
FIRST_DAY = D - 400

CONVERSION = Setting(ShareConversionParameters(minimum=50, active_days=28), "default", "UTC")
RATE = Setting(
    ShareConversionRateParameters(minimum_percent=3, floor=100, window_days=7, active_days=28),
    "default",
    "UTC",
)
LONG_RATE = Setting(
    ShareConversionRateParameters(minimum_percent=3, floor=1, window_days=30, active_days=7),
    "community",
    "UTC",
)


def conversion(
    converted: int, *, shared: int = 1, ago: int = 27, first_day: int = FIRST_DAY
) -> Any:
    panes = {D - ago: pane(SHARE_CREATED=shared)}
    panes.setdefault(D, pane())[EventType.SHARE_CONVERTED] = converted
    return share_conversion.gather(until(D, panes), D, first_day, CONVERSION)


def rate(converted: int, shared: int, *, ago: int = 6, first_day: int = FIRST_DAY) -> Any:
    panes = {D - ago: pane(SHARE_CREATED=shared, SHARE_CONVERTED=converted)}
    return share_conversion_rate.gather(until(D, panes), D, first_day, RATE)


@pytest.mark.parametrize(
    ("evaluation", "verdict"),
    [
        pytest.param(conversion(49), Verdict.FIRE, id="49 conversions"),
        pytest.param(conversion(50), Verdict.OK, id="50 conversions"),
        pytest.param(conversion(0, ago=27), Verdict.FIRE, id="a share 27 days ago"),
        pytest.param(conversion(0, ago=28), Verdict.NOT_APPLICABLE, id="a share 28 days ago"),
        pytest.param(conversion(1, shared=0), Verdict.FIRE, id="a conversion is sharing"),
        pytest.param(conversion(0, first_day=D), Verdict.LEARNING, id="the first day"),
        pytest.param(conversion(0, first_day=D - 1), Verdict.FIRE, id="the second day"),
        pytest.param(
            conversion(0, shared=0, first_day=D), Verdict.LEARNING, id="young before inactive"
        ),
    ],
)
def test_few_conversions_on_a_day_fire(evaluation: Any, verdict: Verdict) -> None:
    assert share_conversion.verdict(evaluation) is verdict


@pytest.mark.parametrize(
    ("evaluation", "verdict"),
    [
        pytest.param(rate(2, 100), Verdict.FIRE, id="2 of 100 shares"),
        pytest.param(rate(3, 100), Verdict.OK, id="3 of 100 shares"),
        pytest.param(rate(2_999, 100_000), Verdict.FIRE, id="2.999 %"),
        pytest.param(rate(0, 100), Verdict.FIRE, id="at the floor of shares"),
        pytest.param(rate(0, 99), Verdict.BELOW_FLOOR, id="below the floor of shares"),
        pytest.param(rate(0, 100, ago=7), Verdict.BELOW_FLOOR, id="shares before the window"),
        pytest.param(rate(0, 1, ago=27), Verdict.BELOW_FLOOR, id="a last share 27 days ago"),
        pytest.param(rate(0, 1, ago=28), Verdict.NOT_APPLICABLE, id="a last share 28 days ago"),
        pytest.param(rate(90, 0), Verdict.NOT_APPLICABLE, id="conversions without shares"),
        pytest.param(rate(0, 100, first_day=D - 6), Verdict.FIRE, id="a whole window of shares"),
        pytest.param(rate(0, 100, first_day=D - 5), Verdict.LEARNING, id="six days of shares"),
        pytest.param(rate(0, 0, first_day=D - 5), Verdict.LEARNING, id="young before shareless"),
    ],
)
def test_a_low_rate_in_a_week_fires(evaluation: Any, verdict: Verdict) -> None:
    assert share_conversion_rate.verdict(evaluation) is verdict


@given(st.integers(100, 10**9), st.data())
def test_the_rate_never_reads_as_enough_where_the_verdict_says_that_it_is_not(
    shared: int, data: st.DataObject
) -> None:
    near = shared * 3 // 100
    evaluation = rate(data.draw(st.integers(max(near - 2, 0), near + 2)), shared)
    fires = share_conversion_rate.verdict(evaluation) is Verdict.FIRE
    assert fires is (evaluation["rate_percent"] < 3)


@pytest.mark.parametrize(
    ("measure", "evaluation", "figure"),
    [
        *(
            (share_conversion, conversion(49), name)
            for name in ("value", "active", "threshold", "first_day")
        ),
        *(
            (share_conversion_rate, rate(2, 100), name)
            for name in ("value", "shares", "active", "threshold", "first_day")
        ),
    ],
)
def test_a_verdict_without_one_of_its_figures_is_an_error(
    measure: Any, evaluation: Any, figure: str
) -> None:
    rest = {name: content for name, content in evaluation.items() if name != figure}
    with pytest.raises(KeyError):
        measure.verdict(rest)


def test_conversions_are_counted_on_the_day_and_sharing_is_looked_for_in_28_days() -> None:
    panes = {D - ago: pane(SHARE_CONVERTED=own(ago)) for ago in range(-1, 30)}
    figures = share_conversion.gather(until(D, panes), D, FIRST_DAY, CONVERSION)
    assert figures["value"] == own(0)
    assert figures["active"]["events"] == sum(map(own, range(28)))
    assert figures["active"]["window"] == [iso(D - 27), iso(D)]


def test_the_rate_counts_seven_days_of_both_and_looks_back_28_for_sharing() -> None:
    # days ago  28 | 27 ─────────── is there sharing? ──────────── 0 | tomorrow
    #                                      6 ── shares that convert ── 0
    panes = {
        D - ago: pane(SHARE_CREATED=own(ago), SHARE_CONVERTED=3 * own(ago)) for ago in range(-1, 30)
    }
    figures = share_conversion_rate.gather(until(D, panes), D, FIRST_DAY, RATE)
    assert figures["shares"] == sum(map(own, range(7)))
    assert figures["value"] == 3 * figures["shares"]
    assert figures["rate_percent"] == 300.0
    assert figures["window"] == [iso(D - 6), iso(D)]
    assert figures["active"] == {
        "window": [iso(D - 27), iso(D)],
        "events": sum(map(own, range(28))),
    }


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.wire_name)
def test_each_type_counts_where_it_should_and_nowhere_else(kind: EventType) -> None:
    panes = until(D, {D: pane(**{kind.name: 3})})
    shares = 3 if kind is EventType.SHARE_CREATED else 0
    conversions = 3 if kind is EventType.SHARE_CONVERTED else 0
    on_the_day = share_conversion.gather(panes, D, FIRST_DAY, CONVERSION)
    assert on_the_day["active"]["events"] == shares + conversions
    assert on_the_day["value"] == conversions
    in_the_week = share_conversion_rate.gather(panes, D, FIRST_DAY, RATE)
    assert (in_the_week["shares"], in_the_week["value"]) == (shares, conversions)


def test_late_events_are_those_of_the_28_days() -> None:
    panes = until(D, {D - ago: pane(LATE=own(ago)) for ago in range(-1, 40)})
    late = sum(map(own, range(28)))
    for measure, setting in ((share_conversion, CONVERSION), (share_conversion_rate, RATE)):
        assert measure.gather(panes, D, FIRST_DAY, setting)["late_events"] == late


@pytest.mark.parametrize(
    ("measure", "setting", "days"),
    [
        pytest.param(share_conversion.MEASURE, CONVERSION, 28, id="conversions"),
        pytest.param(share_conversion_rate.MEASURE, RATE, 28, id="rate"),
        pytest.param(share_conversion_rate.MEASURE, LONG_RATE, 30, id="a longer rate"),
    ],
)
def test_the_horizon_is_as_many_days_as_are_read(measure: Any, setting: Setting, days: int) -> None:
    assert measure.horizon(setting.parameters) == days
