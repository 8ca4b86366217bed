"""The health index as CATALOGUE tells it: seven shares of the usual, weighed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .counting import top_fifth
from .reading import INTERACTIONS, SPEECH, Record

DAY = timedelta(days=1)
FORTNIGHT = timedelta(days=14)
Happening = tuple[date, Record]
Part = tuple[int, int]  # how many, and of how many


def health_index(
    happenings: list[Happening], first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int | None, int | None, str]:
    """The index in hundredths of a point, rounded up, and what it means."""
    if day - 55 * DAY < first_day:
        return None, None, "LEARNING"
    usual = parts(happenings, day, 56)
    if day - 69 * DAY < first_day:
        del usual["newcomers_who_stay"]
    recent = parts(happenings, day, settings["window_days"])
    week = parts(happenings, day, 7)
    points = {}
    for name in usual:
        judged_by = [week, recent] if name == "speech_density" else [recent]
        shares = [of_usual(window[name], usual[name], name, settings) for window in judged_by]
        if None not in shares:
            points[name] = sum(shares) // len(shares)  # type: ignore[arg-type]
    weights = {name: settings[f"{name}_weight"] for name in points}
    index = None
    if sum(weights.values()):
        total = sum(points[name] * weights[name] for name in points)
        index = Fraction(total, sum(weights.values()))
    value = None if index is None else -(-index // 1)
    spoken = usual["speech_density"][0]
    if spoken == 0 or spoken < settings["floor"]:
        return value, None, "BELOW_FLOOR"
    if index is None:
        return None, None, "NOT_APPLICABLE"
    return value, None, "FIRE" if index <= 100 * settings["index_at_most"] else "OK"


def of_usual(now: Part, usual: Part, name: str, settings: Mapping[str, Any]) -> int | None:
    """How much of the usual share is left, in hundredths of a percent, cut, and 100 % at most."""
    if not usual[0] or not usual[1]:
        return None
    if name not in ("speech_density", "speaking_members") and now[1] < settings["least_cases"]:
        return None
    if not now[1]:
        return None
    left = Fraction(*now) / Fraction(*usual)
    return int(min(left, Fraction(1)) * 10_000)


def parts(happenings: list[Happening], day: date, days: int) -> dict[str, Part]:
    """The seven components in so many days that end with the day."""
    first = day - (days - 1) * DAY
    events = [each for each in happenings if first <= each[0] <= day]
    said = {first + number * DAY: Counter[str]() for number in range(days)}
    for when, record in events:
        if record.type in SPEECH and record.user_id:
            said[when][record.user_id] += 1
    spoken = count(events, SPEECH)
    scores = [
        record.score
        for _, record in events
        if record.type == "survey.answered" and record.score is not None
    ]
    joined, stayed = newcomers(happenings, first - FORTNIGHT, day - FORTNIGHT)
    others = sum(speakers.total() - top_fifth(speakers) for speakers in said.values())
    return {
        "speech_density": (spoken, days),
        "speaking_members": (sum(map(len, said.values())), days),
        "reply_rate": (count(events, {"reply.created"}), spoken),
        "newcomers_who_stay": (stayed, joined),
        "share_conversion": (count(events, {"share.converted"}), count(events, {"share.created"})),
        "concentration": (others, spoken),
        "satisfaction": (sum(round(100 * score) for score in scores), len(scores)),
    }


def count(events: Iterable[Happening], types: set[str]) -> int:
    """How many events are of these types."""
    return sum(record.type in types for _, record in events)


def newcomers(happenings: Iterable[Happening], first: date, last: date) -> Part:
    """Who joined from the first to the last day, and who of them came again 7 to 14 days later.

    The first join of a member that arrives counts.
    """
    joined: dict[str, date] = {}
    for day, record in happenings:
        if record.user_id and record.type == "member.joined":
            joined.setdefault(record.user_id, day)
    stayed = {
        record.user_id
        for day, record in happenings
        if record.user_id in joined
        and record.type in INTERACTIONS
        and is_return(day, joined[record.user_id])
    }
    cohort = {user for user, day in joined.items() if first <= day <= last}
    return len(cohort), len(cohort & stayed)


def is_return(day: date, joined: date) -> bool:
    """Whether the day is in the second week after joining."""
    return 7 <= (day - joined).days <= 14
