"""The ledger as it is kept: entries by day, persons, and sums over the last 28 closed days.

Part of the accumulator of the fold (`rules.state`); `rules.bookkeeping` enters what happens,
`rules.circles` and `rules.churn` read it at the close of a day. Sums follow from the entries, and
are not stored.
"""

from collections.abc import Mapping
from typing import Final

from models import ledger as names
from models.events import Event
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
    names.OTHER,
    names.VIEWS,
    names.RECEIVED,
    names.INVITES,
    names.BROUGHT,
    names.PURCHASES,
    names.SPENT,
)
"""The counters that are summed; campaigns are not."""


class Ledger:
    """The ledger of one community.

    `since` is the first day that it knows from its beginning. `sums` holds each summed counter over
    the WINDOW_DAYS days before the next day to close, `interactions` speech and other
    interactions together. `fresh` are the events of today that are not entered yet. `faded` are
    members who have no interaction in the window, and may still have to change their circle;
    `gone` those who left. `wheel` maps a day to the members whom the churn ladder looks at then.

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
        "people",
        "recount",
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
        self.fresh: list[Event] = []
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
        if sums is None:
            return
        sums[user_id] = sums.get(user_id, 0) + number
        if name in (names.SPEECH, names.OTHER):
            self.interactions[user_id] = self.interactions.get(user_id, 0) + number

    def roll(self, day: int) -> None:
        """Move the window on: `day` closes, and the day WINDOW_DAYS before it leaves."""
        interactions = self.interactions
        for name, counter in self.days.get(day, {}).items():
            sums = self.sums.get(name)
            if sums is not None:
                _add(sums, counter)
                if name in (names.SPEECH, names.OTHER):
                    _add(interactions, counter)
        for name, counter in self.days.get(day - WINDOW_DAYS, {}).items():
            sums = self.sums.get(name)
            if sums is not None:
                _subtract(sums, counter)
                if name in (names.SPEECH, names.OTHER):
                    self.faded.update(dict.fromkeys(_subtract(interactions, counter)))
        self.days.pop(day - ENTRY_DAYS, None)

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
        self._restore_last_days()
        self.days = {
            day: entries for day, entries in self.days.items() if day >= next_day - ENTRY_DAYS
        }
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

    def _restore_last_days(self) -> None:
        """Read from the entries, the oldest too, when members last spoke, viewed and received."""
        people = self.people
        for day, entries in sorted(self.days.items()):
            for user_id in entries.get(names.SPEECH, ()):
                people[user_id].last_spoke = max(people[user_id].last_spoke, day)
            for user_id in entries.get(names.VIEWS, ()):
                people[user_id].last_viewed = max(people[user_id].last_viewed, day)
            for user_id in entries.get(names.RECEIVED, ()):
                people[user_id].last_received = max(people[user_id].last_received, day)

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
