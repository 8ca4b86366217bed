"""The days of real communities, counted out of a file of events as the engine's panes are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from models.days import calendar
from models.events import LAST_INTERACTION, NUMBERS, SPEECH, Event, EventType
from models.instants import parse_instant
from models.panes import NOTHING, WIDE, Figure, Pane, empty_pane
from models.rejections import Rejection
from streams.lines import read_events

UTC: Final = calendar("UTC")
STAY_FROM, STAY_UNTIL = 7, 14
"""Who is active again so many days after joining has stayed."""


@dataclass(frozen=True, eq=False)
class History:
    """One community from the day of its first event to the day of its last: a wide pane a day."""

    community: str
    first_day: int
    days: tuple[Pane, ...]

    @property
    def speech(self) -> list[int]:
        return [sum(pane[kind] for kind in SPEECH) for pane in self.days]

    @property
    def years(self) -> float:
        return len(self.days) / 365.25

    def last_days(self, day: int, count: int) -> tuple[Pane, ...]:
        """The panes of the `count` days that end on `day`; before the first nothing happened."""
        end = day - self.first_day + 1
        missing = max(0, count - end)
        return (NOTHING,) * missing + self.days[max(0, end - count) : end]


@dataclass(slots=True)
class _Log:
    """What the persons of one community did."""

    panes: dict[int, Pane] = field(default_factory=lambda: defaultdict(lambda: empty_pane(WIDE)))
    speakers: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    joined: dict[str, int] = field(default_factory=dict)
    active: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))

    def add(self, event: Event, day: int) -> None:
        kind = NUMBERS.get(event.type)
        if kind is None or event.actor_kind not in (None, "person"):
            return
        self.panes[day][kind] += 1
        if kind == EventType.SURVEY_ANSWERED and event.score is not None:
            self.panes[day][Figure.SURVEYS] += 1
            self.panes[day][Figure.SURVEY_HUNDREDTHS] += round(100 * event.score)
        if event.user_id is None:
            return
        if kind in SPEECH:
            self.speakers[day][event.user_id] += 1
        if kind <= LAST_INTERACTION:
            self.active[event.user_id].add(day)
        if kind == EventType.MEMBER_JOINED:
            self.joined.setdefault(event.user_id, day)

    def stayed(self, member: str) -> bool:
        joined = self.joined[member]
        return any(joined + STAY_FROM <= day <= joined + STAY_UNTIL for day in self.active[member])

    def history(self, community: str) -> History:
        for day, speakers in self.speakers.items():
            self.panes[day][Figure.SPEAKERS] = len(speakers)
            outside = outside_top_fifth(speakers.values())
            self.panes[day][Figure.SPEECH_OUTSIDE_TOP_FIFTH] = outside
        for member, day in self.joined.items():
            self.panes[day][Figure.JOINED_MEMBERS] += 1
            self.panes[day][Figure.JOINED_STAYED] += self.stayed(member)
        first, last = min(self.panes), max(self.panes)
        days = tuple(self.panes.get(day, NOTHING) for day in range(first, last + 1))
        return History(community, first, days)


def outside_top_fifth(speech: Iterable[int]) -> int:
    """The speech of all members but the most active fifth, rounded up."""
    amounts = sorted(speech, reverse=True)
    return sum(amounts[-(-len(amounts) // 5) :])


def read_histories(path: str) -> list[History]:
    """The histories of all communities in a file of events, by name."""
    logs: dict[str, _Log] = defaultdict(_Log)
    for _, event in read_events(path):
        if isinstance(event, Rejection):
            continue
        time = parse_instant(event.time)
        assert time is not None, "decode has checked it"
        logs[event.community_id].add(event, UTC.day_of(time))
    return [log.history(name) for name, log in sorted(logs.items()) if log.panes]
