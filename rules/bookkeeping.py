"""Enters what members do into the ledger and the wide panes of their community.

Events of today wait in `Ledger.fresh` until somebody needs the ledger, so that the loop over all
events does no more than keep them: `settle` must come before anything else is entered, judged or
stored.

They are entered together: first how often who did what, then what it says of a member to have
taken part that day, then the events that say more (`rules.entries`), in their order. Within a day
that is as good as one by one. Counts add up in any order; to take part says the same of a member
however often, and before or after joining on that day; the order of joins, surveys and purchases
matters (a purchase counts for the month of the join, if that is known by then), and is kept.
"""

from typing import Final

from models import ledger as names
from models import members as packed
from models.events import LAST_INTERACTION, NUMBERS, Event
from models.ledger import Cohort, Entries, Person
from models.panes import WIDE
from rules.churn import restore_watch
from rules.entries import SPECIAL, Entry, enter_campaign, is_restless, known, note_interaction
from rules.ledger import Ledger
from rules.ledger_close import recount_after_restart
from rules.state import Community

_LAST_INTERACTION: Final = int(LAST_INTERACTION)


def keep(community: Community, day: int, kind: int, event: Event) -> None:
    """Keep a person's event of today; one of a day that has closed is entered at once.

    None of another day may wait then. Nothing happens where no ledger is kept.
    """
    ledger = community.ledger
    if ledger is not None:
        ledger.fresh.keep(kind, event)
        if day < community.next_day:
            enter(community, ledger, day)


def settle(community: Community) -> None:
    """Enter today's events that wait; nothing happens where no ledger is kept."""
    ledger = community.ledger
    if ledger is not None and not ledger.fresh.is_empty:
        enter(community, ledger, community.today)


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
    ledger.restless = {
        name for name, person in ledger.people.items() if is_restless(community, person)
    }


def enter(community: Community, ledger: Ledger, day: int) -> None:
    """Enter what waits, all of it events of `day`."""
    fresh, entries = ledger.fresh, ledger.entries(day)
    changed = ledger.changed.setdefault(day, {})
    active = {*fresh.speakers, *fresh.doers}
    everybody = active.union(fresh.viewers, fresh.receivers)
    for user_id in sorted(everybody.difference(ledger.people)):
        known(community, ledger, user_id)
    counted = (
        (names.SPEECH, fresh.speakers),
        (names.OTHER, fresh.doers),
        (names.VIEWS, fresh.viewers),
        (names.RECEIVED, fresh.receivers),
    )
    for name, user_ids in counted:
        if user_ids:
            _count(entries, changed, name, user_ids)
            if day < community.next_day:
                _count_late(community, ledger, day, name, user_ids)
    # Of the others an interaction says nothing new, unless one of a later day came before it.
    for user_id in active if day < ledger.newest else active & ledger.restless:
        note_interaction(community, ledger, user_id, day)
    for event in fresh.events:
        _enter_more(Entry(community, ledger, event, day))
    fresh.clear()


def _enter_more(entry: Entry) -> None:
    """Enter what an event says beyond who acted."""
    event = entry.event
    kind = NUMBERS[event.type]
    if kind in SPECIAL:
        SPECIAL[kind](entry)
    if event.campaign_id and kind <= _LAST_INTERACTION:
        enter_campaign(entry, event.campaign_id)


def _count(entries: Entries, changed: Entries, name: str, user_ids: list[str]) -> None:
    """Count one more, in a counter of the day, for each of these members."""
    counter, counts = entries.setdefault(name, {}), changed.setdefault(name, {})
    for user_id in user_ids:
        counter[user_id] = counts[user_id] = counter.get(user_id, 0) + 1


def _count_late(
    community: Community, ledger: Ledger, day: int, name: str, user_ids: list[str]
) -> None:
    """Take entries of a day that has closed into what was counted at its close."""
    if day >= community.next_day - names.WINDOW_DAYS:
        for user_id in user_ids:
            ledger.sum(name, user_id, 1)
    if name == names.SPEECH:
        ledger.recount.add(day)
