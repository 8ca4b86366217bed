"""Calendar days of a community: which day an instant falls on, and when a day is over.

A day is its proleptic Gregorian ordinal (`datetime.date.toordinal`): an int that compares and
subtracts. Time zone rules come from the pinned `tzdata` package, never from the machine, so
that two machines judge alike (contract, Law 1).
"""

import zoneinfo
from datetime import UTC, date, datetime
from functools import cache, lru_cache

from models.instants import DAY, HOUR, MINUTE, SECOND

zoneinfo.reset_tzpath(to=())

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# Since Liberia left -00:44:30 in January 1972, offsets everywhere change on whole minutes.
_WHOLE_MINUTES_SINCE = (date(1972, 2, 1).toordinal() - _EPOCH_ORDINAL) * DAY
_CACHE_LIMIT = 200_000


@lru_cache(maxsize=65_536)
def iso(day: int) -> str:
    """Write a day as `YYYY-MM-DD`."""
    return date.fromordinal(day).isoformat()


@lru_cache(maxsize=65_536)
def day_from_iso(text: str) -> int:
    """Read `YYYY-MM-DD`; ValueError where it is anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    # The standard library also reads `20261122` and `2026-W47-7`.
    if day is None or day.isoformat() != text:
        raise ValueError(f"not a day such as 2026-11-22: {text!r}")
    return day.toordinal()


class Calendar:
    """The days of one time zone.

    `day_of(instant)` and `midnight_after(day)` are exact across daylight-saving changes: a day
    has 23, 24 or 25 hours (or 24.5: Lord Howe), and a midnight that the clocks skip is the
    instant of the change. Where a midnight comes twice, the first counts.
    """

    __slots__ = ("_day", "_days", "_from", "_midnights", "_until", "_zone", "is_utc", "name")

    def __init__(self, name: str) -> None:
        """Raise ValueError where the tz database has no zone `name`."""
        try:
            self._zone = zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"unknown time zone {name!r}") from error
        self.name = name
        self.is_utc = name in ("UTC", "Etc/UTC")
        self._days: dict[int, int] = {}
        self._midnights: dict[int, int] = {}
        self._day = self._from = self._until = 0

    def day_of(self, instant: int) -> int:
        """Return the local day on which `instant` (milliseconds) falls."""
        if self.is_utc:
            return instant // DAY + _EPOCH_ORDINAL
        # Events come mostly in the order of their days: the last day's bounds answer for most.
        if self._from <= instant < self._until:
            return self._day
        minute = instant // MINUTE
        day = self._days.get(minute)
        if day is None:
            day = self._read(instant)
            if instant >= _WHOLE_MINUTES_SINCE:
                if len(self._days) >= _CACHE_LIMIT:
                    self._days.clear()
                self._days[minute] = day
                self._bound(day)
        return day

    def span_of(self, instant: int) -> tuple[int, int, int]:
        """Return the day of `instant`, and from when until when (milliseconds) it is that day.

        The span is empty where the day is not one stretch of time, or too old to be sure.
        """
        day = self.day_of(instant)
        if self.is_utc:
            start = (day - _EPOCH_ORDINAL) * DAY
            return day, start, start + DAY
        if self._from <= instant < self._until:
            return day, self._from, self._until
        return day, 0, 0

    def _read(self, instant: int) -> int:
        return datetime.fromtimestamp(instant // SECOND, self._zone).toordinal()

    def _bound(self, day: int) -> None:
        """Note from when to when it is `day`, unless the clocks go back over the midnight before.

        Since 1972 they never went back by more than two hours.
        """
        start = self.midnight_after(day - 1)
        first_hours = range(start, start + 3 * HOUR, 15 * MINUTE)
        if all(self._read(instant) == day for instant in first_hours):
            self._day, self._from, self._until = day, start, self.midnight_after(day)

    def midnight_after(self, day: int) -> int:
        """Return the instant (milliseconds) at which `day` is over: the local midnight after it."""
        if self.is_utc:
            return (day + 1 - _EPOCH_ORDINAL) * DAY
        midnight = self._midnights.get(day)
        if midnight is None:
            following = date.fromordinal(day + 1)
            local = datetime(following.year, following.month, following.day, tzinfo=self._zone)
            midnight = round(local.astimezone(UTC).timestamp()) * SECOND
            if len(self._midnights) >= _CACHE_LIMIT:
                self._midnights.clear()
            self._midnights[day] = midnight
        return midnight


@cache
def calendar(name: str) -> Calendar:
    """Return the one shared calendar of the time zone `name`."""
    return Calendar(name)
