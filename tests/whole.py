"""All that a partition remembers, in a form that compares: without how it is stored."""

from __future__ import annotations

from typing import Any

from models import members as packed
from models.days import iso
from rules.state import Community, Partition

UNSTORED = ~(packed.SCHEDULED | -1 << 48)
"""Everything about a member but its places in the wheel and on a page."""


def described(partition: Partition) -> dict[str, Any]:
    """The communities of the partition, by id; those not in memory are read for it."""
    found = {name: partition.find(name) for _, name in sorted(partition.due)}
    return {name: _community(one) for name, one in found.items() if one is not None}


def _community(community: Community) -> dict[str, Any]:
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
