"""Days: on which local day an instant falls, and when a day is over, as clocks change."""

from __future__ import annotations

import zoneinfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.days import Calendar, calendar, day_from_iso, iso
from models.instants import DAY, HOUR, MINUTE, format_instant, parse_instant

# zone, day, the midnight before it, the midnight after it, hours
DAYS = [
    ("UTC", "2026-11-22", "2026-11-22T00:00:00Z", "2026-11-23T00:00:00Z", 24),
    ("Asia/Shanghai", "2026-11-22", "2026-11-21T16:00:00Z", "2026-11-22T16:00:00Z", 24),
    ("Asia/Kathmandu", "2026-11-22", "2026-11-21T18:15:00Z", "2026-11-22T18:15:00Z", 24),
    ("Asia/Kathmandu", "1985-12-31", "1985-12-30T18:30:00Z", "1985-12-31T18:30:00Z", 24),
    ("Asia/Kathmandu", "1986-01-01", "1985-12-31T18:30:00Z", "1986-01-01T18:15:00Z", 23.75),
    ("America/New_York", "2025-03-09", "2025-03-09T05:00:00Z", "2025-03-10T04:00:00Z", 23),
    ("America/New_York", "2025-11-02", "2025-11-02T04:00:00Z", "2025-11-03T05:00:00Z", 25),
    ("Australia/Lord_Howe", "2025-10-05", "2025-10-04T13:30:00Z", "2025-10-05T13:00:00Z", 23.5),
    ("Australia/Lord_Howe", "2025-04-06", "2025-04-05T13:00:00Z", "2025-04-06T13:30:00Z", 24.5),
    # Samoa went to the other side of the date line: it had no 30 December.
    ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", 24),
    ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00Z", "2011-12-30T10:00:00Z", 0),
    ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z", 24),
    # The clocks skip midnight: the day begins at one.
    ("America/Sao_Paulo", "2018-11-03", "2018-11-03T03:00:00Z", "2018-11-04T03:00:00Z", 24),
    ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00Z", "2018-11-05T02:00:00Z", 23),
    # The clocks go back from midnight to eleven: the day before is longer.
    ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00Z", "2018-02-18T03:00:00Z", 25),
    ("America/Havana", "2024-03-10", "2024-03-10T05:00:00Z", "2024-03-11T04:00:00Z", 23),
    # The clocks go back from one to midnight: it comes twice, and the first counts.
    ("America/Havana", "2024-11-02", "2024-11-02T04:00:00Z", "2024-11-03T04:00:00Z", 24),
    ("America/Havana", "2024-11-03", "2024-11-03T04:00:00Z", "2024-11-04T05:00:00Z", 25),
]
NAMES = [pytest.param(*row, id=f"{row[0]} {row[1]}") for row in DAYS]


def instant(text: str) -> int:
    found = parse_instant(text)
    assert found is not None
    return found


@pytest.mark.parametrize(("zone", "day", "begin", "end", "hours"), NAMES)
def test_a_day_lasts_from_midnight_to_midnight(
    zone: str, day: str, begin: str, end: str, hours: float
) -> None:
    days, number = Calendar(zone), day_from_iso(day)
    assert format_instant(days.midnight_after(number - 1)) == begin
    assert format_instant(days.midnight_after(number)) == end
    assert instant(end) - instant(begin) == hours * HOUR
    if hours:
        assert iso(days.day_of(instant(begin))) == day
        assert iso(days.day_of(instant(end) - 1)) == day
    assert days.day_of(instant(begin) - 1) < number
    assert days.day_of(instant(end)) > number


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("America/St_Johns", "2006-10-29T02:30:59.999Z", "2006-10-29"),
        ("America/St_Johns", "2006-10-29T02:31:00Z", "2006-10-28"),
        ("America/St_Johns", "2006-10-29T03:30:00Z", "2006-10-29"),
        ("Pacific/Kiritimati", "2026-11-22T10:00:00Z", "2026-11-23"),
        ("Pacific/Pago_Pago", "2026-11-22T10:59:59Z", "2026-11-21"),
        # Liberia's clocks stood at -00:44:30 until 1972.
        ("Africa/Monrovia", "1972-01-07T00:44:29Z", "1972-01-06"),
        ("Africa/Monrovia", "1972-01-07T00:44:30Z", "1972-01-07"),
        ("Africa/Monrovia", "1971-06-01T00:44:29.999Z", "1971-05-31"),
        ("Africa/Monrovia", "1971-06-01T00:44:30Z", "1971-06-01"),
        ("Europe/Amsterdam", "1936-05-31T22:40:00Z", "1936-05-31"),
    ],
)
def test_an_instant_falls_on_the_day_that_local_clocks_show(
    zone: str, moment: str, day: str
) -> None:
    days = Calendar(zone)
    assert iso(days.day_of(instant(moment))) == day
    assert iso(days.day_of(instant(moment))) == day


