"""The days of real communities, counted out of a file of events as the engine's panes are."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from models.days import calendar
from models.events import LAST_INTERACTION, NUMBERS, SPEECH, Event, EventType
from models.instants import parse_instant
from models.panes import NOTHING, Pane, empty_pane
from models.rejections import Rejection
from rules.measures.health_components import DayFigures
from streams.lines import read_events

UTC: Final = calendar("UTC")
STAY_FROM, STAY_UNTIL = 7, 14
"""Who is active again so many days after joining has stayed."""


class History(NamedTuple):
    """One community from the day of its first event to the day of its last, one entry a day."""

    community: str
    first_day: int
    days: tuple[DayFigures, ...]

    @property
    def speech(self) -> list[int]:
        return [figures.speech for figures in self.days]

    @property
    def years(self) -> float:
        return len(self.days) / 365.25

    def last_days(self, day: int, count: int) -> tuple[DayFigures, ...]:
        """The `count` days that end on `day`; before the first one nothing happened."""
        end = day - self.first_day + 1
        missing = max(0, count - end)
        return (DayFigures(0),) * missing + self.days[max(0, end - count) : end]


@dataclass(slots=True)
class _Log:
    """What the persons of one community did."""

    counts: dict[int, Pane] = field(default_factory=lambda: defaultdict(empty_pane))
    speakers: dict[int, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    joined: dict[str, int] = field(default_factory=dict)
    active: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    scores: Counter[int] = field(default_factory=Counter)

    def add(self, event: Event, day: int) -> None:
        kind = NUMBERS.get(event.type)
        if kind is None or event.actor_kind not in (None, "person"):
            return
        self.counts[day][kind] += 1
        if kind == EventType.SURVEY_ANSWERED:
            self.scores[day] += round(100 * (event.score or 0))
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
        first, last = min(self.counts), max(self.counts)
        joined = Counter(day + STAY_UNTIL for day in self.joined.values())
        stayed = Counter(self.joined[one] + STAY_UNTIL for one in self.joined if self.stayed(one))
        panes = [self.counts.get(day, NOTHING) for day in range(first, last + 1)]
        days = tuple(
            DayFigures(
                speech=sum(pane[kind] for kind in SPEECH),
                speakers=len(self.speakers[day]),
                speech_outside_top_fifth=outside_top_fifth(self.speakers[day].values()),
                replies=pane[EventType.REPLY_CREATED],
                newcomers_joined=joined[day],
                newcomers_stayed=stayed[day],
                shares_created=pane[EventType.SHARE_CREATED],
                shares_converted=pane[EventType.SHARE_CONVERTED],
                surveys=pane[EventType.SURVEY_ANSWERED],
                survey_hundredths=self.scores[day],
            )
            for day, pane in enumerate(panes, first)
        )
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
    return [log.history(name) for name, log in sorted(logs.items()) if log.counts]
