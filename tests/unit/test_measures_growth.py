"""The verdicts of the growth engine's measures at their boundaries, and what they are read from."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.panes import LATE, WIDE, Figure, Pane, empty_pane
from models.totals import add_up
from rules.measures import content_conversion, monthly_activity, viral_coefficient
from rules.measures.content_conversion import ContentConversionParameters
from rules.measures.measure import Setting
from rules.measures.monthly_activity import MonthlyActivityParameters
from rules.measures.viral_coefficient import ViralCoefficientParameters
from tests.builders import day, own

D = day("2025-06-30")
FIRST_DAY = D - 400

VIRAL = Setting(ViralCoefficientParameters(minimum_percent=50, floor=10), "default", "UTC")
CONTENT = Setting(ContentConversionParameters(minimum_permille=58, floor=100), "default", "UTC")
MONTHLY = Setting(MonthlyActivityParameters(minimum_percent=30, floor=50), "default", "UTC")


def pane(late: int = 0, **figures: int) -> Pane:
    """One day: `pane(INVITED_JOINED=3)`."""
    counters = empty_pane(WIDE)
    counters[LATE] = late
    for name, number in figures.items():
        counters[Figure[name]] = number
    return counters


def viral(joined: int, inviters: int, *, ago: int = 27, first_day: int = FIRST_DAY) -> Any:
    panes = {D: pane(INVITERS_28=inviters)}
    panes.setdefault(D - ago, pane())[Figure.INVITED_JOINED] = joined
    return viral_coefficient.gather(add_up(panes, D), D, first_day, VIRAL)


def content(spoke: int, viewers: int, *, first_day: int = FIRST_DAY) -> Any:
    panes = {D: pane(SPEAKING_VIEWERS_28=spoke, VIEWERS_28=viewers)}
    return content_conversion.gather(add_up(panes, D), D, first_day, CONTENT)


def monthly(active: int, known: int, *, first_day: int = FIRST_DAY) -> Any:
    panes = {D: pane(ACTIVE_MEMBERS=active, KNOWN_MEMBERS=known)}
    return monthly_activity.gather(add_up(panes, D), D, first_day, MONTHLY)


@pytest.mark.parametrize(
    ("measure", "evaluation", "verdict"),
    [
        pytest.param(measure, evaluation, verdict, id=name)
        for measure, evaluation, verdict, name in (
            (viral_coefficient, viral(4, 10), Verdict.FIRE, "4 of 10 inviters"),
            (viral_coefficient, viral(5, 10), Verdict.OK, "5 of 10 inviters"),
            (viral_coefficient, viral(49_999, 100_000), Verdict.FIRE, "49.999 per cent"),
            (viral_coefficient, viral(900, 10), Verdict.OK, "90 of each"),
            (viral_coefficient, viral(0, 9), Verdict.BELOW_FLOOR, "9 inviters"),
            (viral_coefficient, viral(0, 1), Verdict.BELOW_FLOOR, "one inviter"),
            (viral_coefficient, viral(0, 0), Verdict.NOT_APPLICABLE, "no inviter"),
            (viral_coefficient, viral(5, 10, ago=28), Verdict.FIRE, "who joined too early"),
            (viral_coefficient, viral(0, 10, first_day=D - 27), Verdict.FIRE, "28 known days"),
            (viral_coefficient, viral(5, 10, first_day=D - 26), Verdict.LEARNING, "27 known days"),
            (viral_coefficient, viral(0, 0, first_day=D), Verdict.LEARNING, "young before idle"),
            (content_conversion, content(5, 100), Verdict.FIRE, "5 of 100 viewers"),
            (content_conversion, content(6, 100), Verdict.OK, "6 of 100 viewers"),
            (content_conversion, content(58, 1_000), Verdict.OK, "58 of 1,000 viewers"),
            (content_conversion, content(57, 1_000), Verdict.FIRE, "57 of 1,000 viewers"),
            (content_conversion, content(0, 99), Verdict.BELOW_FLOOR, "99 viewers"),
            (content_conversion, content(0, 0), Verdict.NOT_APPLICABLE, "no viewer"),
            (content_conversion, content(0, 100, first_day=D - 27), Verdict.FIRE, "28 days"),
            (content_conversion, content(9, 100, first_day=D - 26), Verdict.LEARNING, "27 days"),
            (content_conversion, content(0, 0, first_day=D), Verdict.LEARNING, "young first"),
            (monthly_activity, monthly(29, 100), Verdict.FIRE, "29 of 100 members"),
            (monthly_activity, monthly(30, 100), Verdict.OK, "30 of 100 members"),
            (monthly_activity, monthly(15, 50), Verdict.OK, "at the floor, enough"),
            (monthly_activity, monthly(14, 50), Verdict.FIRE, "at the floor, too few"),
            (monthly_activity, monthly(0, 49), Verdict.BELOW_FLOOR, "49 members"),
            (monthly_activity, monthly(0, 0), Verdict.BELOW_FLOOR, "nobody"),
            (monthly_activity, monthly(0, 50, first_day=D - 27), Verdict.FIRE, "28 whole days"),
            (monthly_activity, monthly(50, 50, first_day=D - 26), Verdict.LEARNING, "27 of 28"),
        )
    ],
)
def test_the_verdict_is_read_out_of_the_evaluation(
    measure: Any, evaluation: Any, verdict: Verdict
) -> None:
    assert measure.verdict(evaluation) is verdict


def test_newcomers_are_counted_over_28_and_7_days_and_inviters_as_of_the_last_close() -> None:
    panes = {
        D - ago: pane(INVITED_JOINED=own(ago), INVITERS_28=100 + ago, INVITERS_7=50 + ago)
        for ago in range(-1, 30)
    }
    figures = viral_coefficient.gather(add_up(panes, D), D, FIRST_DAY, VIRAL)
    assert (figures["value"], figures["inviters"]) == (sum(map(own, range(28))), 100)
    assert figures["window"] == [iso(D - 27), iso(D)]
    joined = sum(map(own, range(7)))
    assert figures["week"] == {
        "window": [iso(D - 6), iso(D)],
        "joined": joined,
        "inviters": 50,
        "rate_percent": joined * 2.0,
    }


@pytest.mark.parametrize(
    ("measure", "setting", "figures", "said"),
    [
        pytest.param(
            content_conversion,
            CONTENT,
            {"SPEAKING_VIEWERS_28": 12, "VIEWERS_28": 345},
            {"value": 12, "viewers": 345, "rate_percent": 3.47},
            id="content conversion",
        ),
        pytest.param(
            monthly_activity,
            MONTHLY,
            {"ACTIVE_MEMBERS": 77, "KNOWN_MEMBERS": 230},
            {"value": 77, "known_members": 230, "rate_percent": 33.47},
            id="monthly activity",
        ),
    ],
)
def test_figures_of_a_window_are_those_of_the_last_close(
    measure: Any, setting: Setting, figures: dict[str, int], said: dict[str, Any]
) -> None:
    panes = {D: pane(**figures), D - 1: pane(**dict.fromkeys(figures, 999)), D + 1: pane()}
    evaluation = measure.gather(add_up(panes, D), D, FIRST_DAY, setting)
    assert {name: evaluation[name] for name in said} == said
    assert evaluation["window"] == [iso(D - 27), iso(D)]


@pytest.mark.parametrize("measure", [viral_coefficient, content_conversion, monthly_activity])
def test_late_events_are_those_of_the_28_days_and_so_many_days_are_read(measure: Any) -> None:
    setting = {viral_coefficient: VIRAL, content_conversion: CONTENT}.get(measure, MONTHLY)
    panes = {D - ago: pane(late=own(ago)) for ago in range(-1, 40)}
    evaluation = measure.gather(add_up(panes, D), D, FIRST_DAY, setting)
    assert evaluation["late_events"] == sum(map(own, range(28)))
    assert measure.MEASURE.horizon(setting.parameters) == 28
    assert measure.MEASURE.needs_ledger


@pytest.mark.parametrize(
    ("measure", "evaluation", "figure"),
    [
        *((viral_coefficient, viral(4, 10), n) for n in ("value", "inviters", "threshold")),
        *((content_conversion, content(5, 100), n) for n in ("value", "viewers", "first_day")),
        *((monthly_activity, monthly(9, 100), n) for n in ("value", "known_members", "window")),
    ],
)
def test_a_verdict_without_one_of_its_figures_is_an_error(
    measure: Any, evaluation: Any, figure: str
) -> None:
    rest = {name: content for name, content in evaluation.items() if name != figure}
    with pytest.raises(KeyError):
        measure.verdict(rest)


@given(st.integers(100, 10**9), st.data())
def test_a_rate_never_reads_as_enough_where_the_verdict_says_that_it_is_not(
    whole: int, data: st.DataObject
) -> None:
    for measure, build, minimum in (
        (viral_coefficient, viral, 50.0),
        (content_conversion, content, 5.8),
        (monthly_activity, monthly, 30.0),
    ):
        near = int(whole * minimum) // 100
        evaluation = build(data.draw(st.integers(max(near - 2, 0), near + 2)), whole)
        fires = measure.verdict(evaluation) is Verdict.FIRE
        assert fires is (evaluation["rate_percent"] < minimum)
