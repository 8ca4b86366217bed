"""What the health index is made of: seven ratios, each against the community's own (article, 4.2).

Every component is one count out of another, and more of it is healthier, so that one score fits
all. Days add up: what a window holds follows from the panes of its days alone.
"""

from collections.abc import Sequence
from enum import IntEnum, auto
from typing import Final, NamedTuple

from models.events import EventType
from models.panes import LATE, Figure, Recent

FULL_SCORE: Final = 10_000
"""The score of a component that is as usual, or better: 100 points, in hundredths."""

USUAL_DAYS: Final = 56
"""What is usual in a community is what it did in the eight weeks that end on the judged day."""

WEEK_DAYS: Final = 7
"""The last week, by which some components are judged as well."""

STAY_DAYS: Final = 14
"""Newcomers are those of so many days before: only then is it known who of them stayed."""

Ratio = Sequence[int]
"""A count, and out of how many: 30 replies in 120 posts and replies."""


class Count(IntEnum):
    """What is counted in a window: the place in its `Totals`."""

    DAYS = 0
    SPEECH = auto()
    SPEAKERS = auto()
    SPEECH_OUTSIDE_TOP_FIFTH = auto()
    REPLIES = auto()
    NEWCOMERS_JOINED = auto()
    NEWCOMERS_STAYED = auto()
    SHARES_CREATED = auto()
    SHARES_CONVERTED = auto()
    SURVEYS = auto()
    SURVEY_HUNDREDTHS = auto()
    LATE = auto()


Totals = Sequence[int | None]
"""What the days of a window hold together, by `Count`; None is not known, which is not 0."""


class Windows(NamedTuple):
    """The days that are compared: the last week, the recent days, and the usual eight weeks."""

    week: Totals
    recent: Totals
    usual: Totals


class Component(NamedTuple):
    """One part of the index: what is `counted` out of the `cases`, in any window.

    Where `by_week`, the last week counts for as much as the whole of the recent days. A rate is
    taken of cases, which may be too few, and not of days.
    """

    name: str
    title: str
    weight: str
    counted: int
    cases: int
    by_week: bool
    is_rate: bool


def _component(
    name: str, title: str, counted: Count, cases: Count, *, by_week: bool = False
) -> Component:
    # Plain numbers: an enum's members cost several times as much to index with.
    is_rate = cases is not Count.DAYS
    return Component(name, title, f"{name}_weight", int(counted), int(cases), by_week, is_rate)


COMPONENTS: Final = (
    # A burst that ended two weeks ago still fills four weeks: without its last week, the index
    # would call a place healthy in which nobody speaks any more.
    _component("speech_density", "speech density", Count.SPEECH, Count.DAYS, by_week=True),
    _component("speaking_members", "speaking members", Count.SPEAKERS, Count.DAYS),
    _component("reply_rate", "reply rate", Count.REPLIES, Count.SPEECH),
    _component(
        "newcomers_who_stay", "newcomers who stay", Count.NEWCOMERS_STAYED, Count.NEWCOMERS_JOINED
    ),
    _component(
        "share_conversion", "share conversion", Count.SHARES_CONVERTED, Count.SHARES_CREATED
    ),
    # Turned round, so that more is healthier here too: what those outside of the top fifth say.
    _component("concentration", "concentration", Count.SPEECH_OUTSIDE_TOP_FIFTH, Count.SPEECH),
    _component("satisfaction", "satisfaction", Count.SURVEY_HUNDREDTHS, Count.SURVEYS),
)
"""All components, in the order in which they are told."""

_POSTS, _REPLIES = int(EventType.POST_CREATED), int(EventType.REPLY_CREATED)
_SHARED, _CONVERTED = int(EventType.SHARE_CREATED), int(EventType.SHARE_CONVERTED)
_SPEAKERS, _OUTSIDE = int(Figure.SPEAKERS), int(Figure.SPEECH_OUTSIDE_TOP_FIFTH)
_JOINED, _STAYED = int(Figure.JOINED_MEMBERS), int(Figure.JOINED_STAYED)
_SURVEYS, _SCORES = int(Figure.SURVEYS), int(Figure.SURVEY_HUNDREDTHS)


def windows(panes: Recent, recent_days: int, *, cohorts_known: bool) -> Windows:
    """Add up the wide panes of each window that ends on the last of `panes`.

    Newcomers are those who joined STAY_DAYS before each day; None unless `cohorts_known`.
    """
    # One loop with a variable for each sum, which each window takes as it stands: a sum for each
    # column and window would look at every pane some thirty times.
    posts = replies = speakers = outside = shared = converted = surveys = scores = late = 0
    joined = stayed = last = 0
    end = len(panes)
    found: list[Totals] = []
    for days in (WEEK_DAYS, recent_days, USUAL_DAYS):
        first, past = end - days, end - last
        for pane in panes[first:past]:
            posts += pane[_POSTS]
            replies += pane[_REPLIES]
            speakers += pane[_SPEAKERS]
            outside += pane[_OUTSIDE]
            shared += pane[_SHARED]
            converted += pane[_CONVERTED]
            surveys += pane[_SURVEYS]
            scores += pane[_SCORES]
            late += pane[LATE]
        newcomers: tuple[int | None, int | None] = (None, None)
        if cohorts_known:
            for pane in panes[first - STAY_DAYS : past - STAY_DAYS]:
                joined += pane[_JOINED]
                stayed += pane[_STAYED]
            newcomers = (joined, stayed)
        spoken = (days, posts + replies, speakers, outside, replies)
        found.append((*spoken, *newcomers, shared, converted, surveys, scores, late))
        last = days
    return Windows(*found)


def ratio(component: Component, window: Totals) -> list[int] | None:
    """Return the component's count and cases in a window; None where one is not known."""
    counted, cases = window[component.counted], window[component.cases]
    return None if counted is None or cases is None else [counted, cases]


def score(
    component: Component,
    recent: Sequence[Ratio | None],
    usual: Ratio | None,
    least_cases: int,
) -> int | None:
    """Score what is recent against what is usual: 0 to FULL_SCORE, cut to a whole number.

    `recent` holds the component's ratio in each window that it is judged by; they count alike.
    None, which is not 0, where there is nothing to compare: a figure that is not known, a
    community in which it never happens, or fewer than `least_cases` recent cases to take a rate of.
    """
    if usual is None:
        return None
    counted, cases = usual
    if not counted or not cases:
        return None
    least = least_cases if component.is_rate else 1
    scores = 0
    for window in recent:
        if window is None or window[1] < least:
            return None
        reached = FULL_SCORE * window[0] * cases // (window[1] * counted)
        scores += reached if reached < FULL_SCORE else FULL_SCORE  # noqa: FURB136 (a call costs more)
    return scores // len(recent)
