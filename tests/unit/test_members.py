"""A member's record: every field comes out of the int as it went in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import members
from models.alerts import Phase

days = st.integers(0, (1 << 22) - 1)
phases = st.sampled_from(Phase)


def fields(member: int) -> tuple[int, int, Phase, bool, bool]:
    return (
        members.last_day(member),
        members.since_day(member),
        members.phase_of(member),
        bool(member & members.LEFT),
        bool(member & members.SCHEDULED),
    )


records = st.builds(
    lambda last, phase, since, left, scheduled: (
        members.pack(last, phase=phase, since=since, left=left)
        | (members.SCHEDULED if scheduled else 0)
    ),
    days,
    phases,
    days,
    st.booleans(),
    st.booleans(),
)


@given(days, phases, days, st.booleans())
def test_what_is_packed_comes_out(last: int, phase: Phase, since: int, left: bool) -> None:
    member = members.pack(last, phase=phase, since=since, left=left)
    assert fields(member) == (last, since, phase, left, False)
    assert members.is_firing(member) is (phase is Phase.FIRING)


@given(records, days)
def test_moving_the_last_day_changes_nothing_else(member: int, last: int) -> None:
    assert fields(members.moved(member, last)) == (last, *fields(member)[1:])


@given(records, phases, days)
def test_another_phase_changes_phase_and_its_day_only(
    member: int, phase: Phase, since: int
) -> None:
    last, _, _, left, scheduled = fields(member)
    expected = (last, since, phase, left, scheduled)
    assert fields(members.in_phase(member, phase, since)) == expected


@given(records)
def test_a_record_fits_into_the_eight_bytes_of_the_state(member: int) -> None:
    assert 0 <= member < 1 << 64


def test_a_new_member_is_quiet_and_there() -> None:
    assert fields(members.pack(739_577)) == (739_577, 0, Phase.QUIET, False, False)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [
        (739_577, (739_577, 0, Phase.QUIET, False, False)),
        (739_577 | 739_600 << 22, (739_577, 739_600, Phase.QUIET, False, False)),
        (1 << 44, (0, 0, Phase.PENDING, False, False)),
        (2 << 44, (0, 0, Phase.FIRING, False, False)),
        (1 << 46, (0, 0, Phase.QUIET, True, False)),
        (1 << 47, (0, 0, Phase.QUIET, False, True)),
    ],
)
def test_the_bits_are_where_the_stored_state_has_them(
    bits: int, expected: tuple[int, int, Phase, bool, bool]
) -> None:
    assert fields(bits) == expected
