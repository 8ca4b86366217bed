"""The ledger as it is kept: entries by day, persons, and sums over the last 28 closed days.

Part of the accumulator of the fold (`rules.state`); `rules.bookkeeping` enters what happens,
`rules.circles` and `rules.churn` read it at the close of a day. Sums follow from the entries, and
are not stored.
"""

from collections.abc import Mapping
from typing import Final

from models import ledger as names
from models.events import LAST_INTERACTION, Event, EventType
from models.ledger import (
    ENTRY_DAYS,
    WINDOW_DAYS,
    Campaign,
    Cohort,
    Counter,
    Days,
    Entries,
    Person,
    Tier,
)

SUMMED: Final = (
    names.SPEECH,
    names.VIEWS,
    names.RECEIVED,
    names.INVITES,
    names.BROUGHT,
    names.PURCHASES,
    names.SPENT,
)
"""What is summed one by one, and told of a member, in the order of `models.alerts.Counts`."""

_INTERACTIONS: Final = (names.SPEECH, names.OTHER)
"""What is summed together."""

_SPEECH: Final = int(EventType.REPLY_CREATED)
_INTERACTION: Final = int(LAST_INTERACTION)
_VIEW: Final = int(EventType.CONTENT_VIEWED)
_ANSWERS: Final = (int(EventType.REPLY_CREATED), int(EventType.LIKE_ADDED))
_TELLING: Final = (
    int(EventType.INVITE_SENT),
    int(EventType.SURVEY_ANSWERED),
    int(EventType.PURCHASE_COMPLETED),
    int(EventType.MEMBER_JOINED),
)


class Fresh:
    """Events of one day that are not entered yet, taken apart while they are at hand.

    `speakers`, `doers` (of other interactions), `viewers` and `receivers` are members, each as
    often as it happened. `events` are those that say more than who acted, in their order.
    """

    __slots__ = ("doers", "events", "receivers", "speakers", "viewers")

    def __init__(self) -> None:
        """Begin with nothing."""
        self.speakers: list[str] = []
        self.doers: list[str] = []
        self.viewers: list[str] = []
        self.receivers: list[str] = []
        self.events: list[Event] = []

    def keep(self, kind: int, event: Event) -> None:
        """Keep a person's event whose type has the number `kind`."""
        user_id, target = event.user_id, event.target_user_id
        if user_id:
            if kind <= _SPEECH:
                self.speakers.append(user_id)
            elif kind <= _INTERACTION:
                self.doers.append(user_id)
            elif kind == _VIEW:
                self.viewers.append(user_id)
        if target and kind in _ANSWERS and target != user_id:
            self.receivers.append(target)
        if kind in _TELLING or event.campaign_id or event.completion is not None:
            self.events.append(event)

    @property
    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not (self.speakers or self.doers or self.viewers or self.receivers or self.events)

    def clear(self) -> None:
        """Forget all: it has been entered."""
        self.speakers.clear()
        self.doers.clear()
        self.viewers.clear()
        self.receivers.clear()
        self.events.clear()


