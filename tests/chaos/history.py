"""A seeded history: communities whose members come and go, told late, twice, out of order, broken.

All three rules fire and resolve in it. The lines are written in the order of their arrival.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from models.instants import DAY, HOUR, MINUTE, SECOND, format_instant
from tests.oracle.enriching import give
from tests.oracle.garbage import garbage_line

BEGIN = int(datetime(2025, 1, 15, tzinfo=UTC).timestamp() * 1000)
"""Clocks change in several of the zones within the days that follow."""

ZONES = [
    "UTC", "Europe/London", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe",
    "Asia/Kathmandu", "America/Havana", "Pacific/Kiritimati", "America/St_Johns",
]  # fmt: skip
TYPES = {
    "post.created": 30, "reply.created": 25, "like.added": 12, "like.removed": 2,
    "share.created": 5, "share.converted": 16, "invite.sent": 1, "campaign.joined": 1,
    "task.completed": 1, "survey.answered": 1, "purchase.completed": 1, "content.viewed": 3,
    "member.joined": 1, "member.left": 1, "heartbeat": 1, "custom.thing": 1,
}  # fmt: skip
NAMES, WEIGHTS = list(TYPES), list(TYPES.values())
MEMBERS = 16
HORIZON = 15 * MINUTE
REPEAT_DELAYS = [
    0, SECOND, MINUTE, HORIZON - SECOND, HORIZON, HORIZON + 1, HOUR, 2 * DAY, -MINUTE,
]  # fmt: skip
SHARE_REPEATED = 0.05
SHARE_MOVED = 0.02
SHARE_UNREADABLE = 0.005
FARTHEST_MOVE = 400


FEW_RULES: dict[str, dict[str, Any]] = {
    "share-conversion-low": {"minimum": 3, "active_days": 14},
    "member-silent": {"silent_days": 9},
}
"""Smaller thresholds than shipped: a community here has some twenty events a day."""
SMALLER: dict[str, dict[str, Any]] = {
    **FEW_RULES,
    "campaign-participation-decay": {"floor": 2, "for_days": 0},
    "content-conversion-low": {"floor": 3},
    "core-circle-shrinking": {"floor": 2},
    "health-index-falling": {"floor": 30, "least_cases": 2},
    "member-churn": {"first_days": 3, "second_days": 8, "third_days": 15, "lost_days": 25},
    "member-funnel": {"floor": 2},
    "member-tiers": {"down_closes": 2},
    "monthly-activity-low": {"floor": 5, "minimum_percent": 95},
    "share-conversion-rate-low": {"floor": 5},
    "viral-coefficient-low": {"floor": 2},
}
ALL_RULES = Path(__file__).parents[2] / "deploy" / "all-rules.yaml"


@dataclass(frozen=True, slots=True)
class Size:
    """How much history: lines (about so many are written), days and communities."""

    events: int
    days: int = 75
    communities: int = 300


@dataclass(slots=True)
class _Community:
    name: str
    zone: str
    levels: list[float]
    """How busy each day is."""
    present: list[list[str]]
    """Who is there on each day."""
    own: dict[str, Any] = field(default_factory=dict)
    giving: random.Random | None = None
    """Decides what events say beyond who acted; None where nobody reads it."""


_Line = tuple[int, bytes]
"""Arrival in milliseconds, and the line."""


def write_history(path: Path, size: Size, seed: int, *, all_rules: bool = False) -> dict[str, Any]:
    """Write the lines of this seed to `path`; return the configuration that goes with them.

    With `all_rules` every rule is on, and the same events also say what these rules read.
    """
    dice = random.Random(seed)
    communities = [_community(dice, number, size) for number in range(size.communities)]
    if all_rules:
        for each in communities:
            each.giving = random.Random(f"{seed} {each.name}")
    lines = sorted(_events(dice, communities, size))
    _move_some(dice, lines)
    with path.open("wb") as file:
        for _, line in lines:
            if dice.random() < SHARE_UNREADABLE:
                file.write(garbage_line(dice) + b"\n")
            file.write(line + b"\n")
    return _configuration(communities, _all_rules() if all_rules else FEW_RULES)


def _all_rules() -> dict[str, dict[str, Any]]:
    """Those of deploy/all-rules.yaml."""
    rules = yaml.safe_load(ALL_RULES.read_text(encoding="utf-8"))["rules"]
    return {
        rule: {**rules.get(rule, {}), **SMALLER.get(rule, {})}
        for rule in sorted(rules.keys() | SMALLER.keys())
    }


def _configuration(
    communities: list[_Community], rules: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    return {
        "time": {"timezone": "UTC", "lateness": "1h", "dedupe": "15m", "clock": "records"},
        "rules": rules,
        "communities": {each.name: each.own for each in communities if each.own},
    }


def _community(dice: random.Random, number: int, size: Size) -> _Community:
    name = dice.choice(["guild {}", "社区-{}", "club.{}", "c{}", "Ümläute {}"]).format(number)
    zone = ZONES[number % len(ZONES)]
    own: dict[str, Any] = {} if zone == "UTC" else {"timezone": zone}
    if number % 11 == 3:
        own["rules"] = {"speech-density-drop": {"for_days": 1, "keep_firing_days": 1}}
    if number % 13 == 5:
        own["rules"] = {"share-conversion-low": {"enabled": False}}
    levels, level = [], 1.0
    for day in range(size.days):
        if day % 7 == number % 7:
            level = dice.choice([0.15, 0.6, 1.0, 1.0, 1.4, 1.9])
        levels.append(level)
    return _Community(name, zone, levels, _presence(dice, number, size.days), own)


def _presence(dice: random.Random, number: int, days: int) -> list[list[str]]:
    """Each member is there for a stretch of days, then away for another."""
    present: list[list[str]] = [[f"m{number}-host"] for _ in range(days)]
    for member in range(MEMBERS):
        day = -dice.randrange(20)
        while day < days:
            end = day + dice.randint(2, 14)
            for each in range(max(day, 0), min(end, days)):
                present[each].append(f"m{number}-{member}")
            day = end + dice.choice([1, 3, 8, 9, 10, 16, 30])
    return present


def _events(dice: random.Random, communities: list[_Community], size: Size) -> Iterator[_Line]:
    """Every event, and after some of them its repeats."""
    wanted = size.events / (1 + SHARE_REPEATED + SHARE_UNREADABLE)
    per_level = wanted / sum(sum(each.levels) for each in communities)
    number = 0
    for community in communities:
        for day, level in enumerate(community.levels):
            amount = level * per_level
            count = int(amount) + (dice.random() < amount % 1)
            for _ in range(count):
                number += 1
                yield from _told(dice, community, day, number)


def _told(dice: random.Random, community: _Community, day: int, number: int) -> Iterator[_Line]:
    moment = BEGIN + day * DAY + dice.randrange(DAY)
    # Who comes late comes before the end: else the clock would go on for forty empty days.
    arrival = min(moment + _delay(dice), BEGIN + len(community.levels) * DAY)
    fields: dict[str, Any] = {
        "id": f"e{number}",
        "type": dice.choices(NAMES, WEIGHTS)[0],
        "time": format_instant(moment),
        "community_id": community.name,
    }
    chance = dice.random()
    if chance < 0.93:
        fields["user_id"] = dice.choice(community.present[day])
    if chance > 0.97:
        fields["actor_kind"] = dice.choice(["bot", "system"])
    if community.giving is not None:
        give(community.giving, fields, community.present[day])
    source = dice.choice(["/app", "urn:mirror"]) if dice.random() < 0.1 else None
    yield arrival, _line(fields, arrival, moment, source)
    if dice.random() < SHARE_REPEATED:
        again = max(arrival + dice.choice(REPEAT_DELAYS), BEGIN)
        yield again, _line(fields, again, moment, source)


def _delay(dice: random.Random) -> int:
    """Mostly at once; else late by minutes to forty days, or told ahead of its time."""
    chance = dice.random()
    if chance < 0.88:
        return dice.choice([0, dice.randrange(90 * SECOND)])
    if chance < 0.94:
        return dice.randrange(5 * MINUTE, 20 * HOUR)
    if chance < 0.97:
        return dice.randrange(DAY, 6 * DAY)
    if chance < 0.99:
        return dice.randrange(6 * DAY, 40 * DAY)
    return -dice.choice([2 * MINUTE, 5 * MINUTE, 5 * MINUTE + 1, 3 * HOUR])


def _line(fields: dict[str, Any], arrival: int, moment: int, source: str | None) -> bytes:
    fields = dict(fields)
    if arrival != moment:
        fields["received_at"] = format_instant(arrival)
    if source is not None:
        top = {name: fields.pop(name) for name in ("id", "time")}
        kind = f"com.example.{fields.pop('type')}.v1"
        fields = {"specversion": "1.0", "source": source, "type": kind, **top, "data": fields}
    return json.dumps(fields, ensure_ascii=False).encode()


def _move_some(dice: random.Random, lines: list[_Line]) -> None:
    """Let some lines come out of the order of their arrival."""
    last = len(lines) - 1
    for _ in range(int(len(lines) * SHARE_MOVED / 2)):
        place = dice.randrange(len(lines))
        other = min(max(place + dice.randint(-FARTHEST_MOVE, FARTHEST_MOVE), 0), last)
        lines[place], lines[other] = lines[other], lines[place]
