"""Random stories of campaigns and beginnings: what the rules about them live on, and little else.

The histories of `tests.oracle.scenarios` hold a bit of everything, so that few of their days have a
campaign that can be judged. Here there are few members, and seasons that come, fall off and come
again.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONES = ["UTC", "America/New_York", "Asia/Shanghai", "Australia/Lord_Howe"]
CAMPAIGNS = ["spring", "Spring", "c:1", "社", *(f"c{number:02d}" for number in range(9))]
TYPES = ["campaign.joined", "task.completed", "share.created", "content.viewed", "member.joined"]
FIRST_DAY = date(2025, 2, 20)


@dataclass(frozen=True)
class Story:
    """Lines in the order of their arrival, the configuration, and how far to move on."""

    lines: list[bytes]
    configuration: dict[str, Any]
    until: str


def story(seed: int) -> Story:
    """The story of this seed: one community over some three months."""
    dice = random.Random(seed)
    zone, days = ZoneInfo(dice.choice(ZONES)), dice.randint(50, 130)
    lateness = dice.choice([0, 1, 1, 1, 30, 72])
    members = [f"m{number}" for number in range(dice.choice([3, 6, 12]))]
    seasons = dice.sample(CAMPAIGNS, dice.choice([0, 1, 2, 2, 4, 12]))
    events: list[tuple[datetime, dict[str, Any]]] = []
    levels = {"": 1.0, **dict.fromkeys(seasons, 0.0)}
    for number in range(days):
        midnight = datetime.combine(FIRST_DAY + timedelta(days=number), time(0), tzinfo=zone)
        for campaign, level in levels.items():
            if dice.random() < 0.06:
                levels[campaign] = dice.choice([0, 0, 0, 0.2, 0.5, 1, 2])
            events += _day(dice, campaign, level, members, midnight.astimezone(UTC))
    events.append((_start(zone), {"type": "post.created"}))
    lines = []
    for place, (arrival, fields) in enumerate(sorted(events, key=lambda each: each[0])):
        fields |= {"id": f"e{place}", "community_id": "42", "received_at": arrival.isoformat()}
        fields.setdefault("time", fields["received_at"])
        lines.append(json.dumps(fields).encode())
    configuration = {
        "time": {"clock": "records", "timezone": zone.key, "lateness": f"{lateness}h"},
        "rules": _rules(dice),
    }
    until = _start(zone) + timedelta(days=days + dice.choice([0, 10, 50]))
    return Story(lines, configuration, until.isoformat())


def _start(zone: ZoneInfo) -> datetime:
    return datetime.combine(FIRST_DAY, time(0), tzinfo=zone).astimezone(UTC)


def _day(
    dice: random.Random, campaign: str, level: float, members: list[str], midnight: datetime
) -> list[tuple[datetime, dict[str, Any]]]:
    """What happens on one day in one campaign: arrivals, and the events without their ids."""
    found = []
    for _ in range(round(level * len(members) * dice.random())):
        moment = midnight + timedelta(minutes=dice.randrange(23 * 60))
        delay = dice.choice([0] * 12 + [1, 3, 20, 34, 35, 36])
        fields: dict[str, Any] = {"type": dice.choice(TYPES), "time": moment.isoformat()}
        if campaign:
            fields["campaign_id"] = campaign
        if dice.random() < 0.9:
            fields["user_id"] = dice.choice(members)
        if dice.random() < 0.05:
            fields["actor_kind"] = "bot"
        found.append((moment + timedelta(days=delay), fields))
    return found


def _rules(dice: random.Random) -> dict[str, dict[str, Any]]:
    return {
        "campaign-participation-decay": {
            "enabled": True,
            "keep_percent": dice.choice([10, 34, 40, 50, 67, 99]),
            "floor": dice.choice([1, 1, 2, 3, 5]),
            "minimum_weeks": dice.choice([2, 2, 3, 5]),
            "for_days": dice.choice([0, 0, 1, 6]),
            "keep_firing_days": dice.choice([0, 0, 2]),
        },
        "member-funnel": {"enabled": True, "floor": dice.choice([1, 1, 2, 3, 5])},
        "content-effect": {"enabled": True, "floor": dice.choice([1, 3, 10, 30])},
        "cold-start-behind": {
            "enabled": True,
            "users": dice.choice([0, 5, 20, 100]),
            "interviews": dice.choice([0, 7, 20, 29, 100]),
            "co_creation": dice.choice([0, 7, 20, 29]),
            "votes": dice.choice([0, 7, 20, 29]),
            "start_days": dice.choice([0, 1, 7, 7, 29]),
            "for_days": dice.choice([0, 0, 3]),
            "keep_firing_days": dice.choice([0, 0, 2]),
        },
    }
