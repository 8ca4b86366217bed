"""Campaign participation: who still takes part, against the campaign's first week (article, 3.1).

Counted are distinct members with an interaction of the campaign (`campaign_id`), over D-6..D and
over its first seven days. Of the ten campaigns with the largest first weeks the one that kept the
smallest part is judged; which those are, and why the others are none of them, stands in the
evaluation. After 35 days without participants a campaign is forgotten.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from rules.measures.measure import CampaignFigures, CommunityMeasure, Setting
from rules.parameters import Parameters

WEEK_DAYS: Final = 7
MOST_CAMPAIGNS: Final = 10
"""So many are judged, those with the most participants in their first week."""


class CampaignParticipationParameters(Parameters):
    """How much of its first week a campaign keeps.

    `keep_percent`: of the first week's participants, so many in a hundred or fewer in the latest
    week fire; `floor`: fewest participants of a first week that is compared with;
    `minimum_weeks`: whole weeks that a campaign runs before it is judged, two at least, so that
    none is its own first.
    """

    compared: ClassVar = ("keep_percent", "floor", "minimum_weeks")

    keep_percent: Annotated[int, Field(ge=1, le=99)]
    floor: Annotated[int, Field(ge=1)]
    minimum_weeks: Annotated[int, Field(ge=2, le=52)]


def gather(
    campaigns: Sequence[CampaignFigures], day: int, first_day: int, setting: Setting
) -> Evaluation:
    """Choose the campaigns that can be judged on `day`, and the one among them that fell most."""
    judged: list[CampaignFigures] = []
    left_out = {"over": 0, "unseen": 0, "young": 0, "small": 0}
    for campaign in campaigns:
        reason = _why_not(campaign, day, first_day, setting.threshold)
        if reason is None:
            judged.append(campaign)
        else:
            left_out[reason] += 1
    if len(judged) > 1:
        judged.sort(key=lambda each: (-each.first, each.campaign_id))
    figures: Evaluation = {
        "value": 0,
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - WEEK_DAYS + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "campaign_id": None,
        "campaign_week": None,
        "campaigns": [_listed(campaign) for campaign in judged[:MOST_CAMPAIGNS]],
        "campaigns_not_judged": left_out,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": 0,
    }
    if judged:
        _name(fell_most(judged[:MOST_CAMPAIGNS]), day, figures)
    return figures


def _why_not(
    campaign: CampaignFigures, day: int, first_day: int, threshold: Mapping[str, Any]
) -> str | None:
    """Say why the campaign is not judged on `day`; None where it is.

    One that ran on the first known day may have begun before it: its first week is not known.
    """
    if not campaign.latest:
        return "over"
    if campaign.first_day <= first_day:
        return "unseen"
    if day - campaign.first_day + 1 < WEEK_DAYS * threshold["minimum_weeks"]:
        return "young"
    return "small" if campaign.first < threshold["floor"] else None


def fell_most(campaigns: Sequence[CampaignFigures]) -> CampaignFigures:
    """Return the campaign that kept the smallest part; of equal ones the first."""
    lowest = campaigns[0]
    for campaign in campaigns[1:]:
        if campaign.latest * lowest.first < lowest.latest * campaign.first:
            lowest = campaign
    return lowest


def _listed(campaign: CampaignFigures) -> dict[str, Any]:
    return {**campaign._asdict(), "first_day": iso(campaign.first_day)}


def _read(listed: Mapping[str, Any]) -> CampaignFigures:
    begun = day_from_iso(listed["first_day"])
    return CampaignFigures(
        listed["campaign_id"], begun, listed["first"], listed["latest"], listed["late"]
    )


def _name(campaign: CampaignFigures, day: int, figures: Evaluation) -> None:
    """Write the figures of the campaign that is judged."""
    begun, first, latest = campaign.first_day, campaign.first, campaign.latest
    # Cut to two digits, not rounded: -59.999 must not read as the -60 that would have fired.
    hundredths = 10_000 * abs(latest - first) // first
    figures["value"] = latest
    figures["baseline"] = first
    figures["change_percent"] = (hundredths if latest >= first else -hundredths) / 100
    figures["baseline_window"] = [iso(begun), iso(begun + WEEK_DAYS - 1)]
    figures["campaign_id"] = campaign.campaign_id
    figures["late_events"] = campaign.late
    figures["campaign_week"] = (day - begun) // WEEK_DAYS + 1


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the campaign that fell most: so small a part of its first week, or less, fires.

    Where none can be judged: LEARNING while one is young, else BELOW_FLOOR where the first week of
    one is too small, else NOT_APPLICABLE: all are over, or were under way on the first known day.
    An evaluation that names another campaign than its list gives has no verdict (ValueError).
    """
    threshold, left_out = evaluation["threshold"], evaluation["campaigns_not_judged"]
    day = day_from_iso(evaluation["window"][1])
    first_day = day_from_iso(evaluation["first_day"])
    campaigns = [_read(each) for each in evaluation["campaigns"]]
    if not campaigns:
        if left_out["young"]:
            return Verdict.LEARNING
        return Verdict.BELOW_FLOOR if left_out["small"] else Verdict.NOT_APPLICABLE
    if any(_why_not(campaign, day, first_day, threshold) for campaign in campaigns):
        raise ValueError("a campaign is listed that cannot be judged")
    lowest = fell_most(campaigns)
    stated = [evaluation[key] for key in ("campaign_id", "baseline", "value", "late_events")]
    if stated != [lowest.campaign_id, lowest.first, lowest.latest, lowest.late]:
        raise ValueError("the campaign that is named is not the one that fell most")
    fallen = 100 * lowest.latest <= threshold["keep_percent"] * lowest.first
    return Verdict.FIRE if fallen else Verdict.OK


def _horizon(_: CampaignParticipationParameters) -> int:
    return WEEK_DAYS


MEASURE = CommunityMeasure(
    CampaignParticipationParameters,
    gather,
    verdict,
    _horizon,
    "campaign_participants_in_window",
    needs_ledger=True,
    sees="campaigns",
)
