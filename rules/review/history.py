"""What a community's snapshots say, day by day, and the windows that are compared."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from models.alerts import Verdict

PERIOD_DAYS: Final = 28
"""A review is of the last 28 judged days, unless it is told otherwise."""

WEEK_DAYS: Final = 7

_MOST_WEEKS: Final = 26
"""A chart of more weeks than these is drawn by four weeks."""


class JudgedDay(NamedTuple):
    """One judged day: its counts by name (absent or None is not known), and its judgements."""

    day: int
    measures: Mapping[str, int | None]
    verdicts: Mapping[str, Verdict]
    evaluations: Mapping[str, Mapping[str, Any]]


class History(NamedTuple):
    """The judged days of one community, in order, each once."""

    community_id: str
    timezone: str
    first_day: int
    days: Sequence[JudgedDay]

    @property
    def last_day(self) -> int:
        """The last day that was judged."""
        return self.days[-1].day

    def within(self, period: "Period") -> list[JudgedDay]:
        """Return the judged days of a period."""
        return [judged for judged in self.days if period.first <= judged.day <= period.last]


class Period(NamedTuple):
    """A window of days; both its first and its last day belong to it."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many days it has."""
        return self.last - self.first + 1

    @property
    def before(self) -> "Period":
        """The window of the same length that ends on the day before it."""
        return Period(self.first - self.length, self.first - 1)


class NoSuchPeriodError(ValueError):
    """The window that was asked for cannot be reviewed; one line says why."""


def period_of(history: History, first: int | None, last: int | None) -> Period:
    """Return the window to review: what is not given follows from what is.

    Without `last` it ends on the last judged day; without `first` it has PERIOD_DAYS days.
    NoSuchPeriodError where none of its days was judged, or the calendar does not hold as many days
    before it.
    """
    end = history.last_day if last is None else last
    period = Period(end - PERIOD_DAYS + 1 if first is None else first, end)
    if not history.within(period):
        raise NoSuchPeriodError("no day was judged in the days asked for")
    if period.before.first < date.min.toordinal():
        raise NoSuchPeriodError("the calendar does not reach back to the days to compare with")
    return period


def buckets(period: Period) -> list[Period]:
    """Cut the period and the one before it into days, weeks or four weeks, for a chart.

    Counted back from the last day, so that the last week is whole; what is left at the beginning
    is left out. All have the same length.
    """
    days = 2 * period.length
    if days < 4 * WEEK_DAYS:
        step = 1
    elif days <= _MOST_WEEKS * WEEK_DAYS:
        step = WEEK_DAYS
    else:
        step = 4 * WEEK_DAYS
    ends = range(period.last - (days // step - 1) * step, period.last + 1, step)
    return [Period(end - step + 1, end) for end in ends]


def unbroken(days: Iterable[JudgedDay], last: int) -> list[JudgedDay]:
    """Return the judged days that end on `last` without a gap, in order."""
    found: list[JudgedDay] = []
    for judged in reversed([each for each in days if each.day <= last]):
        if judged.day != last - len(found):
            break
        found.append(judged)
    return found[::-1]
