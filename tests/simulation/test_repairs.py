"""After a takeover the last record of each key is the one that counts: compaction may come."""

from __future__ import annotations

import random

import pytest

from models.recovered import Recovered
from models.state import (
    Stamp,
    is_void,
)
from tests.logs import Log, Writer, random_log, read, read_at


def counting(recovered: Recovered) -> dict[bytes, bytes]:
    values = recovered.values().items()
    return {key: value for key, value in values if not is_void(value)}


def compacted(log: Log) -> list[tuple[int, bytes, bytes | None]]:
    last = {key: offset for offset, (key, _) in enumerate(log)}
    return [(offset, key, value) for offset, (key, value) in enumerate(log) if last[key] == offset]


@pytest.mark.parametrize("seed", range(20))
def test_a_log_that_was_taken_over_may_be_compacted(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(200):
        log = random_log(dice)
        before = {key: value[12:] for key, value in counting(read(log)).items()}
        Writer(log)
        whole, short = read(log), read_at(compacted(log))
        assert {key: value[12:] for key, value in counting(whole).items()} == before, log
        assert counting(short) == counting(whole), log
        assert short.stamp == whole.stamp, log


def test_a_log_without_disorder_is_left_alone() -> None:
    log: Log = []
    Writer(log).write(random.Random(1))
    repaired = read(log).repairs(Stamp(9, 1))
    assert repaired == []
