"""Instants: which texts are RFC 3339, and which millisecond they name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from models import instants
from models.instants import DAY, EARLIEST, HOUR, LATEST, MINUTE, format_instant, parse_instant

NOON = 1_795_348_800_000
"""2026-11-22T12:00:00Z."""

READ = [
    ("in UTC", "2026-11-22T12:00:00Z", NOON),
    ("lower-case t and z", "2026-11-22t12:00:00z", NOON),
    ("a space for the T", "2026-11-22 12:00:00Z", NOON),
    ("milliseconds", "2026-11-22T12:00:00.789Z", NOON + 789),
    ("one fractional digit", "2026-11-22T12:00:00.7Z", NOON + 700),
    ("nine fractional digits, rounded down", "2026-11-22T12:00:00.123999999Z", NOON + 123),
    ("seventy fractional digits", "2026-11-22T12:00:00.0" + "9" * 70 + "Z", NOON + 99),
    ("nearly the next second", "2026-11-22T11:59:59.999999Z", NOON - 1),
    ("India", "2026-11-22T17:30:00+05:30", NOON),
    ("Newfoundland", "2026-11-22T08:30:00-03:30", NOON),
    ("no offset known", "2026-11-22T12:00:00-00:00", NOON),
    ("the widest offset", "2026-11-23T11:59:00+23:59", NOON),
    ("into the day before", "2026-11-23T00:30:00+12:30", NOON),
    ("the 29th of February", "2024-02-29T00:00:00Z", 1_709_164_800_000),
    ("the beginning", "1970-01-01T00:00:00Z", 0),
    ("before the beginning", "1969-12-31T23:59:59.999Z", -1),
    ("long before", "1900-03-01T00:00:00Z", -2_203_891_200_000),
    ("the first", "0002-01-02T00:00:00Z", EARLIEST + DAY),
    ("the first, from the east", "0002-01-02T05:30:00+05:30", EARLIEST + DAY),
    ("the last", "9999-12-27T00:00:00Z", LATEST - DAY),
]
NOT_READ = [
    ("offset without colon", "2026-11-22T12:00:00+0530"),
    ("offset of hours only", "2026-11-22T12:00:00+05"),
    ("no offset", "2026-11-22T12:00:00"),
    ("offset of 24 hours", "2026-11-22T12:00:00+24:00"),
    ("offset of 60 minutes", "2026-11-22T12:00:00+05:60"),
    ("offset with the minus sign of print", "2026-11-22T12:00:00−05:30"),
    ("two offsets", "2026-11-22T12:00:00ZZ"),
    ("leap second", "2026-11-22T23:59:60Z"),
    ("24 o'clock", "2026-11-22T24:00:00Z"),
    ("minute 60", "2026-11-22T12:60:00Z"),
    ("no seconds", "2026-11-22T12:00Z"),
    ("a date", "2026-11-22"),
    ("basic format", "20261122T120000Z"),
    ("week date", "2026-W47-7T12:00:00Z"),
    ("underscore", "2026-11-22_12:00:00Z"),
    ("comma for the point", "2026-11-22T12:00:00,5Z"),
    ("point without digits", "2026-11-22T12:00:00.Z"),
    ("month 13", "2026-13-22T12:00:00Z"),
    ("day 0", "2026-11-00T12:00:00Z"),
    ("31st of November", "2026-11-31T12:00:00Z"),
    ("29th of February of a common year", "2026-02-29T12:00:00Z"),
    ("1900 was no leap year", "1900-02-29T12:00:00Z"),
    ("year 0000", "0000-11-22T12:00:00Z"),
    ("year 0001", "0001-01-01T00:00:00Z"),
    ("a moment before the first", "0002-01-01T23:59:59.999Z"),
    ("a moment after the last", "9999-12-27T00:00:00.001Z"),
    ("the year's last day", "9999-12-31T23:59:59Z"),
    ("year of five digits", "12026-11-22T12:00:00Z"),
    ("negative year", "-2026-11-22T12:00:00Z"),
    ("leading space", " 2026-11-22T12:00:00Z"),
    ("final newline", "2026-11-22T12:00:00Z\n"),
    ("Arabic digits", "٢٠٢٦-11-22T12:00:00Z"),
    ("full-width digits", "2026-11-22T12:00:0０Z"),
    ("seconds since 1970", "1795348800"),
    ("nothing", ""),
]


def rows(table: Sequence[tuple[object, ...]]) -> list[object]:
    """The rows of a table, each named by its first column."""
    return [pytest.param(*row[1:], id=str(row[0])) for row in table]


@pytest.mark.parametrize(("text", "expected"), rows(READ))
def test_an_instant_is_read_to_the_millisecond(text: str, expected: int) -> None:
    assert parse_instant(text) == expected
    assert parse_instant(text) == expected


@pytest.mark.parametrize("text", rows(NOT_READ))
def test_anything_else_is_no_instant(text: str) -> None:
    assert parse_instant(text) is None
    assert parse_instant(text) is None


# As texts come: mostly of few hours, seconds and rests, so that what is remembered is used.
HOURS = [
    "2026-11-22T12", "2026-11-22 12", "2026-11-22T24", "2026-02-29T12", "0002-01-02T00",
    "0002-01-05T00", "9999-12-26T23", "9999-12-24T00", "2026-11-2212T", "026-11-22T120",
]  # fmt: skip
hours = st.sampled_from(HOURS)
seconds = st.sampled_from([":00:00", ":34:56", ":59:60", ":60:00", ":0:000", "00:00:", ""])
rests = st.sampled_from(
    ["Z", "z", ".5Z", ".5", "", "+05:30", "-23:59", "+23:59", "+24:00", ".123456789-03:30", "0Z"]
)


def alone(text: str) -> int | None:
    """What is read where nothing is remembered."""
    for cache in (instants._hours, instants._seconds, instants._fractions):
        cache.clear()
    return parse_instant(text)


@given(st.lists(st.tuples(hours, seconds, rests).map("".join), min_size=1, max_size=6))
def test_what_was_read_before_changes_no_answer(texts: list[str]) -> None:
    remembering = [parse_instant(text) for text in [*texts, *texts]]
    assert remembering == [alone(text) for text in texts] * 2


offsets = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.integers(EARLIEST + 2 * DAY, LATEST - 3 * DAY), st.integers(0, 999), offsets)
def test_an_instant_is_what_the_standard_library_says(
    milliseconds: int, microseconds: int, zone: timezone
) -> None:
    since = timedelta(milliseconds=milliseconds, microseconds=microseconds)
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + since).astimezone(zone)
    assert parse_instant(moment.isoformat()) == milliseconds


@given(st.integers(EARLIEST + DAY, LATEST - DAY))
def test_what_is_written_is_read_as_the_same_instant(instant: int) -> None:
    assert parse_instant(format_instant(instant)) == instant


@given(st.integers(EARLIEST, LATEST), st.sampled_from([-MINUTE, -1, 1, HOUR]))
def test_later_instants_are_later_texts(instant: int, step: int) -> None:
    # Without milliseconds a text is shorter, so only texts of one length are compared.
    one, other = format_instant(instant), format_instant(instant + step)
    assume(len(one) == len(other) and min(instant, instant + step) >= EARLIEST)
    assert (one < other) is (step > 0)


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (NOON, "2026-11-22T12:00:00Z"),
        (NOON + 7, "2026-11-22T12:00:00.007Z"),
        (NOON + 700, "2026-11-22T12:00:00.700Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (EARLIEST, "0002-01-01T00:00:00Z"),
    ],
)
def test_an_instant_is_written_in_utc(instant: int, text: str) -> None:
    assert format_instant(instant) == text


def test_remembered_parts_never_make_an_instant_out_of_range() -> None:
    texts = ["0002-01-02T00:00:00Z", "9999-12-26T23:00:00Z", "2026-11-22T12:00:00+05:30"]
    texts += ["2026-11-22T12:00:00-05:30"]
    assert None not in [parse_instant(text) for text in texts]
    assert parse_instant("0002-01-02T00:00:00+05:30") is None
    assert parse_instant("9999-12-26T23:00:00-05:30") is None


def test_a_text_of_many_digits_is_not_kept_in_memory() -> None:
    rest = "." + "1" * 10_000 + "Z"
    assert parse_instant("2026-11-22T12:00:00" + rest) == NOON + 111
    assert rest not in instants._fractions
