"""Random histories of communities, the same for the same seed, full of the contract's edges."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from .enriching import enriched, overdue, turned_on
from .figuring import judged_by_figures
from .garbage import garbage_line
from .reading import KNOWN_TYPES, duration, microseconds
from .settings import ZONES, configured
from .writing import Event, written

T = TypeVar("T")
MOST_LINES = 2_600
SECOND, MINUTE, HOUR, DAY = (duration(text) for text in ("1s", "1m", "1h", "1d"))
ONE_DAY = timedelta(days=1)
COMMUNITY_IDS = [
    "42", "c0", "C0", "c1·社区", "a b", "x|2025-03-01", "é", "e\u0301", "☃", "\u0000",
    "\u001f", '"\\/', "c" * 256, "社" * 256, " ", "None", "9", "10", "communities/1",
]  # fmt: skip
NAMES_OUT_OF_ORDER_IN_UTF_16 = ["🙂", "\uffee"]
FIRST_DAYS = [
    date(2011, 11, 25), date(2012, 2, 20), date(2024, 2, 1), date(2024, 9, 15),
    date(2025, 2, 20), date(2025, 4, 3), date(2025, 9, 10), date(2026, 2, 10),
]  # fmt: skip
TYPES = {
    "post.created": 30, "reply.created": 30, "like.added": 6, "share.created": 10,
    "share.converted": 12, "content.viewed": 4, "survey.answered": 2, "like.removed": 1,
    "invite.sent": 1, "campaign.joined": 1, "task.completed": 1, "purchase.completed": 2,
    "member.joined": 1, "member.left": 2, "heartbeat": 1, "custom.thing": 2, "Post.created": 1,
}  # fmt: skip
DELAYS: list[Callable[[random.Random], int]] = [
    lambda dice: dice.randrange(60 * SECOND),
    lambda dice: dice.randrange(26 * HOUR),
    lambda dice: dice.randrange(8 * DAY),
    lambda dice: dice.randrange(60 * DAY),
    lambda dice: dice.randrange(33, 38) * DAY,
    lambda dice: -dice.randrange(10 * MINUTE),
    lambda dice: -dice.randrange(3 * DAY),
    lambda dice: -5 * MINUTE + dice.choice([-1000, -1, 0, 1, 1000]),
]  # fmt: skip
RATES = {0: 6, 1: 2, 2: 2, 3: 2, 4: 4, 5: 4, 8: 2, 10: 2}


@dataclass(frozen=True)
class Scenario:
    """Lines in arrival order, the mapping of contract section 7, and how far to move on."""

    lines: list[bytes]
    configuration: dict[str, Any]
    until: str | None


def scenario(seed: int, *, with_ledger: bool = False) -> Scenario:
    """The history of this seed.

    Or the one that is made of it by turning rules on that need a ledger, and by filling in what
    they read; whoever depends on certain seeds does not, and need not, see that.
    """
    dice = random.Random(seed)
    first_day, days = dice.choice(FIRST_DAYS), dice.randint(45, 120)
    names = dice.sample(COMMUNITY_IDS, dice.randint(1, 6))
    if dice.random() < 0.15:
        names = [*NAMES_OUT_OF_ORDER_IN_UTF_16, *names[2:]]
    few_zones = dice.sample(ZONES, dice.choice([1, 2, 6]))
    zones = {name: dice.choice(few_zones) for name in names}
    configuration = configured(dice, zones)
    lateness = duration(configuration["time"].get("lateness", "1h"))
    horizon = duration(configuration["time"].get("dedupe", "15m"))
    share = MOST_LINES // len(names)
    events: list[Event] = []
    for name in names:
        zone = ZoneInfo(zones[name])
        events += _community(dice, name, zone, first_day, days, share)
        if dice.random() < 0.1:
            events += _crowd(dice, name, _midnight(first_day + 20 * ONE_DAY, zone))
        events += _opening(dice, name, zone, first_day, lateness)
        events += _beats(dice, name, zone, first_day, days, lateness)
    for number, event in enumerate(events):
        event.fields["id"] = f"e{number}"
    if with_ledger:
        turned_on(random.Random(f"rules of {seed}"), configuration)
        judged_by_figures(random.Random(f"figures of {seed}"), configuration)
        enriched(random.Random(f"events of {seed}"), events)
        overdue(random.Random(f"overdue of {seed}"), events)
    events += _repeats(dice, events, names, horizon)
    events.sort(key=lambda event: event.arrival)
    _shuffle(dice, events)
    lines = [written(dice, event) for event in events]
    for _ in range(dice.randrange(25)):
        lines.insert(dice.randrange(len(lines) + 1), garbage_line(dice))
    return Scenario(lines, configuration, _until(dice, events, zones, lateness))


def shrink(lines: list[bytes], fails: Callable[[list[bytes]], bool]) -> list[bytes]:
    """A smallest list (no single line can be left out) on which `fails` still holds."""
    if not fails(lines):
        raise ValueError("there is nothing to shrink: the whole list does not fail")
    size = len(lines) // 2
    while lines and size >= 1:
        start, removed = 0, False
        while start < len(lines):
            rest = lines[:start] + lines[start + size :]
            if fails(rest):
                lines, removed = rest, True
            else:
                start += size
        if size > 1 or not removed:
            size //= 2
    return lines


def _community(
    dice: random.Random, name: str, zone: ZoneInfo, first_day: date, days: int, most: int
) -> list[Event]:
    """One community's life: stretches of busy and quiet days, or weeks of exact numbers."""
    users = _users(dice, days)
    start = dice.choice([0, 0, dice.randrange(20)])
    exact = dice.random() < 0.4
    rate = 0
    events: list[Event] = []
    for number in range(start, days):
        if number == start or (exact and (number - start) % 7 == 0) or dice.random() < 0.12:
            rate = dice.choice([5, 4, 5, 4, 10, 8]) if exact else _weighted(dice, RATES)
        amount = rate if exact else sum(dice.random() < 0.7 for _ in range(round(rate * 1.4)))
        midnight = _midnight(first_day + number * ONE_DAY, zone)
        there = [user for user, days_there in users.items() if number in days_there]
        for _ in range(amount):
            kind = (
                dice.choice(["post.created", "reply.created"]) if exact else _weighted(dice, TYPES)
            )
            events.append(_event(dice, name, midnight, kind, there))
            if exact and dice.random() < 0.3:
                kind = dice.choice(["share.converted", "content.viewed", "member.left"])
                events.append(_event(dice, name, midnight, kind, there))
    return events[:most]


