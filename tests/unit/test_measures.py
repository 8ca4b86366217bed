"""The verdicts of the measures at their boundaries, and the figures they are read from."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.events import EventType
from models.panes import LATE, Pane, Panes, Recent, empty_pane, recent
from rules.measures import (
    member_silence,
    share_conversion,
    share_conversion_rate,
    speech_density,
    transactions,
)
from rules.measures.measure import Setting
from rules.measures.member_silence import MemberSilenceParameters
from rules.measures.share_conversion import ShareConversionParameters
from rules.measures.share_conversion_rate import ShareConversionRateParameters
from rules.measures.speech_density import SpeechDensityParameters
from rules.measures.transactions import TransactionsParameters
from tests.builders import day

D = day("2025-06-30")
FIRST_DAY = D - 400

DENSITY = Setting(
    SpeechDensityParameters(drop_percent=20, floor=20, window_days=7), "default", "UTC"
)
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
BUYING = Setting(TransactionsParameters(window_days=7, active_days=28), "default", "UTC")
SILENCE = Setting(MemberSilenceParameters(silent_days=30), "default", "UTC")


def pane(**counts: int) -> Pane:
    """One day: `pane(POST_CREATED=3, LATE=1)`."""
    counters = empty_pane()
    for name, count in counts.items():
        counters[LATE if name == "LATE" else EventType[name]] = count
    return counters


def until(last: int, panes: Panes) -> Recent:
    """What a measure is given to judge the day `last`: a row of days, of which few have a pane."""
    return recent(panes, last, 40)


def density(previous: int, current: int, *, first_day: int = FIRST_DAY, **changes: Any) -> Any:
    parameters = DENSITY.parameters.model_copy(update=changes)
    panes = {D - 7: pane(POST_CREATED=previous), D - 6: pane(REPLY_CREATED=current)}
    return speech_density.gather(
        until(D, panes), D, first_day, Setting(parameters, "default", "UTC")
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


def buying(*ago: int, first_day: int = FIRST_DAY) -> Any:
    """One purchase so many days ago each."""
    panes = {D - days: pane(PURCHASE_COMPLETED=1) for days in ago}
    return transactions.gather(until(D, panes), D, first_day, BUYING)


def test_speech_density_fires_exactly_where_a_hundred_times_the_fall_is_twenty_times_the_week() -> (
    None
):
    evaluation = density(1, 1)
    evaluation["threshold"]["floor"] = 0
    for previous in range(1, 2001):
        evaluation["baseline"] = previous
        for current in range(previous + 1):
            evaluation["value"] = current
            fires = speech_density.verdict(evaluation) is Verdict.FIRE
            assert fires is (100 * (previous - current) >= 20 * previous), (previous, current)


@pytest.mark.parametrize(
    ("evaluation", "verdict"),
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
        pytest.param(buying(7), Verdict.FIRE, id="a purchase the day before the window"),
        pytest.param(buying(6, 7), Verdict.OK, id="a purchase on its first day"),
        pytest.param(buying(0), Verdict.OK, id="a first purchase"),
        pytest.param(buying(34), Verdict.FIRE, id="a purchase 34 days ago"),
        pytest.param(buying(35), Verdict.NOT_APPLICABLE, id="a purchase 35 days ago"),
        pytest.param(buying(), Verdict.NOT_APPLICABLE, id="no purchase at all"),
        pytest.param(buying(7, first_day=D - 7), Verdict.FIRE, id="a window after the first day"),
        pytest.param(buying(7, first_day=D - 6), Verdict.LEARNING, id="the first day in it"),
        pytest.param(buying(0, first_day=D - 6), Verdict.LEARNING, id="young, whatever is bought"),
        pytest.param(member_silence.gather(D - 29, D, SILENCE), Verdict.OK, id="29 days"),
        pytest.param(member_silence.gather(D - 30, D, SILENCE), Verdict.FIRE, id="30 days"),
        pytest.param(member_silence.gather(D + 1, D, SILENCE), Verdict.OK, id="ahead of the day"),
        pytest.param(
            member_silence.gather(D - 90, D, SILENCE) | {"left": True},
            Verdict.NOT_APPLICABLE,
            id="a member who has left",
        ),
    ],
)  # fmt: skip
def test_the_verdict_is_read_out_of_the_evaluation(evaluation: Any, verdict: Verdict) -> None:
    assert measure_of(evaluation).verdict(evaluation) is verdict


MEASURED = {
    measure.MEASURE.parameters.compared: measure
    for measure in (
        member_silence,
        share_conversion,
        share_conversion_rate,
        speech_density,
        transactions,
    )
}


def measure_of(evaluation: Any) -> Any:
    """Which measure an evaluation is of: no two compare with the same settings."""
    return MEASURED[tuple(name for name in evaluation["threshold"] if name != "from")]


def own(ago: int) -> int:
    """A count that no other day has, nor any sum of other days."""
    return 1 << (ago + 1)


def test_speech_density_compares_two_windows_of_seven_days_that_touch() -> None:
    panes = {D - ago: pane(POST_CREATED=own(ago)) for ago in range(-1, 16)}
    figures = speech_density.gather(until(D, panes), D, FIRST_DAY, DENSITY)
    assert figures["value"] == sum(map(own, range(7)))
    assert figures["baseline"] == sum(map(own, range(7, 14)))
    assert figures["window"] == [iso(D - 6), iso(D)]
    assert figures["baseline_window"] == [iso(D - 13), iso(D - 7)]


def test_share_conversion_counts_the_day_and_looks_back_28_days_for_sharing() -> None:
    panes = {D - ago: pane(SHARE_CONVERTED=own(ago)) for ago in range(-1, 30)}
    figures = share_conversion.gather(until(D, panes), D, FIRST_DAY, CONVERSION)
    assert figures["value"] == own(0)
    assert figures["active"]["events"] == sum(map(own, range(28)))
    assert figures["active"]["window"] == [iso(D - 27), iso(D)]


def test_the_rate_counts_seven_days_of_both_and_looks_back_28_for_sharing() -> None:
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


def test_transactions_are_counted_in_seven_days_and_in_the_28_before_them() -> None:
    panes = {D - ago: pane(PURCHASE_COMPLETED=own(ago)) for ago in range(-1, 40)}
    figures = transactions.gather(until(D, panes), D, FIRST_DAY, BUYING)
    assert figures["value"] == sum(map(own, range(7)))
    assert figures["baseline"] == sum(map(own, range(7, 35)))
    assert figures["window"] == [iso(D - 6), iso(D)]
    assert figures["baseline_window"] == [iso(D - 34), iso(D - 7)]


@pytest.mark.parametrize("first", range(12))
def test_what_is_not_known_never_makes_transactions_fire(first: int) -> None:
    """Told of nothing of the first day, and of one purchase before it, as late data may tell."""
    for bought in product((0, 1), repeat=9):
        truth = {D - ago: pane(PURCHASE_COMPLETED=count) for ago, count in enumerate(bought)}
        truth[D - 20] = pane(PURCHASE_COMPLETED=1)
        told = {day: counts for day, counts in truth.items() if day > D - first or day == D - 20}
        partly = transactions.gather(until(D, told), D, D - first, BUYING)
        whole = transactions.gather(until(D, truth), D, FIRST_DAY, BUYING)
        if transactions.verdict(partly) is Verdict.FIRE:
            assert transactions.verdict(whole) is Verdict.FIRE


@given(st.integers(100, 10**9), st.data())
def test_the_rate_never_reads_as_enough_where_the_verdict_says_that_it_is_not(
    shared: int, data: st.DataObject
) -> None:
    near = shared * 3 // 100
    evaluation = rate(data.draw(st.integers(max(near - 2, 0), near + 2)), shared)
    fires = share_conversion_rate.verdict(evaluation) is Verdict.FIRE
    assert fires is (evaluation["rate_percent"] < 3)


@pytest.mark.parametrize("kind", EventType, ids=lambda kind: kind.wire_name)
def test_each_type_counts_where_it_should_and_nowhere_else(kind: EventType) -> None:
    panes = {D: pane(**{kind.name: 3})}
    is_speech = kind in (EventType.POST_CREATED, EventType.REPLY_CREATED)
    is_sharing = kind in (EventType.SHARE_CREATED, EventType.SHARE_CONVERTED)
    speech = speech_density.gather(until(D, panes), D, FIRST_DAY, DENSITY)
    sharing = share_conversion.gather(until(D, panes), D, FIRST_DAY, CONVERSION)
    assert speech["value"] == (3 if is_speech else 0)
    assert sharing["active"]["events"] == (3 if is_sharing else 0)
    assert sharing["value"] == (3 if kind is EventType.SHARE_CONVERTED else 0)
    of_shares = share_conversion_rate.gather(until(D, panes), D, FIRST_DAY, RATE)
    assert of_shares["value"] == (3 if kind is EventType.SHARE_CONVERTED else 0)
    assert of_shares["shares"] == (3 if kind is EventType.SHARE_CREATED else 0)
    purchases = transactions.gather(until(D, panes), D, FIRST_DAY, BUYING)
    assert purchases["value"] == (3 if kind is EventType.PURCHASE_COMPLETED else 0)


def test_late_events_are_those_of_the_days_that_were_looked_at() -> None:
    panes = {D - ago: pane(POST_CREATED=1, LATE=own(ago)) for ago in range(-1, 40)}
    speech = speech_density.gather(until(D, panes), D, FIRST_DAY, DENSITY)
    sharing = share_conversion.gather(until(D, panes), D, FIRST_DAY, CONVERSION)
    assert speech["late_events"] == sum(map(own, range(14)))
    assert sharing["late_events"] == sum(map(own, range(28)))
    of_shares = share_conversion_rate.gather(until(D, panes), D, FIRST_DAY, RATE)
    assert of_shares["late_events"] == sum(map(own, range(28)))
    purchases = transactions.gather(until(D, panes), D, FIRST_DAY, BUYING)
    assert purchases["late_events"] == sum(map(own, range(35)))


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
    fires = speech_density.verdict(evaluation) is Verdict.FIRE
    assert fires is (evaluation["change_percent"] <= -20)


@given(st.integers(1, 800), st.integers(1, 400))
def test_the_wheel_wakes_a_member_at_the_first_close_that_fires(
    last: int, silent_days: int
) -> None:
    parameters = MemberSilenceParameters(silent_days=silent_days)
    setting = Setting(parameters, "default", "UTC")
    due = member_silence.MEASURE.due(last, parameters)

    def verdict(on: int) -> Verdict:
        return member_silence.verdict(member_silence.gather(last, on, setting))

    assert (verdict(due - 1), verdict(due)) == (Verdict.OK, Verdict.FIRE)


@pytest.mark.parametrize(
    ("evaluation", "figure"),
    [
        *((density(70, 56), name) for name in ("value", "baseline", "threshold", "first_day")),
        *((conversion(49), name) for name in ("value", "active", "threshold", "first_day")),
        *((rate(2, 100), n) for n in ("value", "shares", "active", "threshold", "first_day")),
        *((buying(7), name) for name in ("value", "baseline", "window", "first_day")),
        *((member_silence.gather(D - 30, D, SILENCE), n) for n in ("value", "left", "threshold")),
    ],
)
def test_a_verdict_without_one_of_its_figures_is_an_error(evaluation: Any, figure: str) -> None:
    rest = {name: content for name, content in evaluation.items() if name != figure}
    with pytest.raises(KeyError):
        measure_of(evaluation).verdict(rest)


@pytest.mark.parametrize(
    ("measure", "setting", "days"),
    [
        (speech_density.MEASURE, DENSITY, 14),
        (share_conversion.MEASURE, CONVERSION, 28),
        (share_conversion_rate.MEASURE, RATE, 28),
        (share_conversion_rate.MEASURE, LONG_RATE, 30),
        (transactions.MEASURE, BUYING, 35),
    ],
    ids=[
        "speech density",
        "share conversion",
        "share conversion rate",
        "a longer one",
        "transactions",
    ],
)
def test_the_horizon_is_as_many_days_as_are_read(measure: Any, setting: Setting, days: int) -> None:
    assert measure.horizon(setting.parameters) == days
