"""Which circle each member belongs to: core, active, potential, observer (article, 2.1).

Up at once, down after some closes in a row. What is measured at one close is a pure function of how
much each member did (`measured`); what a member is in moves by `moved`.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Final, NamedTuple

from models import ledger as names
from models import members as packed
from models.alerts import TierChange
from models.ledger import Person, Tier
from rules.policy import Circles
from rules.state import Community

_NONE, _OBSERVER, _POTENTIAL, _ACTIVE, _CORE = (int(tier) for tier in Tier)
_FIFTH: Final = 5

COUNTS: Final = {
    "speech": names.SPEECH,
    "views": names.VIEWS,
    "received": names.RECEIVED,
    "invites": names.INVITES,
    "brought_in": names.BROUGHT,
    "purchases": names.PURCHASES,
    "spent_hundredths": names.SPENT,
}
"""What is told of a member, by the name of its counter."""


class Ranking(NamedTuple):
    """Members from the busiest to the idlest, ties by id, and how many are core, and active.

    `total` is what all of them did together, `top_fifth` what the first fifth did, rounded up.
    """

    members: list[str]
    core: int
    active: int
    total: int
    top_fifth: int


def measured(counts: Mapping[str, int], circles: Circles) -> Ranking:
    """Rank members by `counts`, each above 0.

    Core are those who make the first `core_percent` of all, active those up to `active_percent`:
    whoever crosses the mark still belongs to those before it.
    """
    members = sorted(sorted(counts), key=counts.__getitem__, reverse=True)
    done = list(accumulate(map(counts.__getitem__, members), initial=0))
    total = done[-1]
    # So many begin before the mark: the mark is rounded up, which no whole number notices.
    core = bisect_left(done, -(-circles.core_percent * total // 100))
    both = bisect_left(done, -(-circles.active_percent * total // 100))
    return Ranking(members, core, both - core, total, done[-(-len(members) // _FIFTH)])


def moved(person: Person, tier: int, day: int, down_closes: int) -> bool:
    """Move a member towards the circle measured at the close of `day`; tell whether it changed."""
    held = person.tier
    if tier == held:
        person.below_since = 0
        return False
    if tier < held:
        # Days close one after another, so that closes in a row are days in a row.
        person.below_since = person.below_since or day
        if day - person.below_since + 1 < down_closes:
            return False
    person.tier, person.tier_since, person.below_since = tier, day, 0
    return True


def close_circles(
    community: Community, ranking: Ranking, day: int, at: int
) -> Iterator[TierChange]:
    """Give every member the circle measured at the close of `day`; yield who changed, in order.

    In the order of the ranking, then those without an interaction by id. Nobody is told of where
    the rule that tells of circles is off.
    """
    told = community.policy.circles.are_told
    ledger = community.ledger
    assert ledger is not None
    people = ledger.people
    borders = (ranking.core, ranking.core + ranking.active, len(ranking.members))
    first = 0
    for tier, last in zip((_CORE, _ACTIVE, _POTENTIAL), borders, strict=True):
        for user_id in ranking.members[first:last]:
            person = people[user_id]
            held = person.tier
            if held == tier and not person.below_since:
                continue
            if _moves(community, user_id, person, tier, day) and told:
                yield _change(community, user_id, held, day, at)
        first = last
    yield from _close_faded(community, day, at)


def _close_faded(community: Community, day: int, at: int) -> Iterator[TierChange]:
    """Let those without an interaction become observers, and those who left nothing."""
    ledger = community.ledger
    assert ledger is not None
    told = community.policy.circles.are_told
    settled = []
    for user_id in sorted(ledger.faded):
        person = ledger.people[user_id]
        held = person.tier
        if user_id in ledger.gone:
            settled.append(user_id)
            if held:
                person.tier, person.tier_since, person.below_since = _NONE, day, 0
                ledger.seats[held] -= 1
                ledger.seats[_NONE] += 1
                ledger.changed_people[user_id] = person
                if told:
                    yield _change(community, user_id, held, day, at)
            continue
        if user_id in ledger.interactions:
            settled.append(user_id)
            continue
        has_moved = held != _OBSERVER and _moves(community, user_id, person, _OBSERVER, day)
        if has_moved and told:
            yield _change(community, user_id, held, day, at)
        if person.tier == _OBSERVER:
            settled.append(user_id)
    for user_id in settled:
        del ledger.faded[user_id]


def _moves(community: Community, user_id: str, person: Person, tier: int, day: int) -> bool:
    """Move a member, and count the seats of the circles; note the first fall since it was there.

    Who has been there on the next day already, before this close, falls before it goes quiet.
    """
    ledger, held = community.ledger, person.tier
    assert ledger is not None
    below_since = person.below_since
    has_moved = moved(person, tier, day, community.policy.circles.down_closes)
    if has_moved or person.below_since != below_since:
        ledger.changed_people[user_id] = person
    if not has_moved:
        return False
    ledger.seats[held] -= 1
    ledger.seats[tier] += 1
    is_quiet = packed.last_day(community.members[user_id]) <= day
    if tier < held and is_quiet and not person.quiet_tier:
        person.quiet_tier, person.quiet_day = held, day
        ledger.restless.add(user_id)
    return True


def _change(community: Community, user_id: str, before: int, day: int, at: int) -> TierChange:
    ledger = community.ledger
    assert ledger is not None
    counts = {name: ledger.sums[key].get(user_id, 0) for name, key in COUNTS.items()}
    counts["interactions"] = ledger.interactions.get(user_id, 0)
    tier = Tier(ledger.people[user_id].tier)
    tags = tags_of(counts, community.policy.circles)
    return TierChange(community.id, user_id, Tier(before), tier, day, at, counts, tags)


def tags_of(counts: Mapping[str, int], circles: Circles) -> dict[str, str]:
    """Return the three tags of a member: how much each dimension holds (article, 1.1)."""
    amounts = {
        "demand_intensity": counts["views"] + counts["interactions"],
        "willingness_to_pay": counts["purchases"],
        "social_value": counts["received"] + counts["brought_in"],
    }
    return {
        name: "high" if amount >= high else "some" if amount else "none"
        for (name, amount), high in zip(amounts.items(), circles.high, strict=True)
    }
