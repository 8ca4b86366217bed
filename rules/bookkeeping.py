"""Enters what members do into the ledger and the wide panes of their community.

Events are entered in the order in which they were applied. Those of today wait in `Ledger.fresh`
until somebody needs the ledger, so that the loop over all events does no more than keep them:
`settle` must come before anything else is entered, judged or stored.
"""

from collections.abc import Iterable
from typing import Final

from models import ledger as names
from models import members as packed
from models.events import NUMBERS, Event, EventType
from models.ledger import Cohort, Counter, Entries, Person
from models.panes import WIDE
from rules.churn import restore_watch
from rules.entries import SPECIAL, Entry, enter_campaign, first_of_day, first_received
from rules.ledger import Ledger
from rules.ledger_close import recount_after_restart
from rules.state import Community, Partition

_ANSWERS: Final = (int(EventType.REPLY_CREATED), int(EventType.LIKE_ADDED))
_RECEIVED: Final = names.RECEIVED
_LAST_INTERACTION: Final = int(EventType.PURCHASE_COMPLETED)

# Interned, so that a look-up compares no characters.
_COUNTERS: Final = tuple(
    names.SPEECH
    if kind <= EventType.REPLY_CREATED
    else names.OTHER
    if kind <= EventType.PURCHASE_COMPLETED
    else names.VIEWS
    if kind is EventType.CONTENT_VIEWED
    else None
    for kind in EventType
)


def settle(community: Community) -> None:
    """Enter today's events that wait; nothing happens where no ledger is kept."""
    ledger = community.ledger
    if ledger is not None and ledger.fresh:
        fresh, ledger.fresh = ledger.fresh, []
        enter(community, community.today, fresh)


def settle_all(partition: Partition) -> None:
    """Enter what waits in the communities that have changed: they are about to be stored."""
    if partition.keeps_ledgers:
        for community in partition.dirty.values():
            settle(community)


def begin_ledger(community: Community, ledger: Ledger) -> None:
    """Begin the ledger of a community that is known already: a rule that needs it was turned on.

    The day that is open now is known in part only, so the ledger knows days from the next one on.
    """
    ledger.since = community.next_day + 1
    ledger.people = {user_id: Person() for user_id in community.members}
    # With the next batch that touches the community all of them are written.
    ledger.changed_people = dict(ledger.people)
    ledger.cohorts = {0: Cohort(len(community.members))}


def restore_ledger(community: Community, ledger: Ledger) -> None:
    """Work out, after the ledger was read back, all that follows from it."""
    community.panes = {
        day: pane + [0] * (WIDE - len(pane)) for day, pane in community.panes.items()
    }
    members = community.members
    ledger.gone = {name for name in ledger.people if members[name] & packed.LEFT}
    ledger.restore(community.next_day)
    recount_after_restart(community, ledger)
    restore_watch(community, ledger)


def enter(  # noqa: C901 (a loop over all events: calls would cost as much as what they do)
    community: Community, day: int, events: Iterable[Event]
) -> None:
    """Enter events of persons on `day`, in their order; nothing happens without a ledger."""
    ledger = community.ledger
    if ledger is None:
        return
    entries, changed = ledger.entries(day), ledger.changed.setdefault(day, {})
    is_closed = day < community.next_day
    for event in events:
        kind = NUMBERS[event.type]
        name, user_id, target = _COUNTERS[kind], event.user_id, event.target_user_id
        if user_id and name is not None:
            counter = entries.get(name) or _open(entries, name)
            counts = changed.get(name) or _open(changed, name)
            count = counter[user_id] = counts[user_id] = counter.get(user_id, 0) + 1
            if count == 1:
                first_of_day(community, ledger, user_id, name, day)
            if is_closed:
                _enter_late(community, ledger, user_id, name, day)
        if target and kind in _ANSWERS and target != user_id:
            counter = entries.get(_RECEIVED) or _open(entries, _RECEIVED)
            counts = changed.get(_RECEIVED) or _open(changed, _RECEIVED)
            count = counter[target] = counts[target] = counter.get(target, 0) + 1
            if count == 1:
                first_received(community, ledger, target, day)
            if is_closed:
                _enter_late(community, ledger, target, _RECEIVED, day)
        if kind in SPECIAL:
            SPECIAL[kind](Entry(community, ledger, event, day))
        if event.campaign_id and kind <= _LAST_INTERACTION:
            enter_campaign(Entry(community, ledger, event, day), event.campaign_id)


def _open(entries: Entries, name: str) -> Counter:
    """Return a counter to be added to, which is empty so far."""
    return entries.setdefault(name, {})


def _enter_late(community: Community, ledger: Ledger, user_id: str, name: str, day: int) -> None:
    """Take an entry of a day that has closed into what was counted at its close."""
    if day >= community.next_day - names.WINDOW_DAYS:
        ledger.sum(name, user_id, 1)
    if name == names.SPEECH:
        ledger.recount.add(day)
