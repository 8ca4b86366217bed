"""The growth engine's rules, from their sentences in the README: members counted anew each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from .counting import who, within
from .ledger import Ledger
from .reading import INTERACTIONS, SPEECH

MONTH = 28
Measure = Callable[[Ledger, date, date, Mapping[str, Any]], tuple[int, str]]


def viral_coefficient(
    ledger: Ledger, first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int, str]:
    """Members who joined by the invitation of another, on those who invited or brought them in."""
    brought = [
        record.inviter_id
        for _, record in within(ledger.happenings, day, MONTH)
        if record.type == "member.joined" and record.inviter_id not in (None, record.user_id)
    ]
    inviters = who(within(ledger.happenings, day, MONTH), {"invite.sent"}) | set(brought)
    least = Fraction(settings["minimum_percent"], 100)
    verdict = _verdict(first_day, day, len(brought), len(inviters), least, settings["floor"])
    return len(brought), verdict


def content_conversion(
    ledger: Ledger, first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int, str]:
    """Who wrote, of those who read."""
    month = within(ledger.happenings, day, MONTH)
    readers = who(month, {"content.viewed"})
    writers = readers & who(month, SPEECH)
    least = Fraction(settings["minimum_permille"], 1000)
    verdict = _verdict(first_day, day, len(writers), len(readers), least, settings["floor"])
    return len(writers), verdict


def monthly_activity(
    ledger: Ledger, first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int, str]:
    """Who did anything in the month, of all who are known and have not left."""
    there = ledger.known - ledger.gone
    active = who(within(ledger.happenings, day, MONTH), INTERACTIONS) & there
    least = Fraction(settings["minimum_percent"], 100)
    verdict = _verdict(first_day, day, len(active), len(there), least, settings["floor"])
    return len(active), "BELOW_FLOOR" if verdict == "NOT_APPLICABLE" else verdict


def _verdict(first_day: date, day: date, part: int, whole: int, least: Fraction, floor: int) -> str:
    if (day - first_day).days < MONTH - 1:
        return "LEARNING"
    if whole == 0:
        return "NOT_APPLICABLE"
    if whole < floor:
        return "BELOW_FLOOR"
    return "FIRE" if Fraction(part, whole) < least else "OK"
