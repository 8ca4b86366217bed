"""One simulated community: how much happens in it on each day, who takes part, and what breaks.

Counts are fixed here, day by day, and the diary only decides who does it and at which moment. So
that no chance can make a steady community look like a falling one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from streams.sample.instants import DAYS

WEEK = (100, 100, 100, 105, 110, 90, 85)
"""Per cent of the usual speech, Monday to Sunday."""


@dataclass(frozen=True, slots=True)
class Errand:
    """Something that one member does on a day that the plan fixes, in a campaign or in none."""

    type: str
    member: int
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Backlog:
    """A mobile client that cannot send: what its members do on `days` arrives on `arrival_day`."""

    days: range
    arrival_day: int
    mobile_in_five: int

    def holds(self, member: int, day: int) -> bool:
        """Whether what this member does on this day is held back."""
        return day in self.days and member % 5 < self.mobile_in_five


@dataclass(frozen=True, slots=True)
class Community:
    """A community of `members` people (numbered from 0) over the days of the sample.

    `speech`, `conversions` and `bot_posts` are counts a day; `shares` and `likes` are the same on
    each day. A member in `away` takes no part on the days of its range; on those of `unsold`
    nobody buys, and on those of `unanswered` nobody replies (there are posts instead) and surveys
    are bitter. On the days of `repeated` the producer sends every event twice. `spoiled` are
    conversions a day that cannot be read. `offset_minutes` is how its clients write `time` (0: in
    UTC). On each day of `fast_clock` one phone writes a time three hours ahead. `rules` are
    settings of its own, as in a configuration.

    `member_views` is how much its members read a day, each in turn. On the days of `hushed` only
    the first `voices` of them speak. Every day one reader joins by a member's invitation, but not
    on the days of `uninvited`. So many strangers as `strangers` says for a day join, and do nothing
    else; on the day `strangers_leave` all of them leave.
    """

    id: str
    code: str
    timezone: str
    members: int
    speech: tuple[int, ...]
    conversions: tuple[int, ...] = (0,) * DAYS
    shares: int = 0
    likes: int = 25
    views: int = 8
    bot_posts: tuple[int, ...] = (0,) * DAYS
    spoiled: tuple[int, ...] = (0,) * DAYS
    away: dict[int, range] = field(default_factory=dict)
    errands: dict[int, tuple[Errand, ...]] = field(default_factory=dict)
    repeated: range = range(0)
    backlog: Backlog | None = None
    offset_minutes: int = 0
    fast_clock: range = range(0)
    unsold: range = range(0)
    unanswered: range = range(0)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    member_views: int = 0
    hushed: range = range(0)
    voices: int = 0
    uninvited: range = range(0)
    strangers: dict[int, int] = field(default_factory=dict)
    strangers_leave: int | None = None

    def member_id(self, member: int) -> str:
        """The `user_id` of a member."""
        return f"{self.code}-m{member:03d}"

    def member_ids(self, members: Iterable[int]) -> frozenset[str]:
        """Those of some members."""
        return frozenset(map(self.member_id, members))


def counts(random: Random, levels: list[int], jitter_percent: int = 3) -> tuple[int, ...]:
    """Speech a day from a level a day: with the rhythm of the week and a small bounded jitter."""
    width = 2 * jitter_percent + 1
    return tuple(
        (level * WEEK[day % 7] * (100 - jitter_percent + int(random.random() * width)) + 5_000)
        // 10_000
        for day, level in enumerate(levels)
    )


def between(random: Random, lowest: int, highest: int) -> tuple[int, ...]:
    """One count a day, each from `lowest` to `highest`."""
    width = highest - lowest + 1
    return tuple(lowest + int(random.random() * width) for _ in range(DAYS))