def _weighted(dice: random.Random, weights: dict[T, int]) -> T:
    return dice.choices(list(weights), list(weights.values()))[0]


def _users(dice: random.Random, days: int) -> dict[str, set[int]]:
    """For each user the numbers of the days on which they are there."""
    users = {}
    for number in range(dice.choice([2, 5, 12, 40])):
        there: set[int] = set()
        day = dice.choice([0, 0, dice.randrange(20)])
        while day < days:
            end = day + dice.choice([1, 2, 5, 10, 30, 90])
            there.update(range(day, end))
            day = end + dice.choice([2, 5, 29, 30, 31, 40, 60])
        users[dice.choice(["u{}", "ü{}", "🙂{}", "\uffee{}", "U {}"]).format(number)] = there
    return users


def _event(dice: random.Random, name: str, midnight: int, kind: str, there: list[str]) -> Event:
    moment = midnight + dice.randrange(DAY // 1000) * 1000
    if dice.random() < 0.1:
        moment += dice.randrange(1000)
    on_edge = dice.random() < 0.06
    if on_edge:
        moment = midnight + dice.choice([-1000, -1, 0, 1000, MINUTE, 23 * HOUR, DAY - 1000, DAY])
    fields: dict[str, Any] = {"type": kind, "community_id": name}
    if there and dice.random() < 0.93:
        fields["user_id"] = dice.choice(there)
    elif dice.random() < 0.3:
        fields["user_id"] = dice.choice(["", None])
    if dice.random() < 0.15:
        fields["actor_kind"] = dice.choice(["bot", "bot", "system", "person", None])
    arrival = moment
    if on_edge and dice.random() < 0.6:
        arrival = moment - 5 * MINUTE + dice.choice([-1000, -1, 0, 0, 1, 1000, 2 * MINUTE])
    elif dice.random() < 0.12:
        arrival = moment + dice.choice(DELAYS)(dice)
    return Event(fields, moment, arrival, dice.choice([None] * 8 + ["/app", "urn:x"]))


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime.combine(day, time(0), tzinfo=zone).astimezone(UTC))