class Ledger:
    """The ledger of one community.

    `since` is the first day that it knows from its beginning. `sums` holds each summed counter over
    the WINDOW_DAYS days before the next day to close, `interactions` speech and other
    interactions together. `fresh` are the events of today that are not entered yet, `newest` the
    last day that has entries. `faded` are members who have no interaction in the window, and may
    still have to change their circle; `gone` those who left. `restless` are all members of whom an
    interaction says something new (`rules.entries`), and perhaps some others. `wheel` maps a day to
    the members whom the churn ladder looks at then.

    `changed` and `changed_people` are what changed since the last `clean`; `recount` holds closed
    days whose speakers must be counted again. `seats` counts the members of each circle.
    """

    __slots__ = (
        "campaigns",
        "changed",
        "changed_people",
        "cohorts",
        "days",
        "faded",
        "fresh",
        "gone",
        "interactions",
        "newest",
        "people",
        "recount",
        "restless",
        "seats",
        "since",
        "sums",
        "wheel",
    )

    def __init__(self, since: int) -> None:
        """Begin with nothing known of any day before `since`."""
        self.since = since
        self.days: Days = {}
        self.people: dict[str, Person] = {}
        self.campaigns: dict[str, Campaign] = {}
        self.cohorts: dict[int, Cohort] = {}
        self.sums: dict[str, Counter] = {name: {} for name in SUMMED}
        self.interactions: Counter = {}
        self.fresh = Fresh()
        self.newest = 0
        self.restless: set[str] = set()
        self.faded: dict[str, None] = {}
        self.gone: set[str] = set()
        self.wheel: dict[int, list[str]] = {}
        self.changed: Days = {}
        self.changed_people: dict[str, Person] = {}
        self.recount: set[int] = set()
        self.seats = [0] * len(Tier)

    def entries(self, day: int) -> Entries:
        """Return the entries of the day, to be added to."""
        entries = self.days.get(day)
        if entries is None:
            entries = self.days[day] = {}
            self.newest = max(self.newest, day)
        return entries

    def add(self, day: int, name: str, user_id: str, number: int, next_day: int) -> int:
        """Add to a member's entry; return what it is now. `next_day` is the next one to close."""
        counter = self.entries(day).setdefault(name, {})
        count = counter[user_id] = counter.get(user_id, 0) + number
        self.changed.setdefault(day, {}).setdefault(name, {})[user_id] = count
        if next_day - WINDOW_DAYS <= day < next_day:
            self.sum(name, user_id, number)
        return count

    def sum(self, name: str, user_id: str, number: int) -> None:
        """Take an entry of a closed day into the sums."""
        sums = self.sums.get(name)
        if sums is not None:
            sums[user_id] = sums.get(user_id, 0) + number
        if name in _INTERACTIONS:
            self.interactions[user_id] = self.interactions.get(user_id, 0) + number

    def roll(self, day: int) -> None:
        """Move the window on: `day` closes, and the day WINDOW_DAYS before it leaves."""
        sums, interactions = self.sums, self.interactions
        for name, counter in self.days.get(day, {}).items():
            if name in sums:
                _add(sums[name], counter)
            if name in _INTERACTIONS:
                _add(interactions, counter)
        for name, counter in self.days.get(day - WINDOW_DAYS, {}).items():
            if name in sums:
                _subtract(sums[name], counter)
            if name in _INTERACTIONS:
                self.faded.update(dict.fromkeys(_subtract(interactions, counter)))
        self._note_last(day - ENTRY_DAYS)
        self.days.pop(day - ENTRY_DAYS, None)

    def _note_last(self, day: int) -> None:
        """Note, before the entries of a day go, who then spoke, viewed and received."""
        people, entries = self.people, self.days.get(day, {})
        for user_id in entries.get(names.SPEECH, ()):
            people[user_id].last_spoke = day
        for user_id in entries.get(names.VIEWS, ()):
            people[user_id].last_viewed = day
        for user_id in entries.get(names.RECEIVED, ()):
            people[user_id].last_received = day

    def last_days(self, user_id: str) -> tuple[int, int, int]:
        """Return on which days a member last spoke, viewed and received; 0 is never."""
        person = self.people[user_id]
        return (
            self._last_day(names.SPEECH, user_id) or person.last_spoke,
            self._last_day(names.VIEWS, user_id) or person.last_viewed,
            self._last_day(names.RECEIVED, user_id) or person.last_received,
        )

    def _last_day(self, name: str, user_id: str) -> int:
        """Return the last day on which a member has an entry of a counter; 0 without one."""
        days = [day for day, each in self.days.items() if user_id in each.get(name, ())]
        return max(days, default=0)

    def leave(self, user_id: str) -> None:
        """Note that a member has left; the next close takes the circle away."""
        if user_id in self.people:
            self.gone.add(user_id)
            self.faded[user_id] = None

    def clean(self) -> None:
        """Forget what has changed: it has been written."""
        self.changed = {}
        self.changed_people = {}

    def restore(self, next_day: int) -> None:
        """Work out, after the entries and persons were read back, all that follows from them."""
        for day in sorted(self.days):
            self.newest = day
            if day < next_day - ENTRY_DAYS:
                self._note_last(day)
                del self.days[day]
        for day in range(next_day - WINDOW_DAYS, next_day):
            for name, counter in self.days.get(day, {}).items():
                for user_id, number in counter.items():
                    self.sum(name, user_id, number)
        self.seats = [0] * len(Tier)
        for user_id, person in self.people.items():
            self.seats[person.tier] += 1
            is_settled = Tier.NONE if user_id in self.gone else Tier.OBSERVER
            if person.tier != is_settled and (
                user_id not in self.interactions or user_id in self.gone
            ):
                self.faded[user_id] = None

    @property
    def has_changed(self) -> bool:
        """Whether anything about a member has changed since the last `clean`."""
        return bool(self.changed_people) or any(map(any, self.changed.values()))

    def absorb(self, days: Days, people: Mapping[str, Person]) -> None:
        """Take in stored entries and persons, over older ones."""
        self.people.update(people)
        for day, counters in days.items():
            entries = self.entries(day)
            for name, counter in counters.items():
                entries.setdefault(name, {}).update(counter)


def _add(sums: Counter, counter: Mapping[str, int]) -> None:
    get = sums.get
    for user_id, number in counter.items():
        sums[user_id] = get(user_id, 0) + number


def _subtract(sums: Counter, counter: Mapping[str, int]) -> list[str]:
    """Subtract; forget, and return, those of whom nothing is left."""
    gone = []
    for user_id, number in counter.items():
        left = sums[user_id] - number
        if left:
            sums[user_id] = left
        else:
            del sums[user_id]
            gone.append(user_id)
    return gone
