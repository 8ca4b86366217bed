"""The ninety days that the sample plays in, as milliseconds since 1970, and how they are written.

The days are in the past on every machine (a broker refuses records from the future), and hold the
spring clock changes of London, New York and Sydney.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

FIRST_DAY = date(2025, 1, 6)
DAYS = 90
MINUTE = 60_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

END = datetime.combine(FIRST_DAY + timedelta(days=DAYS), time(6), UTC)
"""By now the ninetieth day has closed in every time zone of the sample, and no later day has."""

_EPOCH = date(1970, 1, 1)
_MINUTES = tuple(f"{minute // 60:02d}:{minute % 60:02d}:" for minute in range(24 * 60))


def local_day(day: int) -> str:
    """The calendar date of day `day` of the sample (0 is the first), as `2025-01-06`."""
    return (FIRST_DAY + timedelta(days=day)).isoformat()


@lru_cache(maxsize=65_536)
def midnight(timezone: str, day: int) -> int:
    """The instant at which day `day` of the sample begins in `timezone`, in milliseconds."""
    local = datetime.combine(FIRST_DAY + timedelta(days=day), time(), ZoneInfo(timezone))
    return milliseconds(local)


def milliseconds(instant: datetime) -> int:
    """Milliseconds since 1970 of an instant with an offset, exactly."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@lru_cache(maxsize=4_096)
def _date(days_since_1970: int) -> str:
    return f"{_EPOCH + timedelta(days=days_since_1970)}T"


def stamp(instant: int, offset_minutes: int = 0) -> str:
    """RFC 3339 with milliseconds: in UTC (`Z`), or as a clock that many minutes east shows it."""
    days, rest = divmod(instant + offset_minutes * MINUTE, DAY)
    minute, fraction = divmod(rest, MINUTE)
    written = f"{_date(days)}{_MINUTES[minute]}{fraction // 1000:02d}.{fraction % 1000:03d}"
    if not offset_minutes:
        return written + "Z"
    return f"{written}+{offset_minutes // 60:02d}:{offset_minutes % 60:02d}"
