"""The measures: counts of days in, verdict and figures out.

The mapping is explicit: a measure is named here or it does not exist.
"""

from typing import Final

from rules.measures import (
    campaign_participation,
    cohort_value,
    cold_start,
    content_conversion,
    content_effect,
    core_circle,
    growth_stage,
    health_index,
    member_churn,
    member_funnel,
    member_silence,
    member_tiers,
    monthly_activity,
    share_conversion,
    share_conversion_rate,
    speech_density,
    transactions,
    viral_coefficient,
)
from rules.measures.measure import CommunityMeasure, LadderMeasure, MemberMeasure

COMMUNITY_MEASURES: Final[dict[str, CommunityMeasure]] = {
    "speech-density": speech_density.MEASURE,
    "share-conversion": share_conversion.MEASURE,
    "share-conversion-rate": share_conversion_rate.MEASURE,
    "transactions": transactions.MEASURE,
    "campaign-participation": campaign_participation.MEASURE,
    "cold-start": cold_start.MEASURE,
    "member-funnel": member_funnel.MEASURE,
    "content-effect": content_effect.MEASURE,
    "member-tiers": member_tiers.MEASURE,
    "core-circle": core_circle.MEASURE,
    "viral-coefficient": viral_coefficient.MEASURE,
    "content-conversion": content_conversion.MEASURE,
    "monthly-activity": monthly_activity.MEASURE,
    "growth-stage": growth_stage.MEASURE,
    "cohort-value": cohort_value.MEASURE,
    "health-index": health_index.MEASURE,
}
MEMBER_MEASURES: Final[dict[str, MemberMeasure]] = {
    "member-silence": member_silence.MEASURE,
}
LADDER_MEASURES: Final[dict[str, LadderMeasure]] = {
    "member-churn": member_churn.MEASURE,
}
MEASURES: Final[dict[str, CommunityMeasure | MemberMeasure | LadderMeasure]] = {
    **COMMUNITY_MEASURES,
    **MEMBER_MEASURES,
    **LADDER_MEASURES,
}