@pytest.mark.parametrize(
    ("zone", "moments_and_days"),
    [
        pytest.param(
            "America/St_Johns",
            {
                "2006-10-29T02:30:00Z": "2006-10-29",
                "2006-10-29T02:31:00Z": "2006-10-28",
                "2006-10-29T03:29:59Z": "2006-10-28",
                "2006-10-29T03:30:00Z": "2006-10-29",
                "2006-10-29T02:30:59Z": "2006-10-29",
            },
            id="a midnight that comes twice",
        ),
        pytest.param(
            "Africa/Monrovia",
            {
                "1971-06-01T00:44:29.999Z": "1971-05-31",
                "1971-06-01T00:44:30Z": "1971-06-01",
                "1971-06-01T00:44:00Z": "1971-05-31",
            },
            id="a midnight within a minute",
        ),
    ],
)
def test_one_calendar_answers_each_question_anew(
    zone: str, moments_and_days: dict[str, str]
) -> None:
    days = Calendar(zone)
    for moment, day in [*moments_and_days.items(), *reversed(moments_and_days.items())]:
        assert iso(days.day_of(instant(moment))) == day


ORDINARY = sorted(
    {
        *("UTC", "Etc/UTC", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe"),
        *("America/New_York", "America/Sao_Paulo", "Europe/London", "Africa/Cairo"),
        *("Pacific/Apia", "Pacific/Chatham", "Asia/Tehran", "America/Santiago", "Asia/Beirut"),
        *("Pacific/Kiritimati", "Antarctica/Troll", "Africa/Casablanca", "Europe/Dublin"),
    }
)
FROM, TO = instant("1975-01-01T00:00:00Z"), instant("2040-01-01T00:00:00Z")
moments = st.integers(FROM, TO)
# Clocks change on whole half hours of UTC, give or take a quarter: one in many draws hits one.
near_changes = st.builds(
    lambda day, half, step: FROM + day * DAY + half * 30 * MINUTE + step,
    st.integers(0, (TO - FROM) // DAY),
    st.integers(0, 47),
    st.sampled_from([-1, 0, 1]),
)


@given(st.sampled_from(ORDINARY), moments | near_changes)
def test_a_day_holds_the_instants_from_its_midnight_to_the_next(zone: str, moment: int) -> None:
    days = calendar(zone)
    day = days.day_of(moment)
    assert days.midnight_after(day - 1) <= moment < days.midnight_after(day)


@given(
    st.sampled_from([*ORDINARY, "America/St_Johns", "Africa/Monrovia", "America/Havana"]),
    st.integers(0, (TO - FROM) // DAY),
    st.lists(st.integers(-8, 8), min_size=2, max_size=8),
)
def test_what_was_asked_before_changes_no_answer(zone: str, day: int, quarters: list[int]) -> None:
    asked, around = Calendar(zone), FROM + day * DAY
    instants = [around + quarter * 4 * HOUR - 1 for quarter in quarters]
    assert [asked.day_of(moment) for moment in instants] == [
        Calendar(zone).day_of(moment) for moment in instants
    ]


@given(st.sampled_from(sorted(zoneinfo.available_timezones())), moments | near_changes)
def test_all_of_a_span_falls_on_its_day(zone: str, instant: int) -> None:
    days = Calendar(zone)
    day, begin, end = days.span_of(instant)

    assert day == days.day_of(instant)
    assert begin == end or begin <= instant < end
    for other in (begin, end - 1, *range(begin, end, 15 * MINUTE)) if begin < end else ():
        assert Calendar(zone).day_of(other) == day


@given(st.sampled_from(sorted(zoneinfo.available_timezones())), moments, st.integers(0, 3 * DAY))
def test_days_follow_each_other_unless_a_midnight_repeats(
    zone: str, moment: int, later: int
) -> None:
    days = calendar(zone)
    day, next_day = days.day_of(moment), days.day_of(moment + later)
    if next_day < day:
        midnight = days.midnight_after(next_day)
        assert midnight <= moment, "the midnight was there, and the clocks went back over it"
        assert moment + later < midnight + 2 * HOUR
    assert next_day <= day + later // DAY + 2


@given(st.sampled_from(sorted(zoneinfo.available_timezones())), st.integers(720_000, 744_000))
def test_midnights_never_go_back(zone: str, day: int) -> None:
    days = calendar(zone)
    assert 0 <= days.midnight_after(day) - days.midnight_after(day - 1) <= 48 * HOUR


def test_a_zone_that_is_not_known_is_named() -> None:
    with pytest.raises(ValueError, match="unknown time zone 'Mars/Olympus'"):
        Calendar("Mars/Olympus")


@pytest.mark.parametrize("name", ["", "../UTC", "/etc/localtime", "UTC\x00", "America"])
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone"):
        Calendar(name)


def test_the_machines_own_zone_files_are_not_read() -> None:
    assert zoneinfo.TZPATH == ()


@given(st.integers(1, 3_650_000))
def test_a_day_is_read_as_it_is_written(day: int) -> None:
    assert day_from_iso(iso(day)) == day


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "yesterday", "", "2026-11-22T00:00:00Z", "20261122", "2026-W47-7", "2026-1-1"],
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a day such as"):
        day_from_iso(text)
