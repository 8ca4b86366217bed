"""The first ninety days: which stage a day belongs to, and what its plan asks for."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.panes import recent
from rules.measures.cold_start import MEASURE, ColdStartParameters, planned
from rules.measures.measure import Setting
from tests.builders import day, pane

FIRST_DAY = day("2025-01-01")
PARAMETERS = ColdStartParameters(users=100, interviews=100, co_creation=24, votes=50, start_days=7)
HORIZON = MEASURE.horizon(PARAMETERS)


def judged(community_day: int, *, on: int | None = None, **counts: int) -> dict[str, Any]:
    """All counts fall on the community's day `on`; by default on the judged one."""
    last = FIRST_DAY + community_day - 1
    panes = {FIRST_DAY + (on or community_day) - 1: pane(**counts)}
    setting = Setting(PARAMETERS, "default", "UTC")
    return MEASURE.gather(recent(panes, last, HORIZON), last, FIRST_DAY, setting)


ROWS = [
    ("the last day of the start", judged(7), Verdict.LEARNING),
    ("a day later, all in time", judged(8, TASK_COMPLETED=5, MEMBER_JOINED=5), Verdict.OK),
    ("an interview too few", judged(8, TASK_COMPLETED=4, MEMBER_JOINED=5), Verdict.FIRE),
    ("a member too few", judged(8, TASK_COMPLETED=5, MEMBER_JOINED=4), Verdict.FIRE),
    ("day 30", judged(30, TASK_COMPLETED=100, MEMBER_JOINED=100), Verdict.OK),
    ("day 30, one short", judged(30, TASK_COMPLETED=99, MEMBER_JOINED=100), Verdict.FIRE),
    ("work of day 1", judged(30, on=1, TASK_COMPLETED=100, MEMBER_JOINED=100), Verdict.OK),
    ("day 31", judged(31), Verdict.LEARNING),
    ("day 37", judged(37), Verdict.LEARNING),
    ("day 38, on its plan", judged(38, TASK_COMPLETED=2), Verdict.OK),
    ("day 38, one short", judged(38, TASK_COMPLETED=1), Verdict.FIRE),
    ("day 38, by work of day 30", judged(38, on=30, TASK_COMPLETED=90), Verdict.FIRE),
    ("day 38, by work of day 31", judged(38, on=31, TASK_COMPLETED=2), Verdict.OK),
    ("day 60", judged(60, TASK_COMPLETED=24), Verdict.OK),
    ("day 60, one short", judged(60, TASK_COMPLETED=23), Verdict.FIRE),
    ("day 61", judged(61), Verdict.LEARNING),
    ("day 68, on its plan", judged(68, CAMPAIGN_JOINED=3), Verdict.OK),
    ("day 68, one short", judged(68, CAMPAIGN_JOINED=2), Verdict.FIRE),
    ("day 68, by tasks", judged(68, TASK_COMPLETED=90), Verdict.FIRE),
    ("day 90", judged(90, CAMPAIGN_JOINED=50), Verdict.OK),
    ("day 90, one short", judged(90, CAMPAIGN_JOINED=49), Verdict.FIRE),
    ("day 91", judged(91), Verdict.NOT_APPLICABLE),
    ("day 1000", judged(1000), Verdict.NOT_APPLICABLE),
]


@pytest.mark.parametrize(
    ("evaluation", "verdict"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_the_verdict_is_read_out_of_the_evaluation(
    evaluation: dict[str, Any], verdict: Verdict
) -> None:
    assert MEASURE.verdict(evaluation) is verdict


@pytest.mark.parametrize(
    ("community_day", "case", "window"),
    [
        (1, "interviews", (1, 1)),
        (30, "interviews", (1, 30)),
        (31, "co-creation", (31, 31)),
        (60, "co-creation", (31, 60)),
        (61, "votes", (61, 61)),
        (90, "votes", (61, 90)),
        (91, "over", (62, 91)),
    ],
)
def test_each_stage_counts_its_own_days(
    community_day: int, case: str, window: tuple[int, int]
) -> None:
    evaluation = judged(community_day)
    assert evaluation["case"] == case
    assert evaluation["community_day"] == community_day
    assert evaluation["window"] == [iso(FIRST_DAY + each - 1) for each in window]


def test_late_events_of_the_window_are_counted_with_it() -> None:
    assert judged(8, on=3, TASK_COMPLETED=9, LATE=4)["late_events"] == 4


@given(st.integers(0, 10_000), st.integers(0, 29))
def test_a_plan_begins_with_nothing_never_shrinks_and_ends_with_all(
    target: int, start_days: int
) -> None:
    plan = [planned(target, days, start_days) for days in range(1, 31)]
    assert plan == sorted(plan)
    assert not any(plan[:start_days])
    assert plan[-1] == target


@given(st.integers(0, 10_000), st.integers(8, 30), st.integers(0, 10_000))
def test_less_than_the_plan_is_less_than_the_part_of_the_days_that_are_over(
    target: int, days: int, done: int
) -> None:
    assert (done < planned(target, days, 7)) is (done * 23 < target * (days - 7))


FORGED = [
    ("another stage", {"case": "votes"}),
    ("another plan", {"baseline": 4}),
    ("another plan for members", {"joined_plan": 0}),
    ("another first day", {"first_day": iso(FIRST_DAY - 30)}),
]


@pytest.mark.parametrize("change", [pytest.param(row[1], id=row[0]) for row in FORGED])
def test_an_evaluation_that_contradicts_itself_has_no_verdict(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="case or plan"):
        MEASURE.verdict({**judged(8, TASK_COMPLETED=4), **change})
