"""Panes: what the persons of one community did on one local day.

A pane is a list of counters, one per `EventType` in the order of its numbers, then the number of
counted events that arrived after the day had closed. A list, because it is touched per event.

Where the community keeps a ledger (`models.ledger`), the pane goes on with one counter per
`Figure`: it is `WIDE` then.
"""

from collections.abc import Mapping, Sequence
from enum import IntEnum, auto
from itertools import repeat
from operator import itemgetter
from typing import Final

from models.events import SPEECH, EventType

Pane = list[int]
Panes = Mapping[int, Pane]
Recent = Sequence[Pane]
"""The panes of days in a row, the last of them at the end: `recent[-7:]` is a week."""

LATE: Final = len(EventType)
"""Index of the counter of late events."""
WIDTH: Final = len(EventType) + 1
_SPEECH: Final = tuple(int(kind) for kind in SPEECH)


class Figure(IntEnum):
    """What a pane holds beside the counts of events: the index of the counter.

    Numbers are part of the state's format: only ever append. Figures of a cohort stand on the day
    on which it joined, or was reached, and grow afterwards. Those "in the 28 days" are of the 28
    days that end on the day, as of its close. Numbers with decimals are rounded one by one.
    """

    SURVEYS = WIDTH
    SURVEY_HUNDREDTHS = auto()
    PROMOTERS = auto()
    DETRACTORS = auto()
    COMPLETIONS = auto()
    COMPLETION_HUNDREDTHS = auto()
    IN_CAMPAIGN = auto()
    INVITED_JOINED = auto()
    SPENT_HUNDREDTHS = auto()
    NEW_INVITERS = auto()
    JOINED_MEMBERS = auto()
    JOINED_INTERACTED = auto()
    JOINED_STAYED = auto()
    JOINED_MONTH = auto()
    JOINED_RECOMMENDS = auto()
    REACHED_FIRST = auto()
    REACHED_SECOND = auto()
    REACHED_THIRD = auto()
    RECALLED_FIRST = auto()
    RECALLED_SECOND = auto()
    RECALLED_THIRD = auto()
    SPEAKERS = auto()
    SPEECH_OUTSIDE_TOP_FIFTH = auto()
    KNOWN_MEMBERS = auto()
    ACTIVE_MEMBERS = auto()
    TIER_CORE = auto()
    TIER_ACTIVE = auto()
    TIER_POTENTIAL = auto()
    TIER_OBSERVER = auto()
    INTERACTIONS_28 = auto()
    TOP_FIFTH_28 = auto()
    VIEWERS_28 = auto()
    SPEAKING_VIEWERS_28 = auto()
    INVITERS_7 = auto()
    INVITERS_28 = auto()


FIGURES: Final[dict[Figure, str]] = {
    Figure.SURVEYS: "surveys answered with a score",
    Figure.SURVEY_HUNDREDTHS: "their scores (0 to 10) together, in hundredths",
    Figure.PROMOTERS: "surveys answered with a score of 9 or more",
    Figure.DETRACTORS: "surveys answered with a score of 6 or less",
    Figure.COMPLETIONS: "views that say how much was read",
    Figure.COMPLETION_HUNDREDTHS: "how much was read of them together, 100 for a whole one",
    Figure.IN_CAMPAIGN: "interactions that belong to a campaign",
    Figure.INVITED_JOINED: "how often somebody joined by the invitation of somebody else",
    Figure.SPENT_HUNDREDTHS: "amounts of all purchases, in hundredths; a thousand million at most",
    Figure.NEW_INVITERS: "members who invited somebody, or brought somebody in, for the first time",
    Figure.JOINED_MEMBERS: "members who joined",
    Figure.JOINED_INTERACTED: "of those who joined, who has interacted within 30 days",
    Figure.JOINED_STAYED: "of those who joined, who was active again 7 to 14 days later",
    Figure.JOINED_MONTH: "of those who joined, who was active again 30 to 37 days later",
    Figure.JOINED_RECOMMENDS: "of those who joined, who has given a score of 9 or more",
    Figure.REACHED_FIRST: "members who reached the churn ladder's first rung",
    Figure.REACHED_SECOND: "members who reached its second rung",
    Figure.REACHED_THIRD: "members who reached its third rung",
    Figure.RECALLED_FIRST: "of those on the first rung, who came back from it within 30 days",
    Figure.RECALLED_SECOND: "of those on the second rung, who came back from it within 30 days",
    Figure.RECALLED_THIRD: "of those on the third rung, who came back from it within 30 days",
    Figure.SPEAKERS: "distinct members who spoke",
    Figure.SPEECH_OUTSIDE_TOP_FIFTH: "speech of all but the most active fifth of these speakers",
    Figure.KNOWN_MEMBERS: "members known at the close, without those who left",
    Figure.ACTIVE_MEMBERS: "members with an interaction in the 28 days",
    Figure.TIER_CORE: "members of the core circle at the close",
    Figure.TIER_ACTIVE: "members of the active circle at the close",
    Figure.TIER_POTENTIAL: "members of the potential circle at the close",
    Figure.TIER_OBSERVER: "members of the observer circle at the close",
    Figure.INTERACTIONS_28: "interactions of members in the 28 days",
    Figure.TOP_FIFTH_28: "of these, those of the most active fifth of the active members",
    Figure.VIEWERS_28: "distinct members who viewed something in the 28 days",
    Figure.SPEAKING_VIEWERS_28: "of these, who also spoke in the 28 days",
    Figure.INVITERS_7: "distinct members who invited, or brought in, somebody in the 7 days",
    Figure.INVITERS_28: "distinct members who invited, or brought in, somebody in the 28 days",
}
"""What each figure counts, in words."""

