"""The value of cohorts: who joined in which month, and what they have spent since."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Verdict
from models.ledger import Cohort
from rules.measures import cohort_value
from rules.measures.cohort_value import CohortValueParameters
from rules.measures.measure import Setting
from tests.builders import day

D = day("2025-06-30")
FIRST_DAY = D - 400
COHORTS = Setting(CohortValueParameters(months=2), "default", "UTC")


def valued(*cohorts: tuple[str | None, int, int], first_day: int = FIRST_DAY) -> Any:
    by_month = {
        0 if month is None else 12 * int(month[:4]) + int(month[5:]) - 1: Cohort(*figures)
        for month, *figures in cohorts
    }
    return cohort_value.gather(by_month, D, first_day, COHORTS)


def test_cohorts_stand_by_month_earlier_ones_together_and_apart_who_was_never_seen() -> None:
    evaluation = valued(
        (None, 30, 999),
        ("2025-03", 3, 100),
        ("2025-04", 4, 200),
        ("2025-05", 5, 0),
        ("2025-06", 0, 0),
    )
    assert evaluation["cohorts"] == [
        {"month": "2025-05", "members": 5, "spent_hundredths": 0, "value_hundredths": 0},
        {"month": "2025-06", "members": 0, "spent_hundredths": 0, "value_hundredths": None},
    ]
    assert evaluation["earlier"] == {
        "members": 7,
        "spent_hundredths": 300,
        "value_hundredths": 42,
    }
    assert evaluation["unseen"] == {
        "members": 30,
        "spent_hundredths": 999,
        "value_hundredths": 33,
    }
    assert evaluation["joined"]["members"] == 12
    assert evaluation["value"] == 300 // 12


@pytest.mark.parametrize(
    ("evaluation", "verdict"),
    [
        pytest.param(valued(("2025-05", 2, 1)), Verdict.OK, id="spent by who joined"),
        pytest.param(valued((None, 1, 9), ("2025-05", 2, 0)), Verdict.OK, id="by others only"),
        pytest.param(valued(("2025-05", 2, 0)), Verdict.NOT_APPLICABLE, id="nothing spent"),
        pytest.param(valued((None, 5, 900)), Verdict.NOT_APPLICABLE, id="nobody joined"),
        pytest.param(valued(), Verdict.NOT_APPLICABLE, id="nobody known"),
        pytest.param(valued(("2025-05", 2, 1), first_day=D - 27), Verdict.OK, id="28 days"),
        pytest.param(valued(("2025-05", 2, 1), first_day=D - 26), Verdict.LEARNING, id="27 days"),
    ],
)
def test_cohorts_are_told_where_they_have_bought(evaluation: Any, verdict: Verdict) -> None:
    assert cohort_value.verdict(evaluation) is verdict
