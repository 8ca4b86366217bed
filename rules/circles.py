"""Which circle each member belongs to: core, active, potential, observer (article, 2.1).

Up at once, down after some closes in a row. What is measured at one close is a pure function of how
much each member did (`measured`); what a member is in moves by `moved`.
"""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import accumulate
from typing import Final, NamedTuple

from models import members as packed
from models.alerts import Counts, TierChange
from models.ledger import Person, Tier
from rules.ledger import SUMMED, Ledger
from rules.policy import Circles
from rules.state import Community

_TIERS: Final = tuple(Tier)
_NONE, _OBSERVER, _POTENTIAL, _ACTIVE, _CORE = map(int, _TIERS)
_FIFTH: Final = 5


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
    community: Community, ledger: Ledger, ranking: Ranking, day: int, at: int
) -> list[TierChange]:
    """Give every member the circle measured at the close of `day`; return who changed, in order.

    In the order of the ranking, then those without an interaction by id. Nobody is told of where
    the rule that tells of circles is off.
    """
    ranked = _close_ranked(community, ledger, ranking, day)
    faded = _close_faded(community, ledger, day)
    if not community.policy.circles.are_told:
        return []
    order = (*ranked, *sorted(faded))
    return _told(community, ledger, order, ranked | faded, day, at)


def _close_ranked(
    community: Community, ledger: Ledger, ranking: Ranking, day: int
) -> dict[str, int]:
    """Move those who have interacted; return in their order who left which circle."""
    before: dict[str, int] = {}
    people, lately = ledger.people, _too_late_to_fall(community, day)
    borders = (ranking.core, ranking.core + ranking.active, len(ranking.members))
    first = 0
    for tier, last in zip((_CORE, _ACTIVE, _POTENTIAL), borders, strict=True):
        for user_id in ranking.members[first:last]:
            person = people[user_id]
            held, below_since = person.tier, person.below_since
            # Most stay where they are, or wait for their fall.
            if below_since >= lately if held > tier else held == tier and not below_since:
                continue
            if _moves(community, ledger, user_id, person, tier, day):
                before[user_id] = held
        first = last
    return before


def _close_faded(community: Community, ledger: Ledger, day: int) -> dict[str, int]:
    """Let those without an interaction become observers, and those who left nothing.

    Return who changed, and out of which circle.
    """
    before: dict[str, int] = {}
    settled = []
    lately = _too_late_to_fall(community, day)
    for user_id in ledger.faded:
        person = ledger.people[user_id]
        held = person.tier
        if user_id in ledger.gone:
            settled.append(user_id)
            if held:
                person.tier, person.tier_since, person.below_since = _NONE, day, 0
                ledger.seats[held] -= 1
                ledger.seats[_NONE] += 1
                ledger.changed_people[user_id] = person
                before[user_id] = held
        elif user_id in ledger.interactions:
            settled.append(user_id)
        elif person.below_since < lately:
            if held != _OBSERVER and _moves(community, ledger, user_id, person, _OBSERVER, day):
                before[user_id] = held
            if person.tier == _OBSERVER:
                settled.append(user_id)
    for user_id in settled:
        del ledger.faded[user_id]
    return before


def _too_late_to_fall(community: Community, day: int) -> int:
    """Return since which day who is below has been so for too few closes to fall at this one."""
    return day - community.policy.circles.down_closes + 2


def _moves(
    community: Community, ledger: Ledger, user_id: str, person: Person, tier: int, day: int
) -> bool:
    """Move a member, and count the seats of the circles; note the first fall since it was there.

    Who has been there on the next day already, before this close, falls before it goes quiet.
    """
    held, below_since = person.tier, person.below_since
    has_moved = moved(person, tier, day, community.policy.circles.down_closes)
    if has_moved or person.below_since != below_since:
        ledger.changed_people[user_id] = person
    if not has_moved:
        return False
    ledger.seats[held] -= 1
    ledger.seats[tier] += 1
    if tier < held and not person.quiet_tier:
        is_quiet = packed.last_day(community.members[user_id]) <= day
        if is_quiet:
            person.quiet_tier, person.quiet_day = held, day
            ledger.restless.add(user_id)
    return True


def _told(
    community: Community,
    ledger: Ledger,
    order: Iterable[str],
    before: Mapping[str, int],
    day: int,
    at: int,
) -> list[TierChange]:
    """Return the changes of the members in `order`, with what each did in the window."""
    people, circles, interactions = ledger.people, community.policy.circles, ledger.interactions
    speech, views, received, invites, brought, purchases, spent = (
        ledger.sums[name] for name in SUMMED
    )
    changes = []
    for user_id in order:
        counts = Counts(
            speech.get(user_id, 0),
            views.get(user_id, 0),
            received.get(user_id, 0),
            invites.get(user_id, 0),
            brought.get(user_id, 0),
            purchases.get(user_id, 0),
            spent.get(user_id, 0),
            interactions.get(user_id, 0),
        )
        tags = tags_of(counts, circles)
        left, entered = _TIERS[before[user_id]], _TIERS[people[user_id].tier]
        changes.append(TierChange(community.id, user_id, left, entered, day, at, counts, tags))
    return changes


def tags_of(counts: Counts, circles: Circles) -> Mapping[str, str]:
    """Return the three tags of a member: how much each dimension holds (article, 1.1)."""
    demand_high, pay_high, social_high = circles.high
    return _tags(
        _tag(counts.views + counts.interactions, demand_high),
        _tag(counts.purchases, pay_high),
        _tag(counts.received + counts.brought_in, social_high),
    )


def _tag(amount: int, high: int) -> str:
    return "high" if amount >= high else "some" if amount else "none"


@cache  # of the 27 there are, each once: a change of circle is kept until it is published
def _tags(demand: str, pay: str, social: str) -> Mapping[str, str]:
    return {
        "demand_intensity": demand,
        "willingness_to_pay": pay,
        "social_value": social,
    }
