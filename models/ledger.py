"""The ledger of a community: on which day who did how much, and what is known of each member.

Panes hold numbers, the ledger holds names; it is kept only where a rule that needs it is on. The
entries of a day are counters by name of the counter and member. A counter's name is short, because
it is stored with each entry; those of campaigns go on with the campaign's id.
"""

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Final

import msgspec

SPEECH: Final = "s"
"""Posts and replies of the member."""
OTHER: Final = "o"
"""Interactions that are no speech."""
VIEWS: Final = "v"
"""What the member looked at."""
RECEIVED: Final = "r"
"""Replies and likes of others to what the member wrote."""
INVITES: Final = "i"
"""Invitations that the member sent."""
BROUGHT: Final = "b"
"""Members who joined by the member's invitation."""
PURCHASES: Final = "p"
"""Purchases of the member."""
SPENT: Final = "a"
"""Their amounts, in hundredths."""
CAMPAIGN: Final = "c:"
"""Interactions of the member that belong to the campaign whose id follows."""
LATE_IN_CAMPAIGN: Final = "l:"
"""Those of them that arrived after their day had closed."""

Counter = dict[str, int]
"""How much, by member."""
Entries = dict[str, Counter]
"""The counters of one day, by name."""
Days = dict[int, Entries]

WINDOW_DAYS: Final = 28
"""Tiers, and figures "in the 28 days", are of so many days (article, 2.1: a month's circles)."""

ENTRY_DAYS: Final = 35
"""Entries are kept for so many days before the next day to close: no later event counts."""


class Tier(IntEnum):
    """The circle that a member belongs to (article, 2.1). Numbers are part of the state."""

    NONE = 0
    """Not judged yet, or left."""
    OBSERVER = 1
    POTENTIAL = 2
    ACTIVE = 3
    CORE = 4


class Rung(IntEnum):
    """Where a member stands on the churn ladder (article, 5.2). Numbers are part of the state."""

    NONE = 0
    FIRST = 1
    SECOND = 2
    THIRD = 3
    LOST = 4


class Person(msgspec.Struct, array_like=True, gc=False):
    """What is known of one member beyond the last interaction; days are ordinals, 0 is never.

    `stages` are the bits of `Stage` of the value funnel that the member has passed. `tier` is the
    circle that the member is in since the close of `tier_since`; at each close since that of
    `below_since` it was measured lower. `quiet_tier` is the circle that was lost first since the
    last interaction, at the close of `quiet_day`. On the churn ladder the member stands on `rung`
    since the close of `rung_day`; the episode began with the close of `episode_day`, out of the
    circle `episode_tier`, and has had `told` records. `waiting` is the day on which the ladder
    looks at the member; it means nothing in the state. `traces` are what was taken down when an
    alert about the member's silence began (`rules.traces`), and empty while there is none.
    """

    joined: int = 0
    first_interaction: int = 0
    first_invite: int = 0
    last_spoke: int = 0
    last_viewed: int = 0
    last_received: int = 0
    stages: int = 0
    tier: int = 0
    tier_since: int = 0
    below_since: int = 0
    quiet_tier: int = 0
    quiet_day: int = 0
    rung: int = 0
    rung_day: int = 0
    episode_day: int = 0
    told: int = 0
    waiting: int = 0
    episode_tier: int = 0
    traces: tuple[int, ...] = ()


class Campaign(msgspec.Struct, array_like=True, gc=False):
    """A campaign: the day of its first interaction, and who took part in its first seven days.

    `first_late` is how many of their interactions arrived after their day had closed.
    """

    first_day: int
    first_week: int = 0
    first_late: int = 0


class Cohort(msgspec.Struct, array_like=True, gc=False):
    """Members who joined in one calendar month, and what they have spent since, in hundredths."""

    members: int = 0
    spent: int = 0


class StoredBook(msgspec.Struct, array_like=True, frozen=True):
    """What the ledger knows of the community as a whole.

    `since` is the first day that it knows from its beginning. Campaigns stand by id, cohorts by
    `12 * year + month - 1`, and by 0 for members who were never seen to join.
    """

    since: int
    campaigns: dict[str, Campaign]
    cohorts: dict[int, Cohort]


class StoredPerson(msgspec.Struct, array_like=True, frozen=True):
    """A member on a page: what is known, and the entries by counter and day."""

    person: Person
    entries: dict[str, dict[int, int]]


class LedgerChange(msgspec.Struct, array_like=True, frozen=True):
    """What a batch changed in a ledger: the book, new values of entries, and whole persons."""

    book: StoredBook
    days: Days
    people: dict[str, Person]


def touched(people: Iterable[str], days: Days) -> Iterator[str]:
    """Yield the members among changed persons and changed entries, some of them more than once."""
    yield from people
    for entries in days.values():
        for counter in entries.values():
            yield from counter
