"""Participation in campaigns: which campaign is judged, and what the evaluation alone tells."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from rules.measures.campaign_participation import (
    MEASURE,
    MOST_CAMPAIGNS,
    CampaignParticipationParameters,
)
from rules.measures.measure import CampaignFigures, Setting
from tests.builders import day

D = day("2025-06-30")
KNOWN_SINCE = D - 400
SETTING = Setting(
    CampaignParticipationParameters(keep_percent=40, floor=20, minimum_weeks=2), "default", "UTC"
)


def campaign(
    first: int, latest: int, *, ago: int = 30, name: str = "spring", late: int = 0
) -> CampaignFigures:
    """A campaign that began so many days before the judged one."""
    return CampaignFigures(name, D - ago, first, latest, late)


def judged(*campaigns: CampaignFigures, first_day: int = KNOWN_SINCE) -> dict[str, Any]:
    return MEASURE.gather(sorted(campaigns), D, first_day, SETTING)


ROWS = [
    ("two fifths are left", judged(campaign(20, 8)), Verdict.FIRE),
    ("one more than two fifths", judged(campaign(20, 9)), Verdict.OK),
    ("40.2 % are left", judged(campaign(97, 39)), Verdict.OK),
    ("39.2 % are left", judged(campaign(97, 38)), Verdict.FIRE),
    ("more than at first", judged(campaign(20, 90)), Verdict.OK),
    ("at the floor", judged(campaign(20, 1)), Verdict.FIRE),
    ("below the floor", judged(campaign(19, 1)), Verdict.BELOW_FLOOR),
    ("nobody any more", judged(campaign(20, 0)), Verdict.NOT_APPLICABLE),
    ("two whole weeks", judged(campaign(20, 1, ago=13)), Verdict.FIRE),
    ("a day less", judged(campaign(20, 1, ago=12)), Verdict.LEARNING),
    ("the day after the first known", judged(campaign(20, 1), first_day=D - 31), Verdict.FIRE),
    ("the first known day", judged(campaign(20, 1), first_day=D - 30), Verdict.NOT_APPLICABLE),
    ("no campaign", judged(), Verdict.NOT_APPLICABLE),
    (
        "a young one beside a small one",
        judged(campaign(5, 5), campaign(5, 5, ago=3, name="b")),
        Verdict.LEARNING,
    ),
    (
        "a small one beside one that is over",
        judged(campaign(5, 5), campaign(50, 0, name="b")),
        Verdict.BELOW_FLOOR,
    ),
    (
        "one that can be judged beside all others",
        judged(
            campaign(20, 8),
            campaign(5, 5, name="b"),
            campaign(50, 0, name="c"),
            campaign(9, 9, ago=3, name="d"),
            campaign(90, 1, ago=400, name="e"),
        ),
        Verdict.FIRE,
    ),
]


@pytest.mark.parametrize(
    ("evaluation", "verdict"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_the_verdict_is_read_out_of_the_evaluation(
    evaluation: dict[str, Any], verdict: Verdict
) -> None:
    assert MEASURE.verdict(evaluation) is verdict


def test_every_campaign_is_listed_or_counted_with_the_reason_why_it_is_not_judged() -> None:
    evaluation = judged(
        campaign(30, 20),
        campaign(5, 5, name="small"),
        campaign(50, 0, name="over"),
        campaign(9, 9, ago=3, name="young"),
        campaign(90, 1, ago=400, name="unseen"),
        campaign(90, 1, ago=401, name="earlier"),
    )
    assert evaluation["campaigns"] == [
        {"campaign_id": "spring", "first_day": iso(D - 30), "first": 30, "latest": 20, "late": 0}
    ]
    assert evaluation["campaigns_not_judged"] == {"over": 1, "unseen": 2, "young": 1, "small": 1}


def test_the_figures_are_those_of_the_campaign_that_fell_most() -> None:
    evaluation = judged(campaign(60, 30, late=3), campaign(30, 10, ago=20, name="b", late=7))
    assert (evaluation["campaign_id"], evaluation["value"], evaluation["baseline"]) == ("b", 10, 30)
    assert evaluation["baseline_window"] == [iso(D - 20), iso(D - 14)]
    assert evaluation["window"] == [iso(D - 6), iso(D)]
    assert evaluation["campaign_week"] == 3
    assert evaluation["late_events"] == 7


def test_a_fall_is_cut_and_not_rounded_so_that_it_never_reads_as_one_that_fires() -> None:
    assert judged(campaign(30_000, 12_001))["change_percent"] == -59.99
    assert judged(campaign(30, 31))["change_percent"] == 3.33


CAMPAIGNS = st.lists(
    st.builds(
        campaign,
        st.integers(0, 60),
        st.integers(0, 60),
        ago=st.sampled_from([0, 6, 12, 13, 14, 60, 399, 400, 401]),
        name=st.text("abcdefgh", min_size=1, max_size=3),
    ),
    max_size=16,
    unique_by=lambda each: each.campaign_id,
)


@given(CAMPAIGNS)
def test_whatever_is_listed_the_verdict_follows_from_it_and_none_of_the_listed_fell_more(
    campaigns: list[CampaignFigures],
) -> None:
    evaluation = judged(*campaigns)
    listed = evaluation["campaigns"]
    assert len(listed) <= MOST_CAMPAIGNS
    verdict = MEASURE.verdict(evaluation)
    assert verdict.is_conclusive is bool(listed)
    fallen = [each for each in listed if 10 * each["latest"] <= 4 * each["first"]]
    assert (verdict is Verdict.FIRE) is bool(fallen)
    kept = [each["latest"] / each["first"] for each in listed]
    if kept:
        assert evaluation["value"] / evaluation["baseline"] == min(kept)


def listed(**changes: Any) -> dict[str, Any]:
    """What an evaluation lists of a campaign of which 8 of 20 are left."""
    spring = {"campaign_id": "spring", "first_day": iso(D - 30), "first": 20, "latest": 8}
    return {**spring, "late": 0, **changes}


FORGED = [
    ("another campaign", {"campaign_id": "autumn"}),
    ("another count", {"value": 7}),
    ("another first week", {"baseline": 21}),
    ("another count of what came late", {"late_events": 1}),
    ("a campaign that fell more", {"campaigns": [listed(), listed(campaign_id="b", latest=7)]}),
    ("a campaign too young to be judged", {"campaigns": [listed(first_day=iso(D - 12))]}),
    (
        "a campaign too small to be judged",
        {"campaigns": [listed(), listed(campaign_id="b", first=19, latest=19)]},
    ),
]


@pytest.mark.parametrize("change", [pytest.param(row[1], id=row[0]) for row in FORGED])
def test_an_evaluation_that_contradicts_itself_has_no_verdict(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="campaign"):
        MEASURE.verdict({**judged(campaign(20, 8)), **change})
