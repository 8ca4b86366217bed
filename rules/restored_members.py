"""Puts stored members back into their community: into the wheel, and on their pages."""

from collections.abc import Mapping

from models import members as packed
from rules.state import MEMBER_CHARACTERS, Community


def restore_members(community: Community, members: Mapping[str, int]) -> None:
    """Give a community its stored members, and put each into the wheel where it belongs.

    A recovery may have a million of them, most of whom are like others: last here on the same day.
    """
    firing: list[str] = []
    alike: dict[int, tuple[int, list[str] | None]] = {}
    restored = community.members
    for user_id, stored in members.items():
        place = alike.get(stored)
        if place is None:
            place = alike[stored] = _place_of(community, stored & ~packed.SCHEDULED, firing)
        restored[user_id], others = place
        if others is not None:
            others.append(user_id)
    community.silent += len(firing)
    community.onlookers = sum(not packed.last_day(member) for member in restored.values())
    _restore_pages(community)


def _place_of(community: Community, member: int, firing: list[str]) -> tuple[int, list[str] | None]:
    """Return the member in its place, and the list it belongs on: of the wheel, or `firing`."""
    rule = community.policy.member_rule
    if packed.is_firing(member):
        return packed.shared(member), firing
    is_judged = packed.last_day(member) and not member & packed.LEFT
    if rule is None or rule.member_measure is None or not is_judged:
        return packed.shared(member), None
    day = community.next_day
    if not packed.is_pending(member):
        day = max(day, rule.member_measure.due(packed.last_day(member), rule.setting.parameters))
    return packed.shared(member | packed.SCHEDULED), community.wheel.setdefault(day, [])


def _restore_pages(community: Community) -> None:
    members = community.members
    last_page = packed.page_of(max(members.values(), default=0))
    if last_page:
        community.pages = [[] for _ in range(last_page + 1)]
        for user_id, member in members.items():
            community.pages[packed.page_of(member)].append(user_id)
    last = community.pages[-1] if last_page else members
    community.filled = sum(map(len, last)) + MEMBER_CHARACTERS * len(last)
