"""Who plays in the sample: communities whose campaigns and beginnings go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from streams.sample.community import Community, Errand, counts
from streams.sample.incident import Incident, Proof
from streams.sample.instants import DAYS, local_day

DECAY: Final = "campaign-participation-decay"
RULES: Final = (DECAY,)
"""What the sample turns on for all of its communities."""

_BEGINS: Final = 10
_BY_WEEK: Final = (42, 38, 34, 30, 26, 22, 18, 14, 12, 30, 30, 30)
"""So many members take part in each week of the challenge."""


def troubled(random: Random) -> Iterator[tuple[Community, Incident]]:
    """The communities, each with what is planted in it."""
    yield _worn_out(random)


def _worn_out(random: Random) -> tuple[Community, Incident]:
    errands: dict[int, tuple[Errand, ...]] = {}
    for week, members in enumerate(_BY_WEEK):
        for member in range(members):
            # Everybody takes part on one day of the week, always the same.
            day = _BEGINS + 7 * week + member % 7
            if day < DAYS:
                errand = Errand("task.completed", member, campaign="a-page-a-day")
                errands[day] = (*errands.get(day, ()), errand)
    community = Community(
        "slow-readers",
        "t21",
        "Europe/London",
        60,
        speech=counts(random, [44] * DAYS),
        errands=errands,
    )
    proofs = (
        Proof(DECAY, "firing", (local_day(65), local_day(69)), "threshold"),
        Proof(DECAY, "resolved", (local_day(73), local_day(77)), "recovered"),
    )
    story = (
        "A reading challenge loses some of its 42 readers every week, down to 12, while the rest "
        "of the community goes on; then its hosts change the task."
    )
    return community, Incident("worn-out campaign", story, community.id, proofs)
