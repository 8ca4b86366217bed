"""All that a partition remembers, in a form that compares: without how it is stored."""

from __future__ import annotations

from typing import Any

import msgspec

from models import members as packed
from models.days import iso
from models.ledger import ENTRY_DAYS
from rules.bookkeeping import settle
from rules.state import Community, Partition

UNSTORED = ~(packed.SCHEDULED | -1 << 48)
"""Everything about a member but its places in the wheel and on a page."""


def described(partition: Partition) -> dict[str, Any]:
    """The communities of the partition, by id; those not in memory are read for it."""
    found = {name: partition.find(name) for _, name in sorted(partition.due)}
    return {name: _community(one) for name, one in found.items() if one is not None}


def _community(community: Community) -> dict[str, Any]:
    settle(community)
    # Who has left is not judged, and may stand in the wheel or not.
    left = {name for name, member in community.members.items() if member & packed.LEFT}
    return {
        "timezone": community.policy.calendar.name,
        "first day": iso(community.first_day),
        "next day": iso(community.next_day),
        "next close": community.next_close,
        "alerts": dict(community.alerts),
        "panes": {iso(day): list(pane) for day, pane in community.panes.items()},
        "silent": community.silent,
        "ledger": None if community.ledger is None else _ledger(community),
        "members": {name: member & UNSTORED for name, member in community.members.items()},
        "scheduled": sorted(
            name
            for name, member in community.members.items()
            if member & packed.SCHEDULED and name not in left
        ),
        "wheel": sorted(
            name for due in community.wheel.values() for name in due if name not in left
        ),
    }


def _ledger(community: Community) -> dict[str, Any]:
    ledger = community.ledger
    assert ledger is not None
    oldest = community.next_day - ENTRY_DAYS
    return {
        "since": iso(ledger.since),
        "days": {
            iso(day): {name: dict(counter) for name, counter in entries.items() if counter}
            for day, entries in ledger.days.items()
            if day >= oldest and any(entries.values())
        },
        "people": {
            name: {**msgspec.structs.asdict(person), "waiting": 0}
            for name, person in ledger.people.items()
        },
        "campaigns": {
            name: msgspec.structs.asdict(each) for name, each in ledger.campaigns.items()
        },
        "cohorts": {month: msgspec.structs.asdict(each) for month, each in ledger.cohorts.items()},
        "sums": {name: dict(counter) for name, counter in ledger.sums.items()},
        "interactions": dict(ledger.interactions),
        "gone": set(ledger.gone),
        "seats": list(ledger.seats),
        "onlookers": community.onlookers,
    }
