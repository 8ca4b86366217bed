"""What Pulse remembers of one partition: a clock, its communities, and the ids seen lately.

This is the accumulator of the fold in `rules.engine`; nothing else changes it. Days are ordinals,
instants are milliseconds.
"""

from collections.abc import Callable
from heapq import heappush
from typing import Final

from models import members as packed
from models.alerts import AlertState
from models.ledger import WINDOW_DAYS
from models.panes import LATE, WIDE, WIDTH, Pane, Recent, empty_pane, recent
from models.totals import Totals, add_up, move_on
from rules.ledger import Ledger
from rules.policy import CommunityPolicy, Policies

BEGINNING: Final = -(1 << 62)
"""A clock before any record."""

_FEW: Final = 4_096
"""So many remembered ids are not worth pruning."""

_PAGE_CHARACTERS: Final = 16_384
"""Where the ids on a page of members are so long together, the next member opens another page."""

MEMBER_CHARACTERS: Final = 16
"""What a member's record adds to the length of the id."""


class Community:
    """One community: its days, the panes of the recent ones, its alerts, its members.

    `next_day` is the next day to close and `next_close` the instant at which it does. The wheel
    maps a day to the members to be judged at its close; a member stands in it at most once, so a
    close costs in proportion to the members who are due, not to those who exist.

    `today` is the day of the last event, where it is still open: what happens from `open_from`
    until `open_until` (milliseconds) falls on it and is counted in `today_pane` without another
    look. The span is empty where no such day is known. `is_noted` says that the day stands among
    what has changed.

    `dirty_days` (some more than once) and `dirty_members` (with their records) are what changed
    since the last `Partition.clean`, and `clean_day` was `next_day` then. Members are stored in
    pages, filled in the order in which they come: `pages` lists who stands on which, and is empty
    while there is only one. `ledger` is None where no rule needs one; `totals` are those of the day
    that closed last, and None where they must be added up anew. `onlookers` are those among
    `members` who have not interacted.
    """

    __slots__ = (
        "alerts",
        "clean_day",
        "dirty_days",
        "dirty_members",
        "filled",
        "first_day",
        "id",
        "is_noted",
        "ledger",
        "members",
        "next_close",
        "next_day",
        "onlookers",
        "open_from",
        "open_until",
        "pages",
        "panes",
        "policy",
        "silent",
        "today",
        "today_pane",
        "totals",
        "wheel",
    )

    def __init__(self, identifier: str, policy: CommunityPolicy, first_day: int, next_day: int):
        """Begin with empty panes and no member."""
        self.id = identifier
        self.policy = policy
        self.first_day = first_day
        self.next_day = next_day
        self.next_close = policy.close_of(next_day)
        self.panes: dict[int, Pane] = {}
        self.alerts: dict[str, AlertState] = {}
        self.members: dict[str, int] = {}
        self.wheel: dict[int, list[str]] = {}
        self.silent = 0
        self.clean_day: int | None = None
        self.dirty_days: list[int] = []
        self.dirty_members: dict[str, int] = {}
        self.pages: list[list[str]] = []
        self.filled = 0
        self.today = self.open_from = self.open_until = 0
        self.today_pane: Pane = []
        self.is_noted = False
        self.ledger = Ledger(first_day) if policy.keeps_ledger else None
        self.totals: Totals | None = None
        self.onlookers = 0

    @property
    def size(self) -> int:
        """How many members there are: those who have interacted."""
        return len(self.members) - self.onlookers

    def know(self, user_id: str) -> None:
        """Give a place to somebody who is known, though perhaps not by an interaction."""
        if user_id not in self.members:
            self.store(user_id, self.newcomer(user_id, 0))
            self.onlookers += 1

    def pane_of(self, day: int) -> Pane:
        """Return the pane of a day, to be counted in."""
        pane = self.panes.get(day)
        if pane is None:
            width = WIDTH if self.ledger is None else WIDE
            pane = self.panes[day] = empty_pane(width)
        return pane

    def count(self, day: int, figure: int, number: int = 1) -> None:
        """Count one more, or `number`, in a figure of a day; nothing where its pane is gone."""
        pane = self.panes.get(day)
        if pane is not None:
            pane[figure] += number
            self.dirty_days.append(day)

    def count_late(self, day: int, kind: int) -> None:
        """Count an event of a day that has closed: with it, the totals are others."""
        pane = self.pane_of(day)
        pane[kind] += 1
        pane[LATE] += 1
        self.totals = None

    def add_up(self, day: int) -> None:
        """Bring the totals to `day`, which closes."""
        if self.totals is not None:
            self.totals = move_on(self.totals, self.panes[day])
        else:
            days = max(self.policy.horizon, WINDOW_DAYS)
            self.totals = add_up(self.panes, day, days)

    def look_back(self, day: int) -> Recent:
        """Return the panes that the rules look at when `day` closes, or some more."""
        if self.totals is not None:
            return self.totals.panes
        return recent(self.panes, day, self.policy.horizon)

    def remember_today(self, day: int, begin: int, end: int, pane: Pane) -> None:
        """Count in `pane` what happens from `begin` until `end`, until `forget_today`."""
        self.today, self.open_from, self.open_until, self.today_pane = day, begin, end, pane
        self.is_noted = True

    def forget_today(self) -> None:
        """Look anew at the next event: the day has closed."""
        self.open_from = self.open_until = 0

    def schedule(self, user_id: str, member: int, day: int) -> int:
        """Put the member into the wheel for `day`, or the next close if that is later."""
        day = max(day, self.next_day)
        due = self.wheel.get(day)
        if due is None:
            self.wheel[day] = [user_id]
        else:
            due.append(user_id)
        return member | packed.SCHEDULED

    def newcomer(self, user_id: str, day: int) -> int:
        """Return the record of a member who is new on `day`, and give the member a page."""
        room = len(user_id) + MEMBER_CHARACTERS
        self.filled += room
        if self.filled > _PAGE_CHARACTERS and self.members:
            self.filled = room
            if not self.pages:
                self.pages.append(list(self.members))
            self.pages.append([])
        if not self.pages:
            return packed.pack(day)
        self.pages[-1].append(user_id)
        return packed.pack(day, page=len(self.pages) - 1)

    def store(self, user_id: str, member: int) -> None:
        """Keep the member's record, and note that it has changed."""
        self.members[user_id] = self.dirty_members[user_id] = packed.shared(member)

    def unschedule(self, user_id: str, member: int) -> None:
        """Keep the member's record, which is out of the wheel; in the state nothing has changed."""
        self.members[user_id] = member = packed.shared(member & ~packed.SCHEDULED)
        if user_id in self.dirty_members:
            self.dirty_members[user_id] = member


