"""Who plays in the sample: communities whose campaigns and beginnings go wrong."""

from __future__ import annotations

from random import Random
from typing import Final

from streams.sample.community import Community, Errand, counts
from streams.sample.instants import DAYS
from streams.sample.trouble import Trouble, by_day, fires, recovers, trouble

DECAY: Final = "campaign-participation-decay"
COLD_START: Final = "cold-start-behind"
RULES: Final = (DECAY, "member-funnel", "content-effect")
"""What the sample turns on for all of its communities."""

_BEGINS: Final = 10
_BY_WEEK: Final = (42, 38, 34, 30, 26, 22, 18, 14, 12, 30, 30, 30)
"""So many members take part in each week of the challenge."""


def _worn_out(random: Random) -> Trouble:
    # Everybody takes part on one day of the week, always the same.
    errands = by_day(
        (day, Errand("task.completed", member, campaign="a-page-a-day"))
        for week, members in enumerate(_BY_WEEK)
        for member in range(members)
        if (day := _BEGINS + 7 * week + member % 7) < DAYS
    )
    community = Community(
        "slow-readers",
        "t21",
        "Europe/London",
        60,
        speech=counts(random, [44] * DAYS),
        errands=errands,
    )
    story = (
        "A reading challenge loses some of its 42 readers every week, down to 12, while the rest "
        "of the community goes on; then its hosts change the task."
    )
    proofs = (fires(DECAY, 65, 69), recovers(DECAY, 73, 77))
    return trouble("worn-out campaign", story, community, *proofs)


def _no_vote(random: Random) -> Trouble:
    members, vote = 100, 80
    # A hundred join in ten days; on their next day each third one is interviewed.
    errands = {
        day: tuple(
            Errand(kind, member)
            for kind, back, step in (("member.joined", 0, 1), ("task.completed", 1, 3))
            for member in range(10 * (day - back), 10 * (day - back) + 10, step)
            if 0 <= member < members
        )
        for day in range(11)
    }
    errands[vote] = tuple(Errand("campaign.joined", member) for member in range(40))
    community = Community(
        "founders-table",
        "t22",
        "Asia/Shanghai",
        members,
        speech=counts(random, [48] * DAYS),
        errands=errands,
        offset_minutes=480,
        # The other communities of the sample are old; this one has just begun.
        rules={COLD_START: {"enabled": True}},
    )
    story = (
        "A new community finds its hundred members, interviews them and lets them build; but "
        "nobody calls them to vote until day 81."
    )
    proofs = (fires(COLD_START, 71, 74), recovers(COLD_START, vote))
    return trouble("cold start without a vote", story, community, *proofs)


PLANS: Final = (_worn_out, _no_vote)
"""The incidents, in the order in which the communities draw their numbers."""
