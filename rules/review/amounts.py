"""Figures of a window: what is counted, out of how many, and why it may not be known.

Integers: counts are whole, everything else is in hundredths of its unit. Money is rounded half up;
what is said with one decimal is cut off here, so that it is rounded only once, where it is said.
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from rules.review.history import JudgedDay

DAYS: Final = "days"
"""Stands for the number of days that were counted, where a figure is taken per day."""


class Unit(StrEnum):
    """What a figure is a number of."""

    COUNT = "count"
    """Whole things."""
    PERCENT = "percent"
    """Parts of a hundred, in hundredths: 1250 is 12.5 %."""
    POINTS = "points"
    """Points of an index or of the net promoter score, in hundredths."""
    AVERAGE = "average"
    """Things per day, in hundredths."""
    MONEY = "money"
    """Amounts in the platform's own currency, in hundredths."""


class Missing(StrEnum):
    """Why a figure is not known; never the same as 0."""

    OFF = "off"
    """No snapshot of the window has it: the rule, or the ledger, that counts it is off."""
    UNKNOWN = "unknown"
    """The snapshots have it, and say that it is not known."""
    NO_CASES = "no_cases"
    """There was nothing to take a rate of."""
    NO_DAYS = "no_days"
    """No day of the window was judged."""
    SHORT = "short"
    """Too few days in a row were judged."""


class Figure(NamedTuple):
    """What to read out of snapshots: the sum of `plus` less `minus`, over the sum of `per`.

    Where `at_close` it is as of the last day on which it is known, else it is of all days of the
    window. `scale` makes hundredths of it. It is not known without what it `needs`, which it does
    not count: a ledger into which nothing is entered says 0.
    """

    name: str
    unit: Unit
    plus: tuple[str, ...]
    minus: tuple[str, ...] = ()
    per: tuple[str, ...] = ()
    at_close: bool = False
    scale: int = 1
    needs: tuple[str, ...] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of the measures that it is made of."""
        return tuple(name for name in self.plus + self.minus + self.per if name != DAYS)


class Amount(NamedTuple):
    """A figure of one window; `value` is None where it is `missing`.

    `made_of` are the counts by name; `known_days` of the window's judged days have told them.
    """

    value: int | None
    missing: Missing | None
    made_of: Mapping[str, int]
    known_days: int


class Compared(NamedTuple):
    """A figure of the window and of the one before it.

    `change` is in hundredths: of a percent, where things are counted, else of a point. None where
    the two cannot be compared: one is not known, or is known of a part of its days only.
    """

    figure: Figure
    now: Amount
    before: Amount
    change: int | None


class Windows(NamedTuple):
    """The judged days of the window and of the one before; `length` is how many each may have."""

    now: Sequence[JudgedDay]
    before: Sequence[JudgedDay]
    length: int


def ratio(counted: int, cases: int) -> int:
    """Divide, rounding half up; `cases` is above 0."""
    return (2 * counted + cases) // (2 * cases)


def cut(counted: int, cases: int) -> int:
    """Divide, cutting off what is left, towards 0; `cases` is above 0."""
    return counted // cases if counted >= 0 else -(-counted // cases)


def read(figure: Figure, days: Sequence[JudgedDay]) -> Amount:
    """Read a figure out of the judged days of a window."""
    if not days:
        return _missing(Missing.NO_DAYS)
    names = figure.reads + figure.needs
    if not all(any(name in day.measures for day in days) for name in names):
        return _missing(Missing.OFF)
    known = [day for day in days if all(day.measures.get(name) is not None for name in names)]
    if not known:
        return _missing(Missing.UNKNOWN)
    if figure.at_close:
        known = known[-1:]
    made_of = {name: sum(day.measures[name] or 0 for day in known) for name in figure.reads}
    return _amount(figure, made_of, len(known))


def _amount(figure: Figure, made_of: Mapping[str, int], known_days: int) -> Amount:
    counts = {**made_of, DAYS: known_days}
    value = sum(counts[name] for name in figure.plus) - sum(counts[name] for name in figure.minus)
    value *= figure.scale
    if figure.per:
        cases = sum(counts[name] for name in figure.per)
        if cases <= 0:
            return Amount(None, Missing.NO_CASES, made_of, known_days)
        value = (ratio if figure.unit is Unit.MONEY else cut)(value, cases)
    return Amount(value, None, made_of, known_days)


def _missing(reason: Missing) -> Amount:
    return Amount(None, reason, {}, 0)


def compare(figure: Figure, windows: Windows) -> Compared:
    """Read a figure of both windows, and how far it has moved."""
    now = read(figure, windows.now)
    before = read(figure, windows.before)
    whole = figure.at_close or now.known_days == before.known_days == windows.length
    return Compared(figure, now, before, _change(figure.unit, now, before) if whole else None)


def _change(unit: Unit, now: Amount, before: Amount) -> int | None:
    if now.value is None or before.value is None:
        return None
    difference = now.value - before.value
    if unit in (Unit.PERCENT, Unit.POINTS):
        return difference
    if difference == 0:
        return 0
    return None if before.value <= 0 else cut(10_000 * difference, before.value)
