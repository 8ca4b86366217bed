"""Who plays in the sample: communities that fade before fewer messages show it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from streams.sample.community import Community, counts
from streams.sample.incident import Incident, Proof
from streams.sample.instants import DAYS, local_day

HEALTH: Final = "health-index-falling"
RULES: Final = (HEALTH,)
"""What the sample turns on for all of its communities."""


def troubled(random: Random) -> Iterator[tuple[Community, Incident]]:
    """The communities, each with what is planted in it."""
    yield _unanswered(random)


def _unanswered(random: Random) -> tuple[Community, Incident]:
    fading = range(50, 85)
    levels = [
        54 if day < fading.start else 54 - 22 * (min(day, fading.stop) - fading.start) // 35
        for day in range(DAYS)
    ]
    community = Community(
        "tenants-advice",
        "t31",
        "America/New_York",
        60,
        speech=counts(random, levels),
        unanswered=range(fading.start, DAYS),
    )
    proofs = (Proof(HEALTH, "firing", (local_day(75), local_day(84)), "threshold"),)
    story = (
        "Nobody answers any more, and surveys are bitter; of the messages a few less come each "
        "week, never a fifth less than in the week before."
    )
    return community, Incident("falling health", story, community.id, proofs)
