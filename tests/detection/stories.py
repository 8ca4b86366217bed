"""Communities made up for tests: who spoke how much, day by day."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random

from models.days import iso
from models.events import EventType
from models.panes import WIDE, Figure, Pane, empty_pane
from tests.builders import day
from tests.detection.history import History

FIRST_DAY = day("2024-01-01")


def spoken(speech: Sequence[int], community: str = "42") -> History:
    """A community in which so much was said each day, by five members on a day with any."""
    return History(community, FIRST_DAY, tuple(map(_pane, speech)))


def _pane(speech: int) -> Pane:
    pane = empty_pane(WIDE)
    pane[EventType.POST_CREATED] = speech
    pane[Figure.SPEAKERS] = 5 if speech else 0
    pane[Figure.SPEECH_OUTSIDE_TOP_FIFTH] = speech // 2
    return pane


def restless(seed: int, days: int) -> list[int]:
    """Speech that rises, falls and stops by lot, such as real communities show."""
    lot = Random(seed)
    speech: list[int] = []
    while len(speech) < days:
        level = lot.choice([0, 2, 8, 15, 40])
        speech += [lot.randint(0, 2 * level) for _ in range(lot.randint(5, 60))]
    # The first and the last day have something, so that a file holds them all.
    return [1, *speech[1 : days - 1], 1]


def as_file(communities: dict[str, Sequence[int]]) -> bytes:
    """A file of events in the order of their arrival, two members in turn."""
    events = [
        {
            "id": f"{name}-{place}-{number}",
            "type": "post.created",
            "time": f"{iso(FIRST_DAY + place)}T{number // 60:02}:{number % 60:02}:00Z",
            "community_id": name,
            "user_id": f"u{number % 2}",
        }
        for name, speech in communities.items()
        for place, amount in enumerate(speech)
        for number in range(amount)
    ]
    events.sort(key=lambda event: event["time"])
    return b"".join(json.dumps(event).encode() + b"\n" for event in events)
