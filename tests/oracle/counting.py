"""How the oracle counts what members did: each time anew, out of everything that happened."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from .reading import INTERACTIONS, SPEECH, Record

ANSWERS = {"reply.created", "like.added"}
MOST_BELIEVED = 10**9
Happening = tuple[date, Record]


def within(happenings: Iterable[Happening], day: date, days: int) -> list[Happening]:
    """What happened in so many days that end with the day."""
    first = day - timedelta(days=days - 1)
    return [each for each in happenings if first <= each[0] <= day]


def who(happenings: Iterable[Happening], types: set[str]) -> set[str]:
    """The members who did something of these types."""
    return {record.user_id for _, record in happenings if record.type in types and record.user_id}


def inviters(happenings: Iterable[Happening]) -> set[str]:
    """Those who sent an invitation, or by whose invitation somebody else joined."""
    joined = {
        record.inviter_id
        for _, record in happenings
        if record.type == "member.joined" and record.inviter_id not in (None, record.user_id)
    }
    return who(happenings, {"invite.sent"}) | {inviter for inviter in joined if inviter}


def firsts(happenings: Iterable[Happening], name: str) -> dict[str, tuple[int, date]]:
    """For each member, where the first event of the type stands that arrived, and its day."""
    found: dict[str, tuple[int, date]] = {}
    for place, (day, record) in enumerate(happenings):
        if record.type == name and record.user_id:
            found.setdefault(record.user_id, (place, day))
    return found


def top_fifth(counts: Mapping[str, int]) -> int:
    """What the most active fifth did; a part of a member counts as a whole one."""
    fifth = -(-len(counts) // 5)
    return sum(sorted(counts.values(), reverse=True)[:fifth])


def hundredths(number: float) -> int:
    """A number in whole hundredths, as the machine rounds it."""
    return round(number * 100)


def spent(record: Record) -> int:
    """The amount of a purchase in hundredths; what cannot be an amount is none."""
    amount = record.amount
    if record.type != "purchase.completed" or amount is None:
        return 0
    return hundredths(amount) if 0 <= amount <= MOST_BELIEVED else 0


def told_of(member: str, happenings: Iterable[Happening]) -> dict[str, int]:
    """What is told of a member: what it did, and what others did to it or because of it."""
    own = [record for _, record in happenings if record.user_id == member]
    of_others = [record for _, record in happenings if record.user_id != member]
    return {
        "speech": sum(each.type in SPEECH for each in own),
        "views": sum(each.type == "content.viewed" for each in own),
        "received": sum(
            each.type in ANSWERS and each.target_user_id == member for each in of_others
        ),
        "invites": sum(each.type == "invite.sent" for each in own),
        "brought_in": sum(
            each.type == "member.joined" and each.inviter_id == member for each in of_others
        ),
        "purchases": sum(each.type == "purchase.completed" for each in own),
        "spent_hundredths": sum(map(spent, own)),
        "interactions": sum(each.type in INTERACTIONS for each in own),
    }


def tags_of(told: Mapping[str, int], settings: Mapping[str, Any]) -> dict[str, str]:
    """How much there is of each dimension: none, some, or as much as the setting calls high."""
    amounts = {
        "demand_intensity": (told["views"] + told["interactions"], settings["demand_high"]),
        "willingness_to_pay": (told["purchases"], settings["pay_high"]),
        "social_value": (told["received"] + told["brought_in"], settings["social_high"]),
    }
    return {
        name: "none" if amount == 0 else "high" if amount >= high else "some"
        for name, (amount, high) in amounts.items()
    }
