"""Short histories, rich in what the engine can do: days that close every few records."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from models.decode import decode
from models.events import Event
from models.instants import DAY, HOUR, MINUTE, format_instant
from rules.configuration import parse_configuration
from rules.policy import Policies
from streams.catalogue import shipped_catalogue
from streams.lines import arrival_of
from streams.partitioning import partition_of
from tests.oracle.garbage import garbage_line
from tests.oracle.scenarios import scenario

from .cluster import SourceMessage, source_topic

BEGIN = 1_700_000_000_000
KINDS = {
    "post.created": 10, "reply.created": 6, "like.added": 3, "share.created": 2,
    "share.converted": 4, "content.viewed": 2, "member.left": 1, "heartbeat": 1, "other.thing": 1,
}  # fmt: skip


@dataclass(frozen=True)
class Story:
    """What the events topic holds, by partition and without offsets, and the configuration."""

    configuration: dict[str, Any]
    records: list[tuple[int, int, bytes | None, bytes | None]]
    """Partition, timestamp, key, value; in order within a partition."""
    partitions: int
    scattered: bool = False
    """Whether records lie in any partition, not in that of their community."""


@lru_cache(maxsize=4)
def story(seed: int) -> Story:
    """The story of the seed: mostly our own, now and then a piece of an oracle's scenario."""
    dice = random.Random(f"story {seed}")
    partitions = dice.choice([1, 1, 2, 3])
    of_the_oracle = dice.random() < 0.06
    tale = _of_the_oracle(dice, partitions) if of_the_oracle else _of_our_own(dice, partitions)
    tale = _with_ledger(tale, random.Random(f"ledger {seed}"))
    scatter = random.Random(f"scatter {seed}")
    return tale if partitions == 1 or scatter.random() < 0.5 else _scattered(tale, scatter)


def _with_ledger(tale: Story, dice: random.Random) -> Story:
    """Now and then the same story where rules about members are on, and events say more."""
    if dice.random() < 0.6:
        return tale
    rules = {
        **tale.configuration.get("rules", {}),
        "member-tiers": {"enabled": True, "down_closes": dice.choice([1, 2, 3])},
        "member-churn": {
            "enabled": dice.random() < 0.8,
            "first_days": 1,
            "second_days": 2,
            "third_days": 3,
            "lost_days": dice.choice([4, 6]),
        },
    }
    records = [
        (partition, arrival, key, _telling(value))
        for partition, arrival, key, value in tale.records
    ]
    return replace(tale, configuration={**tale.configuration, "rules": rules}, records=records)


def _telling(value: bytes | None) -> bytes | None:
    """The event with who is meant, invited, where it belongs and what it was worth."""
    if not isinstance(decode(value or b""), Event):
        return value
    fields = json.loads(value or b"")
    if "specversion" in fields:
        return value
    # By its id, so that a repeat is the same event.
    dice = random.Random(fields["id"])
    kinds = ["invite.sent", "member.joined", "survey.answered", "purchase.completed"]
    more = {
        "target_user_id": f"u{dice.randrange(12)}",
        "inviter_id": f"u{dice.randrange(12)}",
        "campaign_id": dice.choice([None, "spring", "autumn"]),
        "amount": dice.choice([0, 9.99, 120]),
        "score": dice.choice([3, 8, 10]),
        "completion": dice.random(),
    }
    if dice.random() < 0.2 and fields["type"] in KINDS:
        more["type"] = dice.choice(kinds)
    return json.dumps({**fields, **more}).encode()


def _scattered(tale: Story, dice: random.Random) -> Story:
    """The same records, some or all of them anywhere."""
    share = dice.choice([0.05, 0.3, 1])
    records = [
        (dice.randrange(tale.partitions) if dice.random() < share else home, arrival, key, value)
        for home, arrival, key, value in tale.records
    ]
    return replace(tale, records=records, scattered=True)


@lru_cache(maxsize=8)
def _parsed(text: str) -> Policies:
    catalogue = shipped_catalogue()
    return Policies(parse_configuration("story", json.loads(text), catalogue), catalogue)


def policies_of(tale: Story) -> Policies:
    return _parsed(json.dumps(tale.configuration))


