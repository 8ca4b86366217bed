"""Which figures each part of the review has (article, 4.1), and which rules belong to it.

The first figure of a part that is known leads it. Names of measures are those of the snapshots,
and those that `rules.review.judgements` reads out of evaluations.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from models.events import LAST_INTERACTION, SPEECH, EventType
from rules.review.amounts import DAYS, Figure, Unit

POSTS, REPLIES = (kind.wire_name for kind in SPEECH)
SHARES: Final = EventType.SHARE_CREATED.wire_name
SHARES_CONVERTED: Final = EventType.SHARE_CONVERTED.wire_name
PURCHASES: Final = EventType.PURCHASE_COMPLETED.wire_name
CAMPAIGN_JOINS: Final = EventType.CAMPAIGN_JOINED.wire_name
TASKS: Final = EventType.TASK_COMPLETED.wire_name
VIEWS: Final = EventType.CONTENT_VIEWED.wire_name
JOINS: Final = EventType.MEMBER_JOINED.wire_name
LEAVES: Final = EventType.MEMBER_LEFT.wire_name
INVITES: Final = EventType.INVITE_SENT.wire_name
INTERACTIONS: Final = tuple(
    kind.wire_name for kind in EventType if int(kind) <= int(LAST_INTERACTION)
)

TIERS: Final = ("tier_core", "tier_active", "tier_potential", "tier_observer")
FUNNEL: Final = (
    "joined_members",
    "joined_interacted",
    "joined_stayed",
    "joined_month",
    "joined_recommends",
)
RUNGS: Final = ("first", "second", "third")
_REACHED: Final = tuple(f"reached_{rung}" for rung in RUNGS)


class PartName(StrEnum):
    """The five parts of the review, in their order."""

    MEMBERS = "members"
    CONTENT = "content"
    CAMPAIGNS = "campaigns"
    HEALTH = "health"
    OUTLOOK = "outlook"


def _count(name: str, *plus: str, at_close: bool = False) -> Figure:
    return Figure(name, Unit.COUNT, plus, at_close=at_close)


def _share(
    name: str, plus: tuple[str, ...], per: tuple[str, ...], *, at_close: bool = False
) -> Figure:
    return Figure(name, Unit.PERCENT, plus, per=per, at_close=at_close, scale=10_000)


def _cohort(name: str, counted: str, out_of: str, *grows: str) -> Figure:
    return Figure(name, Unit.PERCENT, (counted,), per=(out_of,), scale=10_000, grows=grows)


_LATER: Final = ("joined_stayed", "joined_month")

_MEMBERS: Final = (
    _share("active_share", ("active_members",), ("known_members",), at_close=True),
    _share("silent_share", ("silent_members",), ("members",), at_close=True),
    _count("joined", JOINS),
    _count("left", LEAVES),
    _share(
        "newcomers_who_stay",
        ("newcomers_who_stay.counted",),
        ("newcomers_who_stay.cases",),
        at_close=True,
    ),
    _cohort("funnel_interacted", "joined_interacted", "joined_members", *_LATER),
    _cohort("funnel_stayed", "joined_stayed", "joined_members", *_LATER),
    _cohort("funnel_month", "joined_month", "joined_members", *_LATER),
    _cohort("funnel_recommends", "joined_recommends", "joined_members", *_LATER),
    *(_count(tier, tier, at_close=True) for tier in TIERS),
    _share("concentration", ("top_fifth_28",), ("interactions_28",), at_close=True),
)
_CONTENT: Final = (
    _count("speech", POSTS, REPLIES),
    Figure("speech_per_day", Unit.AVERAGE, (POSTS, REPLIES), per=(DAYS,), scale=100),
    Figure("speakers_per_day", Unit.AVERAGE, ("speakers",), per=(DAYS,), scale=100),
    _share("reply_rate", (REPLIES,), (POSTS, REPLIES)),
    _count("views", VIEWS),
    Figure(
        "read_completion",
        Unit.PERCENT,
        ("completion_hundredths",),
        per=("completions",),
        scale=100,
    ),
    _share("share_rate", (SHARES_CONVERTED,), (SHARES,)),
    _share("content_conversion", ("speaking_viewers_28",), ("viewers_28",), at_close=True),
)
_CAMPAIGNS: Final = (
    _share("campaign_share", ("in_campaign",), INTERACTIONS),
    _count("interactions", *INTERACTIONS),
    _count("in_campaign", "in_campaign"),
    _count("campaign_joins", CAMPAIGN_JOINS),
    _count("tasks", TASKS),
    _count("purchases", PURCHASES),
    Figure("spent", Unit.MONEY, ("spent_hundredths",)),
    Figure("spent_per_purchase", Unit.MONEY, ("spent_hundredths",), per=(PURCHASES,)),
    _count("invitations", INVITES),
    _count("invited_joined", "invited_joined"),
)
_HEALTH: Final = (
    Figure("health_index", Unit.POINTS, ("health_index",), at_close=True),
    Figure(
        "net_promoter_score",
        Unit.POINTS,
        ("promoters",),
        minus=("detractors",),
        per=("surveys",),
        scale=10_000,
    ),
    Figure("satisfaction", Unit.POINTS, ("survey_hundredths",), per=("surveys",)),
    _count("silent_members", "silent_members", at_close=True),
    _count("newly_silent", "newly_silent"),
    _count("churn_told", "churn_told"),
    *(
        Figure(f"reached_{rung}", Unit.COUNT, (f"reached_{rung}",), grows=_REACHED)
        for rung in RUNGS
    ),
    *(
        _cohort(
            f"recall_{rung}",
            f"recalled_{rung}",
            f"reached_{rung}",
            *(f"recalled_{each}" for each in RUNGS),
        )
        for rung in RUNGS
    ),
)

FIGURES: Final[Mapping[PartName, tuple[Figure, ...]]] = {
    PartName.MEMBERS: _MEMBERS,
    PartName.CONTENT: _CONTENT,
    PartName.CAMPAIGNS: _CAMPAIGNS,
    PartName.HEALTH: _HEALTH,
    PartName.OUTLOOK: (),
}

_PARTS: Final[Mapping[str, PartName]] = {
    "member-silent": PartName.MEMBERS,
    "member-churn": PartName.MEMBERS,
    "member-tiers": PartName.MEMBERS,
    "core-circle-shrinking": PartName.MEMBERS,
    "monthly-activity-low": PartName.MEMBERS,
    "cold-start-behind": PartName.MEMBERS,
    "speech-density-drop": PartName.CONTENT,
    "share-conversion-low": PartName.CONTENT,
    "share-conversion-rate-low": PartName.CONTENT,
    "content-conversion-low": PartName.CONTENT,
    "campaign-participation-decay": PartName.CAMPAIGNS,
    "transactions-stalled": PartName.CAMPAIGNS,
    "viral-coefficient-low": PartName.CAMPAIGNS,
}


def part_of(rule_id: str) -> PartName:
    """Return the part that a rule belongs to; a rule of no other part is about health."""
    return _PARTS.get(rule_id, PartName.HEALTH)