def _nowhere(_: str) -> Community | None:
    """All communities are in memory."""
    return None


class Partition:
    """The state of one source partition; `fold` and `tick` of `rules.engine` move it on.

    `clock` is the latest arrival, `seen` maps the identity of an event to the arrival at which
    it was last seen, `dirty` holds the communities that changed since the last `clean`. `due` names
    every community, `communities` holds those in memory, and `load` gives what is kept elsewhere:
    None where there is no such community.
    """

    __slots__ = (
        "clock",
        "communities",
        "dirty",
        "due",
        "load",
        "policies",
        "pruned_at",
        "seen",
    )

    def __init__(self, policies: Policies, clock: int = BEGINNING) -> None:
        """Begin without communities."""
        self.policies = policies
        self.clock = clock
        self.communities: dict[str, Community] = {}
        self.due: list[tuple[int, str]] = []
        self.seen: dict[str | tuple[str, str], int] = {}
        self.pruned_at = clock
        self.dirty: dict[str, Community] = {}
        self.load: Callable[[str], Community | None] = _nowhere

    def find(self, community_id: str) -> Community | None:
        """Return the community, where there is one; it is in memory from then on."""
        community = self.communities.get(community_id)
        if community is None:
            community = self.load(community_id)
            if community is not None:
                self.communities[community_id] = community
        return community

    def begin(self, community_id: str, day: int) -> Community:
        """Add a community whose first event falls on `day`.

        Days whose close has passed are never judged, so the next day to close is the first one
        that is still open.
        """
        policy = self.policies.of(community_id)
        next_day = day
        if policy.close_of(day) <= self.clock:
            next_day = max(day, policy.calendar.day_of(self.clock - policy.lateness) - 2)
            while policy.close_of(next_day) <= self.clock:
                next_day += 1
        community = Community(community_id, policy, day, next_day)
        self.add(community)
        self.dirty[community.id] = community
        return community

    def add(self, community: Community) -> None:
        """Take in a community, and note when its next day closes."""
        self.communities[community.id] = community
        heappush(self.due, (community.next_close, community.id))

    def prune(self) -> None:
        """Forget ids that cannot make a repeat any more; it changes no answer."""
        clock, horizon = self.clock, self.policies.dedupe
        if len(self.seen) > _FEW and clock - self.pruned_at > horizon:
            oldest = clock - horizon
            self.seen = {key: at for key, at in self.seen.items() if at >= oldest}
            self.pruned_at = clock

    def note(self, community: Community, day: int) -> None:
        """Note that something has changed on this day of the community."""
        self.dirty[community.id] = community
        community.dirty_days.append(day)

    def clean(self) -> None:
        """Forget what has changed: it has been written."""
        for community in self.dirty.values():
            if community.dirty_members:
                community.dirty_members.clear()
            community.dirty_days.clear()
            community.clean_day = community.next_day
            community.is_noted = False
            if community.ledger is not None:
                community.ledger.clean()
        self.dirty.clear()
