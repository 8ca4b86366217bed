"""What the health index is made of: seven ratios, each against the community's own (article, 4.2).

Every component is one count out of another, and more of it is healthier, so that one score fits
all. Days add up: what a window holds follows from the figures of its days alone.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

FULL_SCORE: Final = 10_000
"""The score of a component that is as usual, or better: 100 points, in hundredths."""

Ratio = tuple[int, int]
"""A count, and out of how many: 30 replies in 120 posts and replies."""

Totals = Mapping[str, int | None]
"""What the days of a window hold together, by figure, and how many `days` they are."""


class DayFigures(NamedTuple):
    """What the persons of one community did on one of its days, in counts.

    None is a figure that is not known; 0 is known. `speakers` are the distinct members who spoke
    on the day; `speech_outside_top_fifth` is the speech of all but the most active fifth of them
    (rounded up). `newcomers_joined` joined 14 days before this day, so that the day tells who of
    them stayed: `newcomers_stayed` were active again 7 to 14 days after they had joined.
    `survey_hundredths` is the sum of the scores (0 to 10) of the `surveys` answered, in hundredths.
    `late` counts the events that arrived after the day had closed.
    """

    speech: int
    speakers: int | None = None
    speech_outside_top_fifth: int | None = None
    replies: int | None = None
    newcomers_joined: int | None = None
    newcomers_stayed: int | None = None
    shares_created: int | None = None
    shares_converted: int | None = None
    surveys: int | None = None
    survey_hundredths: int | None = None
    late: int = 0


class Component(NamedTuple):
    """One part of the index: the figure `counted` out of the figure `cases`, in any window.

    Where `by_week`, the last week counts for as much as the whole of the recent days.
    """

    name: str
    title: str
    counted: str
    cases: str
    by_week: bool = False

    @property
    def is_rate(self) -> bool:
        """Whether it is taken of cases, which may be too few, and not of days."""
        return self.cases != _DAYS


_DAYS: Final = "days"

COMPONENTS: Final = (
    # A burst that ended two weeks ago still fills four weeks: without its last week, the index
    # would call a place healthy in which nobody speaks any more.
    Component("speech_density", "speech density", "speech", _DAYS, by_week=True),
    Component("speaking_members", "speaking members", "speakers", _DAYS),
    Component("reply_rate", "reply rate", "replies", "speech"),
    Component("newcomers_who_stay", "newcomers who stay", "newcomers_stayed", "newcomers_joined"),
    Component("share_conversion", "share conversion", "shares_converted", "shares_created"),
    # Turned round, so that more is healthier here too: what those outside of the top fifth say.
    Component("concentration", "concentration", "speech_outside_top_fifth", "speech"),
    Component("satisfaction", "satisfaction", "survey_hundredths", "surveys"),
)
"""All components, in the order in which they are told."""


def totals(days: Sequence[DayFigures]) -> Totals:
    """Add up each figure over `days`, of which there is at least one; None where one is None."""
    columns = zip(DayFigures._fields, zip(*days, strict=True), strict=True)
    added = {name: None if None in column else sum(column) for name, column in columns}
    return {**added, _DAYS: len(days)}


def ratio(component: Component, window: Totals) -> Ratio | None:
    """Return the component's count and cases in a window; None where one is not known."""
    counted, cases = window[component.counted], window[component.cases]
    return None if counted is None or cases is None else (counted, cases)


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
    if usual is None or 0 in usual:
        return None
    least = least_cases if component.is_rate else 1
    scores = []
    for window in recent:
        if window is None or window[1] < least:
            return None
        scores.append(min(FULL_SCORE, FULL_SCORE * window[0] * usual[1] // (window[1] * usual[0])))
    return sum(scores) // len(scores)
