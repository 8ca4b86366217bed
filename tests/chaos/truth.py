"""What must come out: the events topic, read back, given to the oracle partition by partition.

The topic is the truth, not the file that was sent: a producer that lives through a restart of the
broker may write a record twice. Every partition has its own clock, and arrival is the record's
timestamp. The oracle itself is left as it is: it is only fed, watched and saved some scans here.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from multiprocessing import get_context
from typing import Any

from tests.oracle import oracle as second_opinion
from tests.oracle.expected import Expected, ExpectedChange
from tests.oracle.judging import MEASURES, Community
from tests.oracle.oracle import Oracle, Partition
from tests.oracle.reading import NotAnEventError, Record, read

Told = tuple[int, int, bytes, list[tuple[str, bytes]]]
"""Offset, timestamp in milliseconds, value and headers of one record of the events topic."""

Place = tuple[int, int]
"""Partition and offset of a record of the events topic."""

PROCESSES = 2
LATE = "late"
"""The name under which a pane counts the events that came after its day had closed."""

Pane = Counter[str]


@dataclass(slots=True)
class Judged:
    """One judged day: the pane as it stood at the close, and per rule value, baseline, verdict.

    `figures` are those of the ledger; None where there is none.
    """

    pane: Pane
    verdicts: dict[str, tuple[int | None, int | None, str]]
    figures: Mapping[str, int | None] | None


@dataclass(slots=True)
class Truth:
    """What the oracle makes of the records."""

    alerts: list[Expected] = field(default_factory=list)
    """In order within each partition, and so within each key."""
    panes: dict[str, dict[str, Pane]] = field(default_factory=dict)
    """By community and day."""
    changes: list[ExpectedChange] = field(default_factory=list)
    """Of circles, in order within each key."""
    next_days: dict[str, str] = field(default_factory=dict)
    judged: dict[tuple[str, str], Judged] = field(default_factory=dict)
    unreadable: set[Place] = field(default_factory=set)
    tally: Counter[str] = field(default_factory=Counter)


def line_of(value: bytes, headers: Iterable[tuple[str, bytes]]) -> bytes:
    """The record as one line: a binary CloudEvent is written as a structured one."""
    attributes = {
        name.removeprefix("ce_"): content.decode()
        for name, content in headers
        if name.startswith("ce_")
    }
    if not attributes:
        return value
    return json.dumps({**attributes, "data": json.loads(value)}, ensure_ascii=False).encode()


class WatchedOracle(Oracle):
    """The oracle on one partition of a topic: notes days as they close, and who came late."""

    def __init__(self, configuration: Mapping[str, Any]) -> None:
        super().__init__(configuration)
        self.late: dict[str, Pane] = {}
        self.judged: dict[tuple[str, str], Judged] = {}
        self._next_scan: dict[int, tuple[int, int]] = {}

    def told(self, record: Record) -> None:
        """Take a record that can be read; what follows is the oracle's own `take`."""
        (partition,) = self.partitions
        clock = partition.clock
        partition.clock = record.arrival if clock is None else max(clock, record.arrival)
        self.close([partition])
        if record.type is None:
            self.tally.unknown_types += 1
        elif self.is_duplicate(partition, record):
            self.tally.duplicates += 1
        else:
            self.apply(partition, record, record.type)

    def close(self, partitions: list[Partition]) -> None:
        """Scan the communities only where one of them can be due, or is new."""
        for partition in partitions:
            known, due = self._next_scan.get(id(partition), (-1, 0))
            if known == len(partition.communities) and (partition.clock or 0) < due:
                continue
            super().close([partition])
            closes = [each.close_of(each.next_day) for each in partition.communities.values()]
            if closes:
                self._next_scan[id(partition)] = len(closes), min(closes)

    def apply(self, partition: Partition, record: Record, name: str) -> None:
        late = self.tally.late
        super().apply(partition, record, name)
        if self.tally.late > late and record.actor_kind == "person":
            day, _ = partition.communities[record.community_id].events[-1]
            self.late.setdefault(record.community_id, Counter())[day.isoformat()] += 1

    def close_day(self, community: Community, day: date, close: int) -> None:
        pane = Counter(name for each, name in community.events if each == day)
        late = self.late.get(community.id, Counter())[day.isoformat()]
        if late:
            pane[LATE] = late
        super().close_day(community, day, close)
        told = self.figures[-1]
        verdicts = dict[str, tuple[int | None, int | None, str]]()
        for rule, (verdict, value) in (told.judged or {}).items():
            settings = community.rules[rule]
            baseline = MEASURES[rule](community, day, settings)[1] if rule in MEASURES else None
            verdicts[rule] = value, baseline, verdict
        self.judged[community.id, day.isoformat()] = Judged(pane, verdicts, told.figures)


def truth_of_partition(number: int, told: Sequence[Told], configuration: dict[str, Any]) -> Truth:
    """What the oracle makes of the records of one partition, in the order of their offsets."""
    oracle, truth = WatchedOracle(configuration), Truth()
    for offset, timestamp, value, headers in told:
        truth.tally["read"] += 1
        try:
            record = read(line_of(value, headers))
        except (NotAnEventError, ValueError):
            truth.unreadable.add((number, offset))
            continue
        oracle.told(replace(record, arrival=timestamp * 1000))
    truth.alerts, truth.judged, truth.changes = oracle.alerts, oracle.judged, oracle.changes
    for community in oracle.partitions[0].communities.values():
        panes: dict[str, Pane] = {}
        for day, name in community.events:
            panes.setdefault(day.isoformat(), Counter())[name] += 1
        for iso_day, late in oracle.late.get(community.id, {}).items():
            panes[iso_day][LATE] = late
        truth.panes[community.id] = panes
        truth.next_days[community.id] = community.next_day.isoformat()
    for name in ("duplicates", "unknown_types", "late", "dropped", "clock_ahead"):
        truth.tally[name] = getattr(oracle.tally, name)
    return truth


def truth_of(topic: Mapping[int, Sequence[Told]], configuration: dict[str, Any]) -> Truth:
    """What the oracle makes of a topic; its partitions are worked out beside each other."""
    whole = Truth()
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        parts = [
            pool.submit(truth_of_partition, number, told, configuration)
            for number, told in topic.items()
        ]
        for part in (each.result() for each in parts):
            whole.alerts += part.alerts
            whole.changes += part.changes
            whole.panes |= part.panes
            whole.next_days |= part.next_days
            whole.judged |= part.judged
            whole.unreadable |= part.unreadable
            whole.tally += part.tally
    return whole


DAYS_LATE_ALLOWED = second_opinion.DAYS_LATE_ALLOWED
