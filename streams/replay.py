"""The engine without Kafka: a file in, alert records out (contract, section 6)."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from heapq import merge
from typing import Final

from models.alerts import Digest, Snapshot, Transition
from models.events import Event
from models.instants import parse_instant
from models.rejections import Rejection, RejectionReason
from rules.effects import Output, Tally
from rules.engine import fold, tick
from rules.policy import Policies
from rules.records import Record, Recorder, snapshot_record
from rules.state import Partition
from streams.lines import arrival_of
from streams.partitioning import partition_of

_ROOM: Final = 400
"""So many outputs are held before they are given on, as in a worker.

One record may be centuries ahead of the one before: then each community has many thousand closes.
"""


@dataclass(slots=True)
class Summary:
    """What a replay met; `alerts` counts records by rule and status (or `digest`)."""

    lines: int = 0
    rejected: Counter[RejectionReason] = field(default_factory=Counter)
    alerts: Counter[tuple[str, str]] = field(default_factory=Counter)
    communities: int = 0
    tally: Tally = field(default_factory=Tally)


class Replay:
    """Runs events through the engine, one partition's clock each, under `clock: records`."""

    def __init__(
        self,
        policies: Policies,
        recorder: Recorder,
        partitions: int = 1,
        snapshots: Callable[[Record], None] | None = None,
    ) -> None:
        """Begin with fresh partitions; `snapshots` is given the snapshot of each judged day."""
        self._recorder = recorder
        self._snapshots = snapshots
        self._partitions = [Partition(policies) for _ in range(partitions)]
        self.summary = Summary()

    def run(
        self, events: Iterable[tuple[bytes, Event | Rejection]], until: int | None = None
    ) -> Iterator[Record]:
        """Yield the alert records of `events`, in the order of their causes.

        `until` (milliseconds) moves every partition's clock on after the last record.
        """
        for _, event in events:
            self.summary.lines += 1
            if isinstance(event, Rejection):
                self.summary.rejected[event.reason] += 1
                continue
            yield from self._emit(self._apply(event))
        if until is not None:
            yield from self._emit(self._close(until))
        self.summary.communities = sum(len(part.communities) for part in self._partitions)

    def _apply(self, event: Event) -> Iterator[Output]:
        index = partition_of(event.community_id, len(self._partitions))
        time = parse_instant(event.time)
        assert time is not None, "decode has checked it"
        record = (arrival_of(event), time, event)
        stopped = True
        while stopped:
            effects = fold(self._partitions[index], [record], tally=self.summary.tally, room=_ROOM)
            yield from effects.outputs
            stopped = effects.stopped

    def _close(self, until: int) -> Iterator[Output]:
        """Close what is due by `until`; each partition's closes are in order already."""
        return merge(*(self._close_in(part, until) for part in self._partitions), key=_cause)

    def _close_in(self, partition: Partition, until: int) -> Iterator[Output]:
        stopped = True
        while stopped:
            effects = tick(partition, until, tally=self.summary.tally, room=_ROOM)
            yield from effects.outputs
            stopped = effects.stopped

    def _emit(self, outputs: Iterable[Output]) -> Iterator[Record]:
        for output in outputs:
            if isinstance(output, Transition):
                self.summary.alerts[output.rule_id, output.status] += 1
                yield self._recorder.alert(output)
            elif isinstance(output, Digest):
                self.summary.alerts[output.rule_id, "digest"] += 1
                yield self._recorder.digest(output)
            elif isinstance(output, Snapshot) and self._snapshots is not None:
                self._snapshots(snapshot_record(output))


def _cause(output: Output) -> tuple[int, str]:
    at = output.closed_at if isinstance(output, Snapshot) else output.at
    return at, output.community_id