def _crowd(dice: random.Random, name: str, midnight: int) -> list[Event]:
    """So many members who come for one day that a digest cannot name them all."""
    fields = {"type": "like.added", "community_id": name}
    noon = midnight + 12 * HOUR
    return [
        Event({**fields, "user_id": f"crowd {number}"}, noon, noon)
        for number in range(dice.choice([99, 100, 101, 120]))
    ]


def _opening(
    dice: random.Random, name: str, zone: ZoneInfo, first_day: date, lateness: int
) -> list[Event]:
    """First events of every sort, at odd instants, some of them long before the others."""
    opening = []
    for _ in range(dice.choice([1, 1, 2, 3])):
        day = first_day - dice.randrange(25) * ONE_DAY
        arrival = _midnight(day, zone) + lateness + dice.choice([-1000, 0, 0, 1000, 5 * HOUR])
        moment = arrival - dice.choice([0, lateness, DAY, 5 * DAY, 30 * DAY, 50 * DAY, -2 * DAY])
        kind = dice.choice(["custom.thing", "member.left", "heartbeat", *TYPES])
        fields = {"type": kind, "community_id": name, "user_id": dice.choice(["u1", "u2", None])}
        if dice.random() < 0.3:
            fields["actor_kind"] = "bot"
        opening.append(Event(fields, moment, arrival))
    return opening


def _beats(
    dice: random.Random, name: str, zone: ZoneInfo, first_day: date, days: int, lateness: int
) -> list[Event]:
    """Arrivals at close instants and one millisecond beside them."""
    beats = []
    for _ in range(dice.randrange(12)):
        day = first_day + dice.randrange(1, days) * ONE_DAY
        close = _midnight(day, zone) + lateness
        arrival = close + dice.choice([-1000, 0, 0, 0, 1000])
        moment = arrival - dice.choice([0, lateness, lateness + 1000, 2 * HOUR])
        kind = dice.choice(["heartbeat", "content.viewed", "post.created", "custom.thing"])
        beats.append(Event({"type": kind, "community_id": name, "user_id": "u1"}, moment, arrival))
    return beats


def _repeats(
    dice: random.Random, events: list[Event], names: list[str], horizon: int
) -> list[Event]:
    """Repeats inside, at and outside the horizon, some of them in chains or of another source."""
    repeats = []
    last_to_arrive = max(events, key=lambda event: event.arrival)
    for event in [last_to_arrive, *dice.sample(events, len(events) // 25)]:
        last = event
        for _ in range(dice.choice([1, 1, 2, 4])):
            delays = [0, 1000, horizon // 2, horizon, horizon + 1, horizon + 1000, 3 * DAY]
            delay = dice.choice([*delays, -MINUTE, -horizon])
            last = Event(dict(event.fields), last.time, last.arrival + delay, event.source)
            if dice.random() < 0.1:
                last.fields["community_id"] = dice.choice(names)
            if dice.random() < 0.1:
                last.source = "/other"
            if dice.random() < 0.1 or last.fields["type"] not in KNOWN_TYPES:
                last.fields["type"] = _weighted(dice, TYPES)
            if dice.random() < 0.3:
                last.time = last.arrival
            repeats.append(last)
    return repeats


def _shuffle(dice: random.Random, events: list[Event]) -> None:
    """Moves some events away from their place in the order of arrival."""
    far = dice.choice([2, 10, 10, 50, 50, len(events) // 10])
    for _ in range(dice.choice([0, 3, len(events) // 20])):
        place = dice.randrange(len(events))
        event = events.pop(place)
        events.insert(max(0, place + dice.randint(-far, far)), event)
    for place in range(len(events) - 1):
        if dice.random() < 0.01:
            events[place], events[place + 1] = events[place + 1], events[place]


def _until(
    dice: random.Random, events: list[Event], zones: dict[str, str], lateness: int
) -> str | None:
    if dice.random() < 0.4:
        return None
    last = max(event.arrival for event in events) + dice.randrange(40 * DAY)
    if dice.random() < 0.5:
        zone = ZoneInfo(dice.choice(list(zones.values())))
        day = (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=last)).date()
        last = _midnight(day, zone) + lateness + dice.choice([-1000, 0])
    value = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=last // 1000 * 1000)
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
