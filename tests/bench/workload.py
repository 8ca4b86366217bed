"""The generated job: the same events, byte for byte, in every run and for every peer."""

from bisect import bisect
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Final

import orjson

from streams.progress import bar

EVENTS: Final = 1_000_000
COMMUNITIES: Final = 1_000
MEMBERS: Final = 50_000
DAYS: Final = 28
VARIANTS: Final = ("zipf", "uniform")

SPEECH: Final = frozenset({"post.created", "reply.created"})
_DAY_MS: Final = 86_400_000
_START: Final = datetime(2026, 1, 5, tzinfo=UTC)
_START_MS: Final = int(_START.timestamp()) * 1_000
_SEED: Final = 7
# What a busy platform sends: out of 100 events.
_MIX: Final = {
    "like.added": 30,
    "reply.created": 25,
    "post.created": 20,
    "content.viewed": 17,
    "share.created": 5,
    "share.converted": 2,
    "member.joined": 1,
}

Counts = Mapping[tuple[str, int], int]
"""How much was said: by community and day, the latter as the first millisecond of its UTC day."""


@dataclass(frozen=True, slots=True)
class Workload:
    """A file of events, and how much speech a peer that read all of them must have counted."""

    variant: str
    path: Path
    events: int
    size: int
    speech: Counts


def write_workload(
    folder: Path, variant: str, events: int = EVENTS, communities: int = COMMUNITIES
) -> Workload:
    """Write the first `events` events of a variant with so many communities, one per line."""
    path = folder / f"{variant}-{events}.ndjson"
    speech: Counter[tuple[str, int]] = Counter()
    size = 0
    with path.open("wb") as file, bar(f"writing {path.name}", events) as move:
        for number, event in enumerate(interactions(variant, events, communities), 1):
            instant = _START_MS + instant_of(number - 1)
            if event["type"] in SPEECH:
                speech[event["community_id"], instant - instant % _DAY_MS] += 1
            size += file.write(orjson.dumps(event) + b"\n")
            if number % 5_000 == 0:
                move(number)
    return Workload(variant, path, events, size - events, speech)


def interactions(
    variant: str, events: int = EVENTS, communities: int = COMMUNITIES
) -> Iterator[dict[str, str]]:
    """Yield the first `events` events of a variant, in the order of their times."""
    random = Random(_SEED)
    weights = weights_of(variant, communities)
    bounds = list(accumulate(weights))
    members = share_out(MEMBERS, weights)
    firsts = [0, *accumulate(members)]
    kinds, chances = tuple(_MIX), tuple(accumulate(_MIX.values()))
    for number in range(events):
        community = bisect(bounds, random.random() * bounds[-1], hi=communities - 1)
        kind = kinds[bisect(chances, random.random() * 100)]

        def member(community: int = community) -> str:
            return f"u{firsts[community] + int(random.random() * members[community]):05}"

        instant = datetime.fromtimestamp((_START_MS + instant_of(number)) / 1_000, UTC)
        event = {
            "id": f"{random.getrandbits(128):032x}",
            "type": kind,
            "time": instant.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "community_id": f"c{community:04}",
            "user_id": member(),
        }
        if kind in ("reply.created", "like.added"):
            event["target_user_id"] = member()
        elif kind in ("share.created", "share.converted"):
            event["share_id"] = f"s{random.getrandbits(48):012x}"
        yield event


def instant_of(number: int) -> int:
    """Return when event `number` (from 0) happens: milliseconds since the start."""
    return number * DAYS * _DAY_MS // EVENTS


def weights_of(variant: str, communities: int = COMMUNITIES) -> list[float]:
    """Return how busy each community is: by Zipf's law (1/rank), or all the same."""
    if variant == "zipf":
        return [1 / rank for rank in range(1, communities + 1)]
    return [1.0] * communities


def share_out(total: int, weights: Sequence[float]) -> list[int]:
    """Part `total` in proportion to `weights`; everyone gets at least one."""
    shares = [max(1, int(total * weight / sum(weights))) for weight in weights]
    busiest = sorted(range(len(weights)), key=lambda place: -weights[place])
    # What rounding left over, or took too much of, is the busiest ones'.
    rest, step = abs(total - sum(shares)), 1 if total > sum(shares) else -1
    for turn in range(rest):
        shares[busiest[turn % min(100, len(busiest))]] += step
    return shares
