"""Instants: RFC 3339 text to whole milliseconds since 1970-01-01T00:00:00Z, and back.

Kafka's timestamps are whole milliseconds, so is every instant in Pulse; finer fractions are
rounded down, which never moves an instant into the next second or day.
"""

import re
from datetime import UTC, datetime
from functools import lru_cache

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

_RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?"
    r"(?:[Zz]|([+-])([01]\d|2[0-3]):([0-5]\d))",
    re.ASCII,
)
_EPOCH_ORDINAL = datetime(1970, 1, 1, tzinfo=UTC).toordinal()
# A year is left free at the beginning and two days at the end, so that every local day, the
# longest window before it and its close can be written as dates.
EARLIEST = (datetime(2, 1, 1, tzinfo=UTC).toordinal() - _EPOCH_ORDINAL) * DAY
LATEST = (datetime(9999, 12, 28, tzinfo=UTC).toordinal() - _EPOCH_ORDINAL) * DAY

_CACHE_LIMIT = 65_536
_LONGEST_REMEMBERED = 40
_minutes: dict[str, int] = {}
_hours: dict[str, int] = {}
_minutes_of_an_hour: dict[str, int] = {}
_seconds: dict[str, int] = {}
_fractions: dict[str, int] = {}


def parse_instant(text: str) -> int | None:
    """Read RFC 3339 `text` with offset; None where it is anything else or out of range.

    A text is a minute (`2026-11-22T12:34`), a second of it (`:56`) and a rest (`.789Z`). Each part
    repeats in a stream of events, the minute many times in a row, so each is remembered: three
    look-ups instead of a parse.
    """
    minute = _minutes.get(text[:16])
    if minute is None:
        minute = _known_minute(text)
    if minute is not None:
        second = _seconds.get(text[16:19])
        if second is not None:
            fraction = _fractions.get(text[19:])
            if fraction is not None:
                return minute + second + fraction
    shorter = _without_fine_digits(text)
    return _parse_slowly(text) if shorter is None else parse_instant(shorter)


def _known_minute(text: str) -> int | None:
    """Return a minute that is new, where its hour was met before; and remember it."""
    hour, minute = _hours.get(text[:13]), _minutes_of_an_hour.get(text[13:16])
    if hour is None or minute is None:
        return None
    _remember(_minutes, text[:16], hour + minute)
    return hour + minute


def _without_fine_digits(text: str) -> str | None:
    """Cut a fraction to three digits; None where it has no more.

    Of six digits there are a million: remembering them would remember nothing.
    """
    fine, head = text[23:], text[19:23]
    rest = fine.lstrip("0123456789")
    if len(rest) == len(fine) or head[:1] != "." or not head[1:].isdigit():
        return None
    return text[:23] + rest


def _parse_slowly(text: str) -> int | None:
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    try:
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    start = (whole.toordinal() - _EPOCH_ORDINAL) * DAY + hour * HOUR
    rest = _fraction(*match.group(7, 8, 9, 10))
    instant = start + minute * MINUTE + second * SECOND + rest
    if not EARLIEST + DAY <= instant <= LATEST - DAY:
        return None
    # Near the ends of the calendar remembered parts could add up to an instant out of range; and a
    # fraction may have any number of digits.
    is_short = len(text) <= _LONGEST_REMEMBERED
    if is_short and EARLIEST + 3 * DAY <= start <= LATEST - 3 * DAY:
        _remember(_hours, text[:13], start)
        _remember(_minutes_of_an_hour, text[13:16], minute * MINUTE)
        _remember(_seconds, text[16:19], second * SECOND)
        _remember(_fractions, text[19:], rest)
    return instant


def _fraction(digits: str | None, sign: str | None, hours: str | None, minutes: str | None) -> int:
    milliseconds = int((digits or "0")[:3].ljust(3, "0"))
    if sign is None or hours is None or minutes is None:
        return milliseconds
    offset = int(hours) * HOUR + int(minutes) * MINUTE
    return milliseconds + offset if sign == "-" else milliseconds - offset


def _remember(cache: dict[str, int], part: str, value: int) -> None:
    if len(cache) >= _CACHE_LIMIT:
        cache.clear()
    cache[part] = value


@lru_cache(maxsize=4_096)  # all communities of a time zone close at the same instant
def format_instant(instant: int) -> str:
    """Write `instant` (milliseconds) as RFC 3339 in UTC; milliseconds only where there are any."""
    moment = datetime.fromtimestamp(instant // SECOND, UTC).replace(tzinfo=None)
    milliseconds = instant % SECOND
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{moment.isoformat()}{fraction}Z"
