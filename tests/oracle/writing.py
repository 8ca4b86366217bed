"""Events to lines, in all the ways in which the contract lets a line be written."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

# What means something in CloudEvents only; the flat shape knows no source, and no prefix of a type.
MISLEADING: list[dict[str, Any]] = [
    {"source": "/app"},
    {"source": 5, "specversion": "1.0"},
    {"specversion": "1.0", "source": "/app", "data": {"community_id": "42"}},
]


@dataclass
class Event:
    """An event before it is written; `arrival` and `time` in microseconds since 1970."""

    fields: dict[str, Any]
    time: int
    arrival: int
    source: str | None = None


def written(dice: random.Random, event: Event) -> bytes:
    """The event as a line: flat, or as a CloudEvent where it has a source."""
    fields = {**event.fields, "time": _text(dice, event.time)}
    if event.arrival != event.time:
        fields["received_at"] = _text(dice, event.arrival)
    if dice.random() < 0.05:
        fields |= {"score": dice.choice([0, 10, 7.5, None]), "completion": 1, "x": {"y": [None]}}
    if dice.random() < 0.02:
        fields["received_at"] = fields.get("received_at")
    if event.source is not None:
        fields = _cloud_event(dice, fields, event.source)
    elif dice.random() < 0.03:
        fields |= dice.choice(MISLEADING)
        fields["type"] = dice.choice(["", "", "com.example."]) + fields["type"]
    items = list(fields.items())
    dice.shuffle(items)
    text = json.dumps(dict(items), ensure_ascii=dice.random() < 0.5)
    if dice.random() < 0.01:
        text = '{"type": "heartbeat", ' + text[1:]
        text = " " + text + "\t"
    return text.encode("utf-8")


def _cloud_event(dice: random.Random, fields: dict[str, Any], source: str) -> dict[str, Any]:
    top = {"specversion": "1.0", "id": fields.pop("id"), "source": source}
    prefix = dice.choice(["", "com.example.", "org.example.community."])
    top["type"] = prefix + fields.pop("type") + dice.choice(["", ".v1"])
    top["time"] = fields.pop("time")
    return {**top, "datacontenttype": "application/json", "data": fields}


def _text(dice: random.Random, moment: int) -> str:
    """The instant in one of the ways RFC 3339 allows."""
    value = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=moment)
    offset = dice.choice([0] * 6 + [330, 345, -210, 840, -660])
    local = value + timedelta(minutes=offset)
    day_and_time = local.strftime(f"%Y-%m-%d{dice.choice('TTTTTTt ')}%H:%M:%S")
    fraction = f".{local.microsecond:06d}"
    if local.microsecond % 1000 == 0:
        fraction = fraction[:4]
    if local.microsecond == 0 and dice.random() < 0.7:
        fraction = ""
    if fraction and dice.random() < 0.02:
        fraction = fraction.ljust(7, "0") + "999"
    sign = "-" if offset < 0 else "+"
    written = f"{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
    return day_and_time + fraction + (written if offset else dice.choice(["Z", "Z", "z", "+00:00"]))