def source_of(
    tale: Story, records: list[tuple[int, int, bytes | None, bytes | None]], dice: random.Random
) -> list[list[SourceMessage]]:
    """Give the records offsets: in a few stories some are missing, as in transactional topics."""
    source: list[list[SourceMessage]] = [[] for _ in range(tale.partitions)]
    gaps = dice.choice([0, 0, 0, 0.02, 0.1])
    offsets = [dice.choice([0, 0, 0, 1, 40]) for _ in source]
    for partition, timestamp, key, value in records:
        offset = offsets[partition]
        source[partition].append(
            SourceMessage(source_topic(), partition, offset, timestamp, key, value, ())
        )
        offsets[partition] = offset + 1 + (dice.randrange(1, 4) if dice.random() < gaps else 0)
    return source


def _of_our_own(dice: random.Random, partitions: int) -> Story:
    names = [f"c{number}" for number in range(dice.randint(1, 4))]
    configuration: dict[str, Any] = {
        "time": {
            "clock": "records",
            "lateness": dice.choice(["0s", "1h", "6h"]),
            "dedupe": dice.choice(["15m", "6h", "2d"]),
            "timezone": dice.choice(["UTC", "Europe/London", "Asia/Shanghai"]),
        },
        "rules": {
            "speech-density-drop": {"floor": dice.choice([0, 2]), "window_days": 2},
            "share-conversion-low": {"minimum": dice.choice([1, 2]), "active_days": 3},
            "member-silent": {
                "silent_days": dice.choice([1, 2, 3]),
                "for_days": dice.choice([0, 0, 1]),
            },
        },
    }
    users = [f"u{number}" for number in range(dice.choice([3, 6, 12]))]
    records: list[tuple[int, int, bytes | None, bytes | None]] = []
    pace = dice.choice([HOUR, 3 * HOUR, 6 * HOUR])
    now = BEGIN
    sent: list[tuple[int, dict[str, Any]]] = []
    for number in range(dice.randint(60, 220)):
        now += dice.choice([0, MINUTE, dice.randrange(pace)])
        if dice.random() < 0.02:
            now += dice.randrange(4 * DAY)
        arrival = now - (dice.randrange(3 * HOUR) if dice.random() < 0.08 else 0)
        if sent and dice.random() < 0.15:
            back = dice.choice([1, 3, 10, 40])
            partition, fields = dice.choice(sent[-back:])
        else:
            fields = _event(dice, f"e{number}", dice.choice(names), users, arrival)
            partition = partition_of(fields["community_id"], partitions)
        sent.append((partition, fields))
        key, value = fields["community_id"].encode(), json.dumps(fields).encode()
        if dice.random() < 0.04:
            value = dice.choice([garbage_line(dice), garbage_line(dice), b""])
            key = dice.choice([key, b"k"])
        records.append((partition, arrival, key, value))
    return Story(configuration, records, partitions)


def _event(
    dice: random.Random, identity: str, community: str, users: list[str], arrival: int
) -> dict[str, Any]:
    late = dice.random()
    time = arrival - dice.randrange(20 * MINUTE)
    if late < 0.12:
        time -= dice.randrange(4 * DAY)
    elif late < 0.14:
        time -= 40 * DAY
    elif late < 0.16:
        time += dice.randrange(2 * DAY)
    # Members come in waves: who is there changes with the day.
    there = users[(arrival // (2 * DAY)) % len(users) :][:3]
    kind = dice.choices(list(KINDS), list(KINDS.values()))[0]
    return {
        "id": identity,
        "type": kind,
        "time": format_instant(time),
        "community_id": community,
        "user_id": dice.choice(there),
    }


def _of_the_oracle(dice: random.Random, partitions: int) -> Story:
    whole = scenario(dice.randrange(60))
    start = dice.randrange(max(len(whole.lines) - 250, 1))
    records: list[tuple[int, int, bytes | None, bytes | None]] = []
    last = BEGIN
    for line in whole.lines[start : start + 250]:
        event = decode(line)
        partition = dice.randrange(partitions)
        key = b"?"
        if isinstance(event, Event):
            last = arrival_of(event)
            partition = partition_of(event.community_id, partitions)
            key = event.community_id.encode()
        records.append((partition, last, key, line))
    return Story(whole.configuration, records, partitions)
