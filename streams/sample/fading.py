"""Who plays in the sample: communities that fade before fewer messages show it."""

from __future__ import annotations

from random import Random
from typing import Final

from streams.sample.community import Community, Errand, counts
from streams.sample.instants import DAYS
from streams.sample.trouble import Trouble, by_day, digest_of, fires, of_each, recovers, trouble

HEALTH: Final = "health-index-falling"
SILENT: Final = "member-silent"
CIRCLE: Final = "core-circle-shrinking"
RULES: Final = (HEALTH, CIRCLE)
"""What the sample turns on for all of its communities."""


def _unanswered(random: Random) -> Trouble:
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
    story = (
        "Nobody answers any more, and surveys are bitter; of the messages a few less come each "
        "week, never a fifth less than in the week before."
    )
    return trouble("falling health", story, community, fires(HEALTH, 75, 84))


def _carried_by_fewer(random: Random) -> Trouble:
    community = Community(
        "repair-cafe",
        "t32",
        "Europe/London",
        160,
        speech=counts(random, [60] * DAYS),
        # The busiest fifth are the first 32: half of these stay away for less than a month.
        away={member: range(38, 64) for member in range(16, 32)},
    )
    story = (
        "Sixteen of the 32 who carry the place stay away for 26 days; the others do their part, so "
        "that as much is said as before."
    )
    proofs = (fires(CIRCLE, 55, 58), recovers(CIRCLE, 75, 84))
    return trouble("shrinking core circle", story, community, *proofs)


def _four_causes(random: Random) -> Trouble:
    """Sixteen guests, four for each cause; no one of them is ever answered by chance."""
    last_day, members = 30, 60
    causes = ("no_demand", "barrier", "value_not_felt", "unknown")
    guests = {
        cause: range(members + 4 * place, members + 4 * place + 4)
        for place, cause in enumerate(causes)
    }
    planned: list[tuple[int, Errand]] = []
    for cause, group in guests.items():
        last = "post.created" if cause == "value_not_felt" else "task.completed"
        planned += ((last_day, Errand(last, guest)) for guest in group)
        until = {"no_demand": last_day, "barrier": DAYS}.get(cause, 0)
        for day in range(12, until, 6):
            planned += ((day, Errand("content.viewed", guest)) for guest in group)
    community = Community(
        "evening-school",
        "t33",
        "Asia/Shanghai",
        members,
        speech=counts(random, [48] * DAYS),
        errands=by_day(planned),
        offset_minutes=480,
        rules={SILENT: {"diagnose": True}},
    )
    proofs = [
        of_each(
            SILENT, "firing", "threshold", community.member_ids(group), last_day + 30, case=cause
        )
        for cause, group in guests.items()
    ]
    story = (
        "After a course sixteen fall silent together: four look at nothing any more, four still "
        "read, four had asked and were not answered, and of four the events do not tell."
    )
    proofs.append(digest_of(SILENT, 16, last_day + 30))
    return trouble("four causes", story, community, *proofs)


PLANS: Final = (_unanswered, _carried_by_fewer, _four_causes)
"""The incidents, in the order in which the communities draw their numbers."""
