"""Who plays in the sample: communities that fade before fewer messages show it."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from streams.sample.community import Community, Errand, counts
from streams.sample.incident import Incident, Proof
from streams.sample.instants import DAYS, local_day

HEALTH: Final = "health-index-falling"
SILENT: Final = "member-silent"
CIRCLE: Final = "core-circle-shrinking"
RULES: Final = (HEALTH, CIRCLE)
"""What the sample turns on for all of its communities."""


def troubled(random: Random) -> Iterator[tuple[Community, Incident]]:
    """The communities, each with what is planted in it."""
    yield _unanswered(random)
    yield _carried_by_fewer(random)
    yield _four_causes(random)


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


def _carried_by_fewer(random: Random) -> tuple[Community, Incident]:
    community = Community(
        "repair-cafe",
        "t32",
        "Europe/London",
        160,
        speech=counts(random, [60] * DAYS),
        # The busiest fifth are the first 32: half of these stay away for less than a month.
        away={member: range(38, 64) for member in range(16, 32)},
    )
    proofs = (
        Proof(CIRCLE, "firing", (local_day(55), local_day(58)), "threshold"),
        Proof(CIRCLE, "resolved", (local_day(75), local_day(84)), "recovered"),
    )
    story = (
        "Sixteen of the 32 who carry the place stay away for 26 days; the others do their part, so "
        "that as much is said as before."
    )
    return community, Incident("shrinking core circle", story, community.id, proofs)


def _four_causes(random: Random) -> tuple[Community, Incident]:
    """Sixteen guests, four for each cause; no one of them is ever answered by chance."""
    last_day, members = 30, 60
    causes = ("no_demand", "barrier", "value_not_felt", "unknown")
    guests = {
        cause: range(members + 4 * place, members + 4 * place + 4)
        for place, cause in enumerate(causes)
    }
    errands: dict[int, tuple[Errand, ...]] = {}
    for cause, group in guests.items():
        last = "post.created" if cause == "value_not_felt" else "task.completed"
        errands[last_day] = (
            *errands.get(last_day, ()),
            *(Errand(last, guest) for guest in group),
        )
        until = {"no_demand": last_day, "barrier": DAYS}.get(cause, 0)
        for day in range(12, until, 6):
            views = tuple(Errand("content.viewed", guest) for guest in group)
            errands[day] = (*errands.get(day, ()), *views)
    community = Community(
        "evening-school",
        "t33",
        "Asia/Shanghai",
        members,
        speech=counts(random, [48] * DAYS),
        errands=errands,
        offset_minutes=480,
        rules={SILENT: {"diagnose": True}},
    )
    fired = (local_day(last_day + 30), local_day(last_day + 30))
    proofs = tuple(
        Proof(
            SILENT,
            "firing",
            fired,
            "threshold",
            4,
            4,
            frozenset(map(community.member_id, group)),
            case=cause,
        )
        for cause, group in guests.items()
    )
    story = (
        "After a course sixteen fall silent together: four look at nothing any more, four still "
        "read, four had asked and were not answered, and of four the events do not tell."
    )
    digest = Proof(SILENT, "digest", fired, member_count=16)
    return community, Incident("four causes", story, community.id, (*proofs, digest))
