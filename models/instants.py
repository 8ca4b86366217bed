"""Instants: RFC 3339 text to whole milliseconds since 1970-01-01T00:00:00Z, and back.

Kafka's timestamps are whole milliseconds, so is every instant in Pulse; finer fractions are
rounded down, which never moves an instant into the next second or day.
"""

import re
from datetime import UTC, datetime

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
_seconds: dict[str, int] = {}


def parse_instant(text: str) -> int | None:
    """Read RFC 3339 `text` with offset; None where it is anything else or out of range.

    Events of one minute share the first sixteen characters and most clocks write few
    distinct remainders, so both halves are remembered: two look-ups instead of a parse.
    """
    minute = _minutes.get(text[:16])
    if minute is not None:
        rest = _seconds.get(text[16:])
        if rest is not None:
            return minute + rest
    return _parse_slowly(text)


def _parse_slowly(text: str) -> int | None:
    match = _RFC3339.fullmatch(text)
    if match is None:
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.group(1, 2, 3, 4, 5, 6))
    try:
        whole = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    fraction, sign, offset_hours, offset_minutes = match.group(7, 8, 9, 10)
    milliseconds = int((fraction or "0")[:3].ljust(3, "0"))
    offset = 0
    if sign is not None:
        offset = int(offset_hours) * HOUR + int(offset_minutes) * MINUTE
        offset = -offset if sign == "-" else offset
    start = (whole.toordinal() - _EPOCH_ORDINAL) * DAY + hour * HOUR + minute * MINUTE
    rest = second * SECOND + milliseconds - offset
    if not EARLIEST + DAY <= start + rest <= LATEST - DAY:
        return None
    _remember(text, start, rest)
    return start + rest


def _remember(text: str, start: int, rest: int) -> None:
    # Near the ends of the calendar a remembered half could combine into an instant out of
    # range, so those are parsed each time; and a fraction may have any number of digits.
    if len(text) > _LONGEST_REMEMBERED:
        return
    if not EARLIEST + 3 * DAY <= start <= LATEST - 3 * DAY:
        return
    for cache in (_minutes, _seconds):
        if len(cache) >= _CACHE_LIMIT:
            cache.clear()
    _minutes[text[:16]] = start
    _seconds[text[16:]] = rest


def format_instant(instant: int) -> str:
    """Write `instant` (milliseconds) as RFC 3339 in UTC; milliseconds only where there are any."""
    moment = datetime.fromtimestamp(instant // SECOND, UTC).replace(tzinfo=None)
    milliseconds = instant % SECOND
    fraction = f".{milliseconds:03d}" if milliseconds else ""
    return f"{moment.isoformat()}{fraction}Z"
