"""The silence of a member: at which day it fires, and when the member is looked at for it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from rules.measures.measure import Setting
from rules.measures.member_silence import MEASURE, MemberSilenceParameters, gather, verdict
from tests.builders import day

D = day("2025-06-30")
SETTING = Setting(MemberSilenceParameters(silent_days=30), "default", "UTC")


@pytest.mark.parametrize(
    ("evaluation", "expected"),
    [
        pytest.param(gather(D - 29, D, SETTING), Verdict.OK, id="29 days"),
        pytest.param(gather(D - 30, D, SETTING), Verdict.FIRE, id="30 days"),
        pytest.param(gather(D + 1, D, SETTING), Verdict.OK, id="ahead of the day"),
        pytest.param(
            gather(D - 90, D, SETTING) | {"left": True},
            Verdict.NOT_APPLICABLE,
            id="a member who has left",
        ),
    ],
)
def test_the_verdict_is_read_out_of_the_evaluation(evaluation: Any, expected: Verdict) -> None:
    assert verdict(evaluation) is expected


@pytest.mark.parametrize("figure", ["value", "left", "threshold"])
def test_a_verdict_without_one_of_its_figures_is_an_error(figure: str) -> None:
    evaluation = gather(D - 30, D, SETTING)
    del evaluation[figure]
    with pytest.raises(KeyError):
        verdict(evaluation)


@given(st.integers(1, 800), st.integers(1, 400))
def test_the_wheel_wakes_a_member_at_the_first_close_that_fires(
    last: int, silent_days: int
) -> None:
    parameters = MemberSilenceParameters(silent_days=silent_days)
    setting = Setting(parameters, "default", "UTC")
    due = MEASURE.due(last, parameters)

    def judged(on: int) -> Verdict:
        return verdict(gather(last, on, setting))

    assert (judged(due - 1), judged(due)) == (Verdict.OK, Verdict.FIRE)
