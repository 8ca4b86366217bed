"""The kinds of field that rule tests are made of: each reads one YAML value or says what is wrong.

Days become ordinals, instants milliseconds, local times minutes of the day.
"""

import re
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from models.days import day_from_iso
from models.events import TYPES
from models.instants import parse_instant

_TIME_OF_DAY = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_RANGE = re.compile(r"(.*?)(\d+)\.\.(.*?)(\d+)", re.ASCII)


def _day(value: object) -> int:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.toordinal()
    if isinstance(value, str):
        return day_from_iso(value)
    raise ValueError(f"not a day such as 2025-01-31: {value!r}")


def _instant(value: object) -> int:
    text = value.isoformat() if isinstance(value, datetime) else value
    instant = parse_instant(text) if isinstance(text, str) else None
    if instant is None:
        raise ValueError(f"not an instant with offset such as 2025-01-31T12:00:00Z: {text!s}")
    return instant


def _time_of_day(value: object) -> int:
    """Return the minute of the day; YAML reads an unquoted 23:30 as a number."""
    match = _TIME_OF_DAY.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError('not a local time in quotes, such as "23:30"')
    return int(match[1]) * 60 + int(match[2])


def _type(value: object) -> str:
    if value not in TYPES:
        raise ValueError(f"unknown type of event: {value!r}")
    return str(value)


def _users(value: object) -> list[object]:
    """Write out each range such as `m01..m12`; names and everything else stay as they are."""
    if not isinstance(value, list):
        raise ValueError("not a list of members")  # noqa: TRY004 (pydantic catches only ValueError)
    return [name for entry in value for name in _range(entry)]


def _range(entry: object) -> list[object]:
    match = _RANGE.fullmatch(entry) if isinstance(entry, str) else None
    if match is None:
        return [entry]
    prefix, first, other, last = match.groups()
    if other != prefix or len(first) != len(last) or first > last:
        raise ValueError(f"not a range of members such as m01..m12: {entry!r}")
    return [f"{prefix}{number:0{len(first)}}" for number in range(int(first), int(last) + 1)]


def _plain(value: Any) -> Any:
    """Return what YAML read as a date the way a record writes it."""
    if isinstance(value, dict):
        return {key: _plain(content) for key, content in value.items()}
    if isinstance(value, list):
        return [_plain(content) for content in value]
    return value.isoformat() if isinstance(value, date) else value


Day = Annotated[int, BeforeValidator(_day)]
Instant = Annotated[int, BeforeValidator(_instant)]
TimeOfDay = Annotated[int, BeforeValidator(_time_of_day)]
Type = Annotated[str, BeforeValidator(_type)]
Identifier = Annotated[str, Field(min_length=1, max_length=256)]
Users = Annotated[list[Identifier], Field(min_length=1), BeforeValidator(_users)]
Amount = Annotated[float, Field(allow_inf_nan=False)]
"""A number, whole or not: a score, how much was read, what a purchase cost."""
Figures = Annotated[dict[str, Any], BeforeValidator(_plain)]
