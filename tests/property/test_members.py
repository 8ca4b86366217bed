"""What a batch writes of members, and whom an interaction cannot change."""

from __future__ import annotations

import pytest

from rules.bookkeeping import settle
from rules.engine import fold
from rules.entries import note_interaction
from rules.state import Partition
from tests.property.folding import SEEDS, history_of
from tests.whole import described


@pytest.mark.parametrize("size", [1, 100])
@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_written_of_a_member_is_what_stands_in_memory(seed: int, size: int) -> None:
    history = history_of(seed)
    partition = Partition(history.policies)
    changed = 0
    for start in range(0, len(history.records), size):
        fold(partition, history.records[start : start + size])
        for community in partition.dirty.values():
            assert community.dirty_members.items() <= community.members.items()
            changed += len(community.dirty_members)
        partition.clean()
    assert changed


@pytest.mark.parametrize("seed", SEEDS[:6])
def test_an_interaction_says_nothing_new_of_members_who_are_not_restless(seed: int) -> None:
    history = history_of(seed)
    partition, looked_at = Partition(history.policies), 0
    for start in range(0, len(history.records), 20):
        fold(partition, history.records[start : start + 20])
        for community in partition.communities.values():
            settle(community)
            ledger = community.ledger
            if ledger is None:
                continue
            before = described(partition)[community.id]
            for user_id in ledger.people.keys() - ledger.restless - ledger.gone:
                looked_at += 1
                for day in range(max(ledger.newest, community.next_day), community.next_day + 3):
                    note_interaction(community, ledger, user_id, day)
            assert described(partition)[community.id] == before
    assert looked_at
