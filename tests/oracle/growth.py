"""The growth engine's rules, from their sentences in CATALOGUE: members counted anew each time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from fractions import Fraction
from typing import Any

from .counting import Happening, inviters, spent, who, within
from .ledger import Ledger
from .reading import INTERACTIONS, SPEECH

MONTH = 28
Measure = Callable[[Ledger, date, date, Mapping[str, Any]], tuple[int | None, str]]


def viral_coefficient(
    ledger: Ledger, first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int, str]:
    """Members who joined by the invitation of another, on those who invited or brought them in."""
    month = within(ledger.happenings, day, MONTH)
    least = Fraction(settings["minimum_percent"], 100)
    joined, inviting = brought_in(month), len(inviters(month))
    return joined, _verdict(first_day, day, joined, inviting, least, settings["floor"])


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


def growth_stage(
    ledger: Ledger, first_day: date, day: date, settings: Mapping[str, Any]
) -> tuple[int | None, str]:
    """The number of the stage that all agree on who know what is not known."""
    if (day - first_day).days < 2 * MONTH - 1:
        return None, "LEARNING"
    month = within(ledger.happenings, day, MONTH)
    inviting, acts = inviters(month), [each for _, each in month if each.type in INTERACTIONS]
    if not inviting:
        return None, "NOT_APPLICABLE"
    new = len(inviting & newcomers_to_inviting(ledger.happenings, day))
    few = len(inviting) < settings["few_inviters"]
    works = Fraction(brought_in(month), len(inviting)) >= Fraction(settings["viral_percent"], 100)
    grows = Fraction(new, len(inviting)) >= Fraction(settings["grow_percent"], 100)
    active = {each.user_id for each in acts if each.user_id} & (ledger.known - ledger.gone)
    money = sum(spent(each) for _, each in month)
    pays, alone = [True, False], [True, False]
    if money and active:
        pays = [Fraction(money, len(active)) >= settings["pay_hundredths"]]
    if acts:
        outside = sum(each.campaign_id is None for each in acts)
        alone = [Fraction(outside, len(acts)) >= Fraction(settings["drive_percent"], 100)]
    stages = {meaning(few, works, grows, one, other) for one in pays for other in alone}
    return (stages.pop(), "OK") if len(stages) == 1 else (None, "NOT_APPLICABLE")


def meaning(few: bool, works: bool, grows: bool, pays: bool, alone: bool) -> int:
    """The stage: 1 seed, 2 burst, 3 diffusion, 4 settled."""
    if few:
        return 4 if pays and alone and not grows else 1
    if works:
        return 3 if pays and not grows else 2
    if not pays:
        return 1
    return 4 if alone and not grows else 3


def cohort_value(
    ledger: Ledger, first_day: date, day: date, _: Mapping[str, Any]
) -> tuple[int | None, str]:
    """What members have spent since they joined, on each of them; others are left out."""
    joined = set[str]()
    theirs = elsewhere = 0
    for _when, record in ledger.happenings:
        if not record.user_id:
            continue
        if record.type == "member.joined":
            joined.add(record.user_id)
        elif record.user_id in joined:
            theirs += spent(record)
        else:
            elsewhere += spent(record)
    value = theirs // len(joined) if joined else None
    if (day - first_day).days < MONTH - 1:
        return value, "LEARNING"
    return value, "OK" if joined and theirs + elsewhere else "NOT_APPLICABLE"


def brought_in(happenings: list[Happening]) -> int:
    """How often somebody joined by the invitation of another."""
    return sum(
        each.type == "member.joined" and each.inviter_id not in (None, each.user_id)
        for _, each in happenings
    )


def newcomers_to_inviting(happenings: list[Happening], day: date) -> set[str]:
    """Whose first invitation is of the 28 days."""
    first = dict[str, date]()
    for when, each in happenings:
        for member in inviters([(when, each)]):
            first[member] = min(when, first.get(member, when))
    return {member for member, when in first.items() if 0 <= (day - when).days < MONTH}


def _verdict(first_day: date, day: date, part: int, whole: int, least: Fraction, floor: int) -> str:
    if (day - first_day).days < MONTH - 1:
        return "LEARNING"
    if whole == 0:
        return "NOT_APPLICABLE"
    if whole < floor:
        return "BELOW_FLOOR"
    return "FIRE" if Fraction(part, whole) < least else "OK"
