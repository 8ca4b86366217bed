"""The funnel of those who join: which days it is of, and which step loses most."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.panes import WIDE, Figure, Pane, empty_pane
from models.totals import add_up
from rules.measures.measure import Setting
from rules.measures.member_funnel import CASES, MEASURE, MemberFunnelParameters
from tests.builders import catalogue, day

D = day("2025-06-30")
KNOWN_SINCE = D - 400
PARAMETERS = MemberFunnelParameters(floor=20)
STEPS = {
    "joined": Figure.JOINED_MEMBERS,
    "interacted": Figure.JOINED_INTERACTED,
    "stayed": Figure.JOINED_STAYED,
    "month": Figure.JOINED_MONTH,
    "recommends": Figure.JOINED_RECOMMENDS,
}


def pane(**counts: int) -> Pane:
    """One day: `pane(JOINED_MEMBERS=3)`."""
    counters = empty_pane(WIDE)
    for name, count in counts.items():
        counters[Figure[name]] = count
    return counters


def judged(panes: dict[int, Pane], *, first_day: int = KNOWN_SINCE) -> dict[str, Any]:
    seen = add_up(panes, D, MEASURE.horizon(PARAMETERS))
    return MEASURE.gather(seen, D, first_day, Setting(PARAMETERS, "default", "UTC"))


def funnel(*counts: int, ago: int = 50, first_day: int = KNOWN_SINCE) -> dict[str, Any]:
    """So many who joined so many days ago, and so many at each step."""
    counters = empty_pane(WIDE)
    for figure, count in zip(STEPS.values(), counts, strict=False):
        counters[figure] = count
    return judged({D - ago: counters}, first_day=first_day)


ROWS = [
    ("enough who joined", funnel(20, 9, 5, 3, 1), Verdict.OK),
    ("one too few", funnel(19, 9, 5, 3, 1), Verdict.BELOW_FLOOR),
    ("nobody", funnel(0), Verdict.NOT_APPLICABLE),
    ("37 days ago", funnel(20, ago=37), Verdict.OK),
    ("36 days ago", funnel(20, ago=36), Verdict.NOT_APPLICABLE),
    ("64 days ago", funnel(20, ago=64), Verdict.OK),
    ("65 days ago", funnel(20, ago=65), Verdict.NOT_APPLICABLE),
    ("a whole cohort is known", funnel(20, first_day=D - 64), Verdict.OK),
    ("all but its first day", funnel(20, first_day=D - 63), Verdict.LEARNING),
    ("unknown before small", funnel(3, first_day=D - 63), Verdict.LEARNING),
]


@pytest.mark.parametrize(
    ("evaluation", "verdict"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_the_verdict_is_read_out_of_the_evaluation(
    evaluation: dict[str, Any], verdict: Verdict
) -> None:
    assert MEASURE.verdict(evaluation) is verdict


LOSSES = [
    ("half do nothing", funnel(40, 20, 15, 12, 0), "first-interaction"),
    ("half do not come back", funnel(40, 35, 15, 12, 0), "first-week"),
    ("half are gone after a month", funnel(40, 35, 30, 10, 0), "first-month"),
    ("none recommends", funnel(40, 39, 38, 37, 0), "first-interaction"),
    ("as many at two steps", funnel(40, 30, 20, 15, 0), "first-interaction"),
    ("some come back after a month only", funnel(40, 30, 5, 25, 0), "first-week"),
    ("nobody is lost", funnel(40, 40, 40, 40, 40), None),
    ("too few to say", funnel(19, 2, 1, 1, 0), None),
    ("not known", funnel(40, 20, 15, 12, 0, first_day=D), None),
]


@pytest.mark.parametrize(
    ("evaluation", "case"), [pytest.param(*row[1:], id=row[0]) for row in LOSSES]
)
def test_the_case_is_the_step_that_loses_most(evaluation: dict[str, Any], case: str | None) -> None:
    assert evaluation["case"] == case
    MEASURE.verdict(evaluation)


def test_each_case_has_a_playbook_of_its_own() -> None:
    cases = catalogue()["member-funnel"].definition.playbook_cases
    assert set(cases) == set(CASES)
    assert len(set(cases.values())) == len(CASES)


@pytest.mark.parametrize("case", ["first-week", None, "recommends"])
def test_an_evaluation_whose_case_does_not_follow_has_no_verdict(case: str | None) -> None:
    with pytest.raises(ValueError, match="case"):
        MEASURE.verdict({**funnel(40, 20, 15, 12, 0), "case": case})


def test_steps_and_rates_are_of_the_28_days_from_64_to_37_days_ago() -> None:
    panes = {
        D - ago: pane(
            **{figure.name: (place + 1) << ago for place, figure in enumerate(STEPS.values())}
        )
        for ago in range(34, 68)
    }
    evaluation = judged(panes)
    cohort = sum(1 << ago for ago in range(37, 65))
    assert evaluation["funnel"] == {step: (place + 1) * cohort for place, step in enumerate(STEPS)}
    assert evaluation["rates_percent"] == {
        "interacted": 200.0,
        "stayed": 300.0,
        "month": 400.0,
        "recommends": 500.0,
    }
    assert evaluation["window"] == [iso(D - 64), iso(D - 37)]


def test_a_rate_is_cut_and_not_rounded_and_of_nobody_there_is_none() -> None:
    rates = funnel(30, 20, 10, 1, 0)["rates_percent"]
    assert rates == {"interacted": 66.66, "stayed": 33.33, "month": 3.33, "recommends": 0.0}
    assert set(funnel(0)["rates_percent"].values()) == {None}


def test_the_net_promoter_score_is_of_28_days_and_comes_with_its_sample_size() -> None:
    panes = {
        D - ago: pane(SURVEYS=2, SURVEY_HUNDREDTHS=1400, PROMOTERS=1, DETRACTORS=0)
        for ago in range(1, 40)
    }
    panes[D] = pane(SURVEYS=3, SURVEY_HUNDREDTHS=900, DETRACTORS=3)
    assert judged(panes)["surveys"] == {
        "window": [iso(D - 27), iso(D)],
        "answered": 57,
        "promoters": 27,
        "detractors": 3,
        "net_promoter_score": 42.1,
    }


def test_without_answers_there_is_no_net_promoter_score() -> None:
    surveys = judged({})["surveys"]
    assert (surveys["answered"], surveys["net_promoter_score"]) == (0, None)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_net_promoter_score_lies_between_minus_and_plus_a_hundred(
    promoters: int, passives: int, detractors: int
) -> None:
    answered = promoters + passives + detractors
    surveys = judged({D: pane(SURVEYS=answered, PROMOTERS=promoters, DETRACTORS=detractors)})
    score = surveys["surveys"]["net_promoter_score"]
    if not answered:
        assert score is None
    else:
        assert -100 <= score <= 100
        assert abs(score - 100 * (promoters - detractors) / answered) < 0.01
