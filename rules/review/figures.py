"""Which figures each part of the review has (article, 4.1), and which rules belong to it.

The first figure of a part that is known leads it. Names of measures are those of the snapshots,
and those that `rules.review.judgements` reads out of evaluations.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from models import panes
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
_GROWN: Final = {figure.name.lower(): name for name, figure, _ in panes.GROWN}
"""What a snapshot calls a figure of a cohort once it is grown: counted and cases of one day."""
FUNNEL_STEPS: Final = ("interacted", "stayed", "month", "recommends")
_JOINED: Final = _GROWN["joined_members"]
FUNNEL: Final = (_JOINED, *(_GROWN[f"joined_{step}"] for step in FUNNEL_STEPS))
"""The value funnel, from who joined to who recommends, of those who joined 37 days before."""
RUNGS: Final = ("first", "second", "third")
_ON_THE_LADDER: Final = ("churn_told",)
"""Known where the rule is on that puts members on the ladder's rungs."""


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
    *(_share(f"funnel_{step}", (_GROWN[f"joined_{step}"],), (_JOINED,)) for step in FUNNEL_STEPS),
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
    Figure(
        "value_per_newcomer", Unit.MONEY, ("value_per_joined_member_hundredths",), at_close=True
    ),
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
        Figure(f"reached_{rung}", Unit.COUNT, (f"reached_{rung}",), needs=_ON_THE_LADDER)
        for rung in RUNGS
    ),
    *(
        Figure(
            f"recall_{rung}",
            Unit.PERCENT,
            (_GROWN[f"recalled_{rung}"],),
            per=(_GROWN[f"reached_{rung}"],),
            scale=10_000,
            needs=_ON_THE_LADDER,
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

PLACES: Final[Mapping[str, PartName]] = {
    "member-silent": PartName.MEMBERS,
    "member-churn": PartName.MEMBERS,
    "member-tiers": PartName.MEMBERS,
    "member-funnel": PartName.MEMBERS,
    "core-circle-shrinking": PartName.MEMBERS,
    "monthly-activity-low": PartName.MEMBERS,
    "cold-start-behind": PartName.MEMBERS,
    "speech-density-drop": PartName.CONTENT,
    "share-conversion-low": PartName.CONTENT,
    "share-conversion-rate-low": PartName.CONTENT,
    "content-conversion-low": PartName.CONTENT,
    "content-effect": PartName.CONTENT,
    "campaign-participation-decay": PartName.CAMPAIGNS,
    "transactions-stalled": PartName.CAMPAIGNS,
    "viral-coefficient-low": PartName.CAMPAIGNS,
    "cohort-value": PartName.CAMPAIGNS,
    "growth-stage": PartName.HEALTH,
    "health-index-falling": PartName.HEALTH,
}
"""The part of each rule of the shipped catalogue."""


def part_of(rule_id: str) -> PartName:
    """Return the part that a rule belongs to; one that is not known here is told with health."""
    return PLACES.get(rule_id, PartName.HEALTH)
