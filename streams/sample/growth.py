"""Who plays in the sample: communities whose growth goes wrong."""

from __future__ import annotations

from random import Random
from typing import Final

from streams.sample.community import Community, counts
from streams.sample.fading import CIRCLE
from streams.sample.instants import DAYS
from streams.sample.trouble import Trouble, fires, recovers, trouble

VIRAL: Final = "viral-coefficient-low"
CONTENT: Final = "content-conversion-low"
MONTHLY: Final = "monthly-activity-low"
RULES: Final = (VIRAL, CONTENT, MONTHLY, "growth-stage", "cohort-value")
"""What the sample turns on for all of its communities."""


def _vain_invitations(random: Random) -> Trouble:
    community = Community(
        "sourdough-circle",
        "t31",
        "Europe/London",
        60,
        speech=counts(random, [40] * DAYS),
        uninvited=range(36, 70),
    )
    story = (
        "Members invite as before, but for five weeks a form stands in the way, and nobody "
        "joins by an invitation."
    )
    proofs = (fires(VIRAL, 48, 58), recovers(VIRAL, 73, 83))
    return trouble("invitations in vain", story, community, *proofs)


def _few_voices(random: Random) -> Trouble:
    community = Community(
        "recipe-exchange",
        "t32",
        "UTC",
        120,
        speech=counts(random, [44] * DAYS),
        member_views=60,
        hushed=range(25, 70),
        voices=6,
        # Its core of some twenty is about the fewest that are judged as shipped.
        rules={CIRCLE: {"floor": 5}},
    )
    proofs = (
        # The last day on which others spoke leaves the 28 days, then the first one comes in.
        fires(CONTENT, 52),
        recovers(CONTENT, 70),
        # With six voices half of everything rests on fewer members; in the end the month before is
        # no better.
        fires(CIRCLE, 55),
        recovers(CIRCLE, 75, 80),
    )
    story = (
        "Six of 120 members come to do all the talking; there is as much of it as before, and the "
        "others only read and like. Then a question a day brings them back into it."
    )
    return trouble("few voices", story, community, *proofs)


def _strangers(random: Random) -> Trouble:
    community = Community(
        "museum-friends",
        "t33",
        "America/New_York",
        70,
        speech=counts(random, [42] * DAYS),
        strangers={50: 60, 51: 120, 52: 90},
        strangers_leave=72,
    )
    story = (
        "A partner's newsletter makes 270 people join who never come again; three weeks later "
        "they are struck off."
    )
    proofs = (fires(MONTHLY, 51), recovers(MONTHLY, 72))
    return trouble("strangers on the list", story, community, *proofs)


PLANS: Final = (_vain_invitations, _few_voices, _strangers)
"""The incidents, in the order in which the communities draw their numbers."""
