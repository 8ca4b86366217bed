"""Builds interaction events, in the three shapes in which they may be sent."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from models.instants import format_instant

Message = tuple[bytes, list[tuple[str, bytes]]]
"""A record's value and headers."""

SHAPES = ("flat", "structured", "binary")
SOURCE = "/app"


def milliseconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


def event(
    identity: str, kind: str, time: str, community: str, user: str | None = "u1", **more: Any
) -> dict[str, Any]:
    fields = {"id": identity, "type": kind, "time": time, "community_id": community}
    return {**fields, **({"user_id": user} if user else {}), **more}


def line(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=False).encode()


def shaped(shape: str, content: dict[str, Any]) -> Message:
    """The event as one record: flat, or one of the two CloudEvents bindings."""
    if shape == "flat":
        return line(content), []
    data = {name: value for name, value in content.items() if name not in ("id", "type", "time")}
    attributes = {
        "specversion": "1.0",
        "id": content["id"],
        "source": SOURCE,
        "type": f"com.example.{content['type']}.v1",
        "time": content["time"],
    }
    if shape == "structured":
        headers = [("content-type", b"application/cloudevents+json; charset=UTF-8")]
        return line({**attributes, "data": data}), headers
    headers = [(f"ce_{name}", value.encode()) for name, value in attributes.items()]
    return line(data), [("content-type", b"application/json"), *headers]


def busy_history(number: int, *, days: int, communities: int, seed: int = 1) -> Iterator[bytes]:
    """`number` lines in arrival order: members who come and go, one line in twelve twice."""
    dice = random.Random(seed)
    begin = datetime(2025, 1, 1, tzinfo=UTC)
    step = timedelta(days=days) / number
    names = [f"community {each}" for each in range(communities)]
    lately: list[bytes] = []
    for index in range(number):
        if lately and dice.random() < 1 / 12:
            yield dice.choice(lately)
            continue
        moment = begin + index * step
        community = dice.choice(names)
        # Each member is there for ten days of every forty-five, so all fall silent and return.
        shift = (moment - begin).days // 10 * 7 % 45
        user = f"u{dice.randrange(shift, shift + 12) % 45}"
        kind = dice.choice(["post.created", "reply.created", "like.added", "share.converted"])
        text = format_instant(int(moment.timestamp() * 1000))
        fresh = line(event(f"e{index}", kind, text, community, user))
        lately = [*lately[-3:], fresh]
        yield fresh
