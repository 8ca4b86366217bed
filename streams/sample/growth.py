"""Who plays in the sample: communities whose growth goes wrong."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from streams.sample.community import Community, counts
from streams.sample.incident import Incident, Proof
from streams.sample.instants import DAYS, local_day

VIRAL: Final = "viral-coefficient-low"
CORE: Final = "core-circle-shrinking"
CONTENT: Final = "content-conversion-low"
MONTHLY: Final = "monthly-activity-low"
RULES: Final = (VIRAL, CONTENT, MONTHLY, "growth-stage", "cohort-value")
"""What the sample turns on for all of its communities."""


def troubled(random: Random) -> Iterator[tuple[Community, Incident]]:
    """The communities, each with what is planted in it."""
    yield _vain_invitations(random)
    yield _few_voices(random)
    yield _strangers(random)


def _days(first: int, last: int) -> tuple[str, str]:
    return local_day(first), local_day(last)


def _vain_invitations(random: Random) -> tuple[Community, Incident]:
    community = Community(
        "sourdough-circle",
        "t31",
        "Europe/London",
        60,
        speech=counts(random, [40] * DAYS),
        uninvited=range(36, 70),
    )
    proofs = (
        Proof(VIRAL, "firing", _days(48, 58), "threshold"),
        Proof(VIRAL, "resolved", _days(73, 83), "recovered"),
    )
    story = (
        "Members invite as before, but for five weeks a form stands in the way, and nobody "
        "joins by an invitation."
    )
    return community, Incident("invitations in vain", story, community.id, proofs)


def _few_voices(random: Random) -> tuple[Community, Incident]:
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
        rules={CORE: {"floor": 5}},
    )
    proofs = (
        # The last day on which others spoke leaves the 28 days, then the first one comes in.
        Proof(CONTENT, "firing", _days(52, 52), "threshold"),
        Proof(CONTENT, "resolved", _days(70, 70), "recovered"),
        # With six voices half of everything rests on fewer members; in the end the month before is
        # no better.
        Proof(CORE, "firing", _days(55, 55), "threshold"),
        Proof(CORE, "resolved", _days(75, 80), "recovered"),
    )
    story = (
        "Six of 120 members come to do all the talking; there is as much of it as before, and the "
        "others only read and like. Then a question a day brings them back into it."
    )
    return community, Incident("few voices", story, community.id, proofs)


def _strangers(random: Random) -> tuple[Community, Incident]:
    community = Community(
        "museum-friends",
        "t33",
        "America/New_York",
        70,
        speech=counts(random, [42] * DAYS),
        strangers={50: 60, 51: 120, 52: 90},
        strangers_leave=72,
    )
    proofs = (
        Proof(MONTHLY, "firing", _days(51, 51), "threshold"),
        Proof(MONTHLY, "resolved", _days(72, 72), "recovered"),
    )
    story = (
        "A partner's newsletter makes 270 people join who never come again; three weeks later "
        "they are struck off."
    )
    return community, Incident("strangers on the list", story, community.id, proofs)
