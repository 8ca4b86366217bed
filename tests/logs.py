"""Changelog partitions in memory: who writes to them, also after another took over."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import NamedTuple

from models.recovered import Recovered
from models.state import (
    FORMAT_VERSION,
    PARTITION_KEY,
    Stamp,
    StoredPartition,
    encode_partition,
    is_outbox_key,
    page_key,
    stamped,
)
from streams.read_back import ReadBack

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


class Logged(NamedTuple):
    """A record of the changelog."""

    offset: int
    key: bytes
    value: bytes | None
    timestamp: int = 0
    headers: tuple[()] = ()


def logged(log: Log) -> list[Logged]:
    """The log as it is read from Kafka."""
    return [Logged(offset, *record) for offset, record in enumerate(log)]


def in_memory(records: Iterable[Logged]) -> ReadBack:
    """What a worker without a disk makes of the records."""
    changelog = ReadBack()
    changelog.absorb(list(records))
    return changelog


def all_of(recovered: Recovered) -> dict[str, object]:
    """All that a takeover asks of a reading."""
    values = recovered.contents.scan(b"")
    return {
        "values": {key: value for key, value in values if not is_outbox_key(key)},
        "waiting": {key for key in recovered.contents.waiting() if not is_outbox_key(key)},
        "stamp": recovered.stamp,
        "marker": (recovered.marker, recovered.place),
        "lineage": recovered.lineage(),
        "repairs": recovered.repairs(recovered.stamp.next()),
        "outbox": recovered.outbox(),
    }
