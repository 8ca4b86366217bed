"""The outlook: four weeks of speech, and how such a forecast did on the community's own past.

The model that projects is given from outside (`streams.review.projection`); what it may see, how it
is tested and what its result is worth is decided here. A week is seven days that end on the last
day of the window, or a multiple of seven days before.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from rules.review.amounts import Missing, cut
from rules.review.figures import POSTS, REPLIES
from rules.review.history import WEEK_DAYS, History, JudgedDay, unbroken

AHEAD_WEEKS: Final = 4
LEAST_WEEKS: Final = 8
"""The model learns from at least so many weeks, and from MOST_WEEKS at the most."""
MOST_WEEKS: Final = 52
MOST_TRIALS: Final = 26
"""So many forecasts from the past are tried, a week apart, the latest ones."""
INTERVAL_PERCENT: Final = 80
"""In so many of a hundred cases the model expects the truth inside its interval."""


class Expected(NamedTuple):
    """The speech of one coming week: the middle of what is expected, and its interval."""

    middle: int
    low: int
    high: int


Project = Callable[[Sequence[int]], Sequence[Expected]]
"""Projects the next AHEAD_WEEKS weeks from the speech of past ones, in order."""


class BackTest(NamedTuple):
    """How forecasts from the past did, over all their weeks together.

    `error` and `naive_error` are sums of how far off each week was, in posts and replies: of the
    model's middle, and of saying that each coming week will be as the last one. `inside` is how
    many of the `weeks` lay in the model's interval.
    """

    trials: int
    weeks: int
    error: int
    naive_error: int
    inside: int

    @property
    def is_better(self) -> bool:
        """Whether the model was nearer than last week's figure."""
        return self.error < self.naive_error

    @property
    def mean_error(self) -> int:
        """The model's error per week, in hundredths."""
        return cut(100 * self.error, self.weeks)

    @property
    def mean_naive_error(self) -> int:
        """The error per week of repeating the last one, in hundredths."""
        return cut(100 * self.naive_error, self.weeks)


class Outlook(NamedTuple):
    """The forecast, or why there is none; `past` are the weeks before it, whatever comes of it."""

    past: tuple[int, ...]
    expected: tuple[Expected, ...]
    back_test: BackTest | None
    missing: Missing | None
    days: int

    @property
    def recent(self) -> int:
        """The speech of the last four weeks."""
        return sum(self.past[-AHEAD_WEEKS:])

    @property
    def is_falling(self) -> bool:
        """Whether even the upper end of every coming week is below the mean of the last four."""
        return bool(self.expected) and all(
            AHEAD_WEEKS * week.high < self.recent for week in self.expected
        )


def weeks_of(history: History, last: int) -> tuple[list[int], int]:
    """Return the speech of the weeks that end on `last`, in order, and of how many days in a row.

    Days that were not judged end the past; a part of a week is left out.
    """
    speech = [posts + replies for posts, replies in _counted(unbroken(history.days, last))]
    weeks = [
        sum(speech[start : start + WEEK_DAYS])
        for start in range(len(speech) % WEEK_DAYS, len(speech), WEEK_DAYS)
    ]
    return weeks, len(speech)


def _counted(days: Sequence[JudgedDay]) -> list[tuple[int, int]]:
    """Return the posts and replies of the last days in a row of which both are known."""
    found = []
    for day in reversed(days):
        posts, replies = day.measures.get(POSTS), day.measures.get(REPLIES)
        if posts is None or replies is None:
            break
        found.append((posts, replies))
    return found[::-1]


def look_ahead(history: History, last: int, project: Project) -> Outlook:
    """Forecast the weeks after `last`, with a back-test; not from too short a past.

    Each trial sees only what was known on its day.
    """
    weeks, days = weeks_of(history, last)
    past = tuple(weeks[-MOST_WEEKS:])
    if len(weeks) < LEAST_WEEKS + AHEAD_WEEKS:
        return Outlook(past, (), None, Missing.SHORT, days)
    first = max(LEAST_WEEKS, len(weeks) - AHEAD_WEEKS - MOST_TRIALS + 1)
    trials = [
        (project(weeks[:cut][-MOST_WEEKS:]), weeks[cut - 1], weeks[cut : cut + AHEAD_WEEKS])
        for cut in range(first, len(weeks) - AHEAD_WEEKS + 1)
    ]
    return Outlook(past, tuple(project(past)), back_test(trials), None, days)


def back_test(trials: Sequence[tuple[Sequence[Expected], int, Sequence[int]]]) -> BackTest:
    """Add up how far forecasts were off: what was expected, the week before, what came."""
    pairs = [
        (expected, week_before, came)
        for weeks, week_before, truth in trials
        for expected, came in zip(weeks, truth, strict=True)
    ]
    return BackTest(
        trials=len(trials),
        weeks=len(pairs),
        error=sum(abs(expected.middle - came) for expected, _, came in pairs),
        naive_error=sum(abs(before - came) for _, before, came in pairs),
        inside=sum(expected.low <= came <= expected.high for expected, _, came in pairs),
    )
