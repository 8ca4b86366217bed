"""How much happens in one simulated community: what its members do on a day, and all lines."""

from __future__ import annotations

from typing import Final

from streams.sample.community import Community
from streams.sample.instants import DAYS

_STEADY: Final = (
    ("task.completed", 3),
    ("survey.answered", 1),
    ("purchase.completed", 2),
    ("campaign.joined", 1),
    ("invite.sent", 1),
    ("like.removed", 1),
)


def kinds_of(community: Community, day: int) -> list[str]:
    """What the members do on this day: a post for two replies, and the rest."""
    speech = community.speech[day]
    posts = speech if day in community.unanswered else speech // 3
    kinds = ["post.created"] * posts + ["reply.created"] * (speech - posts)
    kinds += ["like.added"] * (community.likes - community.likes // 5)
    kinds += ["share.created"] * community.shares
    for kind, count in _STEADY:
        if kind != "purchase.completed" or day not in community.unsold:
            kinds += [kind] * count
    return kinds


def line_count(community: Community) -> int:
    """How many lines the diary of this community has in all."""
    total = len(community.fast_clock) + 1
    for day in range(DAYS):
        events = len(kinds_of(community, day)) + len(community.errands.get(day, ()))
        events += community.likes // 5 + community.conversions[day] + community.views
        events += 4 + community.bot_posts[day] + community.member_views
        events += community.strangers.get(day, 0)
        if day == community.strangers_leave:
            events += sum(community.strangers.values())
        total += events * (2 if day in community.repeated else 1) + community.spoiled[day]
    return total
