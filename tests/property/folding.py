"""Random histories, folded at once or batch by batch by a worker that restarts and crashes."""

from __future__ import annotations

from functools import cache
from itertools import dropwhile
from typing import Any, Literal, NamedTuple

from models.decode import decode
from models.events import Arrived, Event
from models.instants import parse_instant
from models.position import Position
from rules.configuration import parse_configuration
from rules.effects import Output
from rules.engine import fold, remember
from rules.policy import Policies
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.changelog import Record
from streams.lines import arrival_of
from streams.read_back import ReadBacks
from tests.builders import owned
from tests.logs import logged
from tests.oracle.scenarios import scenario
from tests.stores import MemoryStore
from tests.whole import described

SEEDS = range(100, 112)
End = Literal["goes on", "restarts", "crashes"]


class History(NamedTuple):
    policies: Policies
    records: list[Arrived]


class Result(NamedTuple):
    outputs: list[Output]
    state: dict[str, Any]


class Batch(NamedTuple):
    """So many records, what becomes of the worker after them, and what a crash lets through.

    After `room` outputs it ends before the next close. A worker's end takes as many of the last
    writes from its disk as `lost` says.
    """

    size: int
    end: End
    written: float
    room: int | None = None
    lost: int = 0


@cache
def history_of(seed: int) -> History:
    random = scenario(seed, with_ledger=True)
    catalogue = shipped_catalogue()
    configuration = parse_configuration("scenario", random.configuration, catalogue)
    records = []
    for event in map(decode, random.lines):
        if isinstance(event, Event):
            time = parse_instant(event.time)
            assert time is not None
            records.append((arrival_of(event), time, event))
    return History(Policies(configuration, catalogue), records)


def remembered(partition: Partition) -> dict[str, Any]:
    """All that a partition remembers: what a changelog says of it, and the ids seen lately."""
    horizon = partition.policies.dedupe
    return {
        "clock": partition.clock,
        "seen": {key: at for key, at in partition.seen.items() if partition.clock - at <= horizon},
        "due": sorted(partition.due),
        "communities": described(partition),
    }


class Worker:
    """A worker's memory and disk, and the log that it writes, which outlives them."""

    def __init__(self, history: History, hot: int | None) -> None:
        """Keep at most `hot` communities in memory; or all of them, without a disk."""
        self._history = history
        self._store = MemoryStore() if hot else None
        self._read_backs = ReadBacks(self._store, hot or 0)
        self.log: list[Record] = []
        self.take_over(0)

    def take_over(self, lost: int) -> None:
        """Begin anew as a worker does that knows the changelog, the topic, and maybe its disk."""
        if self._store is not None:
            self._store.lose(lost)
        changelog = self._read_backs.open(0)
        log = logged(self.log)
        changelog.absorb(log[changelog.start :])
        recovered = changelog.recovered
        state, journal, cold = changelog.restore(self._history.policies)
        offset = recovered.partition.offset if recovered.partition else -1
        self.owned = owned(state, journal, offset, recovered.lineage(), cold)
        applied = self._history.records[: offset + 1]
        since = state.clock - self._history.policies.dedupe
        # A topic is read again from the first record that is young enough.
        remember(state, dropwhile(lambda record: record[0] < since, applied))
        stamp = journal.begin(len(self.log))
        self.log.append(self.owned.marker())
        if repairs := recovered.repairs(stamp.next()):
            journal.stamp = stamp.next()
            self.log += [*repairs, self.owned.marker()]
        if cold is not None:
            cold.mirror.begin(repairs, self._position())

    def _position(self) -> Position:
        return Position(len(self.log), self.log[-1][1], len(self.log) - 1)

    def write(self, offset: int) -> None:
        """Write a whole batch that ends at `offset`."""
        records = self.owned.records()
        self.owned.merge.next_offset = offset + 1
        self.log += [*records, self.owned.marker()]
        self.owned.state.clean()
        self.owned.keep(records, self._position())

    def write_part(self, part: float) -> None:
        """Write a batch without its marker, and not all of it."""
        changes = self.owned.records()
        self.log += changes[: round(part * len(changes))]


@cache
def in_one_fold(seed: int) -> Result:
    history = history_of(seed)
    partition = Partition(history.policies)
    outputs = fold(partition, history.records).outputs
    return Result(outputs, remembered(partition))


def in_batches(seed: int, batches: list[Batch], hot: int | None = None) -> Result:
    """Fold batch after batch; the rest, which no batch of the list takes, is one more."""
    history = history_of(seed)
    worker, outputs, done = Worker(history, hot), list[Output](), 0
    for batch in [*batches, Batch(len(history.records), "goes on", 1)]:
        end = min(done + batch.size, len(history.records))
        effects = fold(worker.owned.state, history.records[done:end], room=batch.room)
        if effects.stopped:
            end = done + effects.tally.read
        if batch.end == "crashes":
            # Nothing of it has been published.
            worker.write_part(batch.written)
        else:
            worker.write(end - 1)
            outputs += effects.outputs
            done = end
        if batch.end != "goes on":
            worker.take_over(batch.lost)
            assert worker.owned.offset == done - 1
    return Result(outputs, remembered(worker.owned.state))