WIDE: Final = WIDTH + len(Figure)


JOINED_DAYS: Final = 37
"""So many days after joining all is known of how a member began; what came later is not counted."""

RECALL_DAYS: Final = 30
"""Who comes back within so many days after a rung of the churn ladder was recalled."""

_LATER: Final = (
    *range(Figure.JOINED_INTERACTED, Figure.JOINED_RECOMMENDS + 1),
    *range(Figure.RECALLED_FIRST, Figure.RECALLED_THIRD + 1),
)
_AT_CLOSE: Final = tuple(figure for figure in Figure if figure not in _LATER)
FIGURE_NAMES: Final = tuple(figure.name.lower() for figure in _AT_CLOSE)
"""The figures that are known at the close of the day itself, as a snapshot names them."""
figures_at_close: Final = itemgetter(*_AT_CLOSE)
"""Returns these figures of a wide pane, in the order of their names."""

_JOINED: Final = range(Figure.JOINED_MEMBERS, Figure.JOINED_RECOMMENDS + 1)
_CLIMBED: Final = range(Figure.REACHED_FIRST, Figure.RECALLED_THIRD + 1)
GROWN: Final = tuple(
    (f"{Figure(index).name.lower()}_{days}_days_ago", Figure(index), days)
    for indices, days in ((_JOINED, JOINED_DAYS), (_CLIMBED, RECALL_DAYS))
    for index in indices
)
"""Figures that grow, as a snapshot has them once they are grown: name, figure, of which day."""


def empty_pane(width: int = WIDTH) -> Pane:
    """Return a pane in which nothing has happened."""
    return [0] * width


NOTHING: Final = empty_pane(WIDE)
"""The pane of a day without events; nobody counts in it."""


def total(panes: Recent, index: int) -> int:
    """Add up one counter: an `EventType`, `LATE` or a `Figure`."""
    number = int(index)  # an enum's member indexes slower
    return sum([pane[number] for pane in panes])


def recent(panes: Panes, day: int, days: int) -> list[Pane]:
    """Return the panes of the `days` days that end on `day`, one for each of them."""
    return list(map(panes.get, range(day - days + 1, day + 1), repeat(NOTHING)))


def counted(panes: Recent, kind: int, other: int | None = None) -> tuple[int, int]:
    """Count the events of one type, or of two, and the late ones of all types, in one pass."""
    events = late = 0
    if other is None:
        for pane in panes:
            events += pane[kind]
            late += pane[LATE]
    else:
        for pane in panes:
            events += pane[kind] + pane[other]
            late += pane[LATE]
    return events, late


def speech(panes: Recent) -> tuple[int, int]:
    """Count the speech (posts and replies), and the late events of all types."""
    return counted(panes, *_SPEECH)
