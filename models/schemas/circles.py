"""Members' circles as they are published: the compacted topic of members."""

from typing import Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field

from models.schemas.alerts import PlaybookReference
from models.schemas.fields import Count, Day, Identifier, Instant, Open, examples

Level = Literal["none", "some", "high"]

CIRCLE: Final[dict[str, Any]] = {
    "community_id": "42",
    "member_id": "u7",
    "tier": "core",
    "since": "2026-11-21",
    "before": "active",
    "decided_at": "2026-11-22T01:00:00Z",
    "window": ["2026-10-25", "2026-11-21"],
    "counts": {
        "interactions": 91,
        "speech": 64,
        "views": 212,
        "received": 118,
        "invites": 3,
        "brought_in": 1,
        "purchases": 1,
        "spent_hundredths": 4900,
    },
    "tags": {"demand_intensity": "high", "willingness_to_pay": "some", "social_value": "high"},
    "playbook": {
        "id": "core-circle-care",
        "version": 1,
        "title": "Care for the core circle",
        "title_zh": "核心圈专属关怀",
        "url": "https://pulse.example.org/playbooks/core-circle-care",
    },
}
"""A member has come into the core circle."""


class MemberCounts(Open):
    """What the member did in the 28 days that end on the day of the change."""

    interactions: Count = Field(description="Interactions of the member, speech included.")
    speech: Count = Field(description="Posts and replies of the member.")
    views: Count = Field(description="What the member looked at.")
    received: Count = Field(description="Replies and likes of others to what the member wrote.")
    invites: Count = Field(description="Invitations that the member sent.")
    brought_in: Count = Field(description="Members who joined by the member's invitation.")
    purchases: Count = Field(description="Purchases of the member.")
    spent_hundredths: Count = Field(description="Their amounts, in hundredths.")


class MemberTags(Open):
    """The member in three dimensions, each compared with the settings of `member-tiers`."""

    demand_intensity: Level = Field(description="Of views and interactions.")
    willingness_to_pay: Level = Field(description="Of purchases.")
    social_value: Level = Field(description="Of what was received, and of members brought in.")


class MemberCircle(Open):
    """The circle that a member belongs to; the latest record of a member counts."""

    model_config = ConfigDict(title="Member circle", json_schema_extra=examples(CIRCLE))

    community_id: Identifier = Field(description="The community.")
    member_id: str = Field(description="The member.")
    tier: Literal["core", "active", "potential", "observer", "left"] = Field(
        description="The circle since `since`; `left` where the member has left the community."
    )
    since: Day = Field(description="The day at whose close the member came into the circle.")
    before: Literal["core", "active", "potential", "observer"] | None = Field(
        description="The circle before; null where there was none."
    )
    decided_at: Instant = Field(description="The close of that day.")
    window: Annotated[list[Day], Field(min_length=2, max_length=2)] = Field(
        description="The first and the last of the 28 days that the counts are of."
    )
    counts: MemberCounts = Field(description="What the circle and the tags were made from.")
    tags: MemberTags = Field(description="Demand, pay and social value, in a word each.")
    playbook: PlaybookReference | None = Field(
        description="The playbook of the circle; null where the member has left."
    )
