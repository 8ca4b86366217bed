"""What the oracle asks of a community's first ninety days, of who joins, and of what is read."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any, Protocol

from .counting import firsts
from .reading import INTERACTIONS, Record

DAY = timedelta(days=1)
Judged = tuple[int, int | None, str]


class Story(Protocol):
    """What was counted of one community."""

    first_day: date
    happenings: list[tuple[date, Record]]

    def count(self, types: Iterable[str], first: date, last: date) -> int:
        """Persons' events of these types from the first to the last day."""


def cold_start(story: Story, day: date, settings: Mapping[str, Any]) -> Judged:
    """The work of the stage so far, and how much of it the plan asks for by now."""
    count, first_day = story.count, story.first_day
    community_day = (day - first_day).days + 1
    if community_day > 90:
        month = day - 29 * DAY
        return count(["campaign.joined"], month, day), None, "NOT_APPLICABLE"
    if community_day <= 30:
        begins, work, target, users = 1, "task.completed", "interviews", settings["users"]
    elif community_day <= 60:
        begins, work, target, users = 31, "task.completed", "co_creation", 0
    else:
        begins, work, target, users = 61, "campaign.joined", "votes", 0
    since = first_day + (begins - 1) * DAY
    # The plan is a straight line: nothing when the start is over, all of it on the 30th day.
    asked = max(0, community_day - (begins - 1) - settings["start_days"])
    part = Fraction(asked, 30 - settings["start_days"])
    done, joined = count([work], since, day), count(["member.joined"], since, day)
    planned = math.ceil(settings[target] * part)
    if asked == 0:
        return done, planned, "LEARNING"
    in_time = done >= settings[target] * part and joined >= users * part
    return done, planned, "OK" if in_time else "FIRE"


def funnel(story: Story, day: date, settings: Mapping[str, Any]) -> Judged:
    """Who joined 64 to 37 days ago, and who of them was there again after a month."""
    earliest, latest = day - 64 * DAY, day - 37 * DAY
    joined = month = 0
    for member, (_, when) in firsts(story.happenings, "member.joined").items():
        if not earliest <= when <= latest:
            continue
        joined += 1
        month += any(
            each.user_id == member and each.type in INTERACTIONS and 30 <= (later - when).days <= 37
            for later, each in story.happenings
        )
    if earliest < story.first_day:
        answer = "LEARNING"
    elif joined < settings["floor"]:
        answer = "BELOW_FLOOR" if joined else "NOT_APPLICABLE"
    else:
        answer = "OK"
    return month, joined, answer


def content_effect(story: Story, day: date, settings: Mapping[str, Any]) -> Judged:
    """Shares of four weeks, where enough was viewed in them."""
    since = day - 27 * DAY
    shares = story.count(["share.created"], since, day)
    views = story.count(["content.viewed"], since, day)
    if since < story.first_day:
        return shares, None, "LEARNING"
    if views < settings["floor"]:
        return shares, None, "BELOW_FLOOR" if views else "NOT_APPLICABLE"
    return shares, None, "OK"
