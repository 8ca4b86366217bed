"""After a takeover the last record of each key is the one that counts: compaction may come."""

from __future__ import annotations

import random

import pytest

from models.recovered import Recovered
from models.state import (
    FORMAT_VERSION,
    PARTITION_KEY,
    Stamp,
    StoredPartition,
    encode_partition,
    is_void,
    page_key,
    stamped,
)

Log = list[tuple[bytes, bytes | None]]
KEYS = [page_key("42", page) for page in range(3)]


def read(log: Log) -> Recovered:
    return read_at([(offset, *record) for offset, record in enumerate(log)])


def read_at(log: list[tuple[int, bytes, bytes | None]]) -> Recovered:
    recovered = Recovered()
    for offset, key, value in log:
        recovered.absorb(key, value, offset)
    return recovered


class Writer:
    """Who took the partition over at the end of `log`, and writes to it from then on."""

    def __init__(self, log: Log, *, repairs: bool = True) -> None:
        self.log = log
        recovered = read(log)
        self.lineage = recovered.lineage()
        self.stamp = Stamp(len(log))
        self.mark()
        if repairs and (found := recovered.repairs(self.stamp.next())):
            self.stamp = self.stamp.next()
            log += found
            self.mark()

    def mark(self) -> None:
        stored = StoredPartition(FORMAT_VERSION, 0, 1, 0, self.lineage)
        self.log.append((PARTITION_KEY, encode_partition(self.stamp, stored)))

    def write(self, dice: random.Random) -> None:
        """Write a batch, or what a crash leaves of one."""
        self.stamp = self.stamp.next()
        for key in dice.sample(KEYS, dice.randint(0, 2)):
            self.log.append((key, stamped(self.stamp, b"%d.%d" % self.stamp)))
        if dice.random() < 0.6:
            self.mark()


def random_log(dice: random.Random) -> Log:
    """A log of several writers; those who were taken over may write on for a while."""
    log: Log = []
    writers: list[Writer] = []
    for _ in range(dice.randint(1, 12)):
        if not writers or dice.random() < 0.3:
            writers.append(Writer(log, repairs=dice.random() < 0.7))
        else:
            dice.choice(writers[-2:]).write(dice)
    return log


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
