"""Ninety simulated days of thirty communities, with incidents planted in eighteen of them.

`sample(seed)` writes them as interaction events in the order of their arrival, and says what an
early warning must find in them. `check` judges the alert records that came out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import itemgetter
from random import Random
from typing import Any

from models.rejections import RejectionReason
from streams.sample import calm, campaigns, cast, fading, growth
from streams.sample.amounts import line_count
from streams.sample.check import Finding, check
from streams.sample.community import Community
from streams.sample.diary import Diary, Line
from streams.sample.incident import Incident, Proof
from streams.sample.instants import DAYS, END, MINUTE, midnight
from streams.sample.unreadable import unreadable

__all__ = ["Finding", "Incident", "Proof", "Sample", "check", "sample"]

_STRAY_DAYS = range(5, 85)
_STRAY = (
    RejectionReason.BAD_UTF8,
    RejectionReason.BAD_JSON,
    RejectionReason.NOT_AN_OBJECT,
    RejectionReason.BAD_VALUE,
    RejectionReason.BAD_ENVELOPE,
    RejectionReason.BAD_UTF8,
    RejectionReason.BAD_JSON,
    RejectionReason.WRONG_TYPE,
    RejectionReason.TOO_LARGE,
    RejectionReason.MISSING_FIELD,
)

_TURNED_ON = (cast.RATE, cast.STALLED, cast.TIERS, *growth.RULES, *campaigns.RULES, *fading.RULES)


@dataclass(frozen=True, slots=True)
class Sample:
    """The simulated events and what is known about them.

    `lines` can be read once: NDJSON lines without line feed, in order of arrival, flat JSON and
    some CloudEvents. `line_count` is how many they are. `rejected` counts, by reason, the lines
    that cannot be read. `quiet` are the communities that must raise no alert. `start` is the
    first local midnight of the sample. `end` is its last arrival, in every community, so that the
    records alone close all days; it is a fit `--until`. `configuration` has the shape of the
    configuration file; it turns on the rules that are off as shipped.
    """

    label: str
    lines: Iterator[bytes]
    line_count: int
    rejected: Mapping[str, int]
    incidents: tuple[Incident, ...]
    quiet: tuple[str, ...]
    start: datetime
    end: datetime
    configuration: dict[str, Any]


def sample(seed: int = 7, scale: float = 1.0) -> Sample:
    """The sample of this seed; `scale` multiplies the quiet communities, never the incidents."""
    random = Random(seed)  # noqa: S311  (a simulation, no secret)
    troubles = cast.troubles(random)
    quiet = calm.quiet(random, max(2, round(12 * scale)))
    communities = (*(trouble.community for trouble in troubles), *quiet)
    incidents = tuple(trouble.incident for trouble in troubles)
    rejected = Counter(_STRAY[day % len(_STRAY)].value for day in _STRAY_DAYS)
    for incident in incidents:
        rejected.update(incident.rejected)
    start = min(midnight(community.timezone, 0) for community in communities)
    return Sample(
        label=f"simulated communities (seed {seed}): no real person wrote any of this",
        lines=_lines(communities, seed),
        line_count=sum(map(line_count, communities)) + len(_STRAY_DAYS),
        rejected=dict(rejected),
        incidents=incidents,
        quiet=tuple(community.id for community in quiet),
        start=datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=start),
        end=END,
        configuration={
            "time": {"clock": "records"},
            "rules": {rule: {"enabled": True} for rule in _TURNED_ON},
            "communities": {
                community.id: own for community in communities if (own := _settings(community))
            },
        },
    )


def _settings(community: Community) -> dict[str, Any]:
    """What the configuration says of one community; nothing where the defaults hold."""
    own: dict[str, Any] = {}
    if community.timezone != "UTC":
        own["timezone"] = community.timezone
    if community.rules:
        own["rules"] = community.rules
    return own


def _lines(communities: Sequence[Community], seed: int) -> Iterator[bytes]:
    diaries = [
        Diary(community, seed * 1_000_003 + place) for place, community in enumerate(communities)
    ]
    waiting: list[Line] = []
    for day in range(DAYS):
        for diary in diaries:
            waiting += diary.day(day)
        waiting += _stray(communities, day)
        waiting.sort(key=itemgetter(0))
        # Nothing that is still to be written can arrive before the next day's first midnight.
        settled = min(midnight(community.timezone, day + 1) for community in communities)
        ready = [line for line in waiting if line[0] < settled]
        waiting = waiting[len(ready) :]
        yield from map(itemgetter(1), ready)
    yield from map(itemgetter(1), waiting)


def _stray(communities: Sequence[Community], day: int) -> Iterator[Line]:
    """One unreadable line a day, in the name of any community."""
    if day in _STRAY_DAYS:
        community = communities[day % len(communities)]
        moment = midnight(community.timezone, day) + 700 * MINUTE + day
        reason = _STRAY[day % len(_STRAY)]
        yield moment, unreadable(reason, day, moment, community.id, "post.created")
