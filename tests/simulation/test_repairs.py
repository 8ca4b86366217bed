"""After a recovery the last record of each key is the one that counts: compaction may come."""

from __future__ import annotations

import random

import pytest

from models import state
from models.recovered import Recovered
from models.state import (
    FORMAT_VERSION,
    PARTITION_KEY,
    Position,
    StoredPartition,
    decode_member,
    encode_member,
    encode_partition,
    is_outbox_key,
)

Log = list[tuple[bytes, bytes]]
KEYS = [state.member_key_prefix("42") + name for name in (b"anna", b"bert")]


def random_log(dice: random.Random) -> Log:
    """Values and markers of many workers, in any order whatever."""
    log: Log = []
    for _ in range(dice.randint(1, 14)):
        position = Position(dice.randrange(6))
        if dice.random() < 0.35:
            stored = StoredPartition(FORMAT_VERSION, position.offset, 1)
            log.append((PARTITION_KEY, encode_partition(position, stored)))
        else:
            key = dice.choice(KEYS)
            # Whoever computes it: the same position of the same key gives the same value.
            log.append((key, encode_member(position, position.offset)))
    return log


def read(log: Log) -> Recovered:
    recovered = Recovered()
    for key, value in log:
        recovered.absorb(key, value)
    return recovered


def members(recovered: Recovered) -> dict[bytes, int]:
    values = recovered.values().items()
    return {key: decode_member(value) for key, value in values if not is_outbox_key(key)}


def compacted(log: Log) -> Log:
    last = {key: number for number, (key, _) in enumerate(log)}
    return [record for number, record in enumerate(log) if last[record[0]] == number]


@pytest.mark.parametrize("seed", range(20))
def test_a_repaired_log_may_be_compacted(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(200):
        log = random_log(dice)
        before = read(log)
        after = read(compacted(log + before.repairs()))
        assert after.position.offset == before.position.offset, log
        assert members(after) == members(before), log


def test_a_log_without_disorder_is_left_alone() -> None:
    log = [(KEYS[0], encode_member(Position(3), 3)), (KEYS[1], encode_member(Position(3), 3))]
    log.append(
        (PARTITION_KEY, encode_partition(Position(3), StoredPartition(FORMAT_VERSION, 3, 1)))
    )
    assert read(log).repairs() == []
