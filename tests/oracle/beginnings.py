"""What the oracle asks of beginnings: of a community's ninety days, and of those who join."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .counting import firsts
from .reading import INTERACTIONS, Record

Count = Callable[[Iterable[str], date, date], int]


def cold_start(
    count: Count, first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """The work of the stage so far, and how much of it the plan asks for by now."""
    community_day = (day - first_day).days + 1
    if community_day > 90:
        month = day - timedelta(days=29)
        return count(["campaign.joined"], month, day), None, "NOT_APPLICABLE"
    if community_day <= 30:
        begins, work, target, users = 1, "task.completed", "interviews", settings["users"]
    elif community_day <= 60:
        begins, work, target, users = 31, "task.completed", "co_creation", 0
    else:
        begins, work, target, users = 61, "campaign.joined", "votes", 0
    since = first_day + timedelta(days=begins - 1)
    # The plan is a straight line: nothing when the start is over, all of it on the 30th day.
    asked = max(0, community_day - (begins - 1) - settings["start_days"])
    part = Fraction(asked, 30 - settings["start_days"])
    done, joined = count([work], since, day), count(["member.joined"], since, day)
    planned = math.ceil(settings[target] * part)
    if asked == 0:
        return done, planned, "LEARNING"
    in_time = done >= settings[target] * part and joined >= users * part
    return done, planned, "OK" if in_time else "FIRE"


def funnel(
    happenings: Sequence[tuple[date, Record]],
    first_day: date,
    day: date,
    settings: Mapping[str, Any],
) -> tuple[int, int | None, str]:
    """Who joined 64 to 37 days ago, and who of them was there again after a month."""
    earliest, latest = day - timedelta(days=64), day - timedelta(days=37)
    joined = month = 0
    for member, (place, when) in firsts(happenings, "member.joined").items():
        if not earliest <= when <= latest:
            continue
        joined += 1
        month += any(
            each.user_id == member and each.type in INTERACTIONS and 30 <= (later - when).days <= 37
            for later, each in happenings[place:]
        )
    if earliest < first_day:
        answer = "LEARNING"
    elif joined < settings["floor"]:
        answer = "BELOW_FLOOR" if joined else "NOT_APPLICABLE"
    else:
        answer = "OK"
    return month, joined, answer
