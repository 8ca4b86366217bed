"""Parts the records of a source partition: what is at home there, and what belongs elsewhere.

A community's home is the partition that Kafka's default partitioner gives its id. Records that
cannot be read have no home: they are refused where they stand.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TypeVar

from models.decode import decode_records
from models.events import Arrived
from models.rejections import Rejection
from streams.faust_internals import SourceRecord
from streams.forwarded import Forward, source_header
from streams.letters import dead_letter
from streams.partitioning import partition_of
from streams.routed import Portion, Refused

_arrival = itemgetter(0)
_Entry = TypeVar("_Entry")


@dataclass(slots=True)
class Routed:
    """What routing made of some records: those at home here, and those to be sent on.

    `sent` are the source offsets of the latter.
    """

    portion: Portion
    forwards: list[Forward] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)


class Route:
    """How far one source partition is routed: its channel clock, and what was sent to which home.

    Begun anew after each recovery; the records after the place in the state are routed again, and
    whoever is sent them again knows them (`Merge.accept`).
    """

    def __init__(
        self, topic: str, partition: int, partitions: int, next_offset: int, clock: int
    ) -> None:
        """Begin at `next_offset` of a partition of `topic`, with the channel clock before it."""
        self._topic = topic
        self._partition = partition
        self.partitions = partitions
        self._sent: dict[int, int] = {}
        self.next_offset = next_offset
        self.clock = clock

    def part(
        self,
        records: Sequence[SourceRecord],
        at_home: Container[str],
        since: int,
        latest: int | None = None,
    ) -> Routed:
        """Part the next records; `next_offset` and `clock` move on.

        `at_home` are communities that are known to be at home here; of others it is looked up.
        `since` is when all these records stood in the topic. `latest` bounds the channel clock as
        it does the engine's (`rules.engine.fold`).
        """
        events, rejected = decode_records(records)
        here, partitions = self._partition, self.partitions
        strangers = [
            event
            for _, _, event in events
            if event.community_id not in at_home
            and partition_of(event.community_id, partitions) != here
        ]
        begin, first, end = self.clock, records[0].offset, records[-1].offset + 1
        clock = max(map(_arrival, events), default=begin)
        self.next_offset = end
        refused = list(self._refuse(records, rejected))
        if strangers or (latest is not None and clock > latest):
            bound = clock if latest is None else latest
            return self._sort_out(_without(records, rejected), events, end, since, bound, refused)
        self.clock = max(begin, clock)
        offsets: Sequence[int] = range(first, end)
        if len(offsets) != len(records):
            offsets = [record.offset for record in records]
        offsets = _without(offsets, rejected)
        return Routed(Portion(events, offsets, end, begin, self.clock, since, None, refused))

    def _sort_out(
        self,
        records: Sequence[SourceRecord],
        events: Sequence[Arrived],
        end: int,
        since: int,
        latest: int,
        refused: list[Refused],
    ) -> Routed:
        """Part records of which some do not go the usual way; `records` are those of `events`."""
        here, partitions, begin, clock = self._partition, self.partitions, self.clock, self.clock
        portion = Portion([], offsets := [], end, begin, clock, since, clocks := [], refused)
        forwards: list[Forward] = []
        sent: list[int] = []
        for record, arrived in zip(records, events, strict=True):
            arrival, community_id = arrived[0], arrived[2].community_id
            if arrival > clock < latest:
                clock = arrival if arrival < latest else latest  # noqa: FURB136 (a call costs more)
            home = partition_of(community_id, partitions)
            if home == here:
                portion.events.append(arrived)
                offsets.append(record.offset)
                clocks.append(clock)
            else:
                source = here, record.offset, self._sent.get(home, -1), clock, since
                self._sent[home] = record.offset
                sent.append(record.offset)
                headers = [*record.headers, source_header(source)]
                key = community_id.encode()
                forwards.append((home, record.timestamp, key, record.value, headers))
        portion.clock = self.clock = clock
        return Routed(portion, forwards, sent)

    def _refuse(
        self, records: Sequence[SourceRecord], rejected: Iterable[tuple[int, Rejection]]
    ) -> Iterator[Refused]:
        for place, rejection in rejected:
            record = records[place]
            offset = record.offset
            letter = dead_letter(self._topic, self._partition, offset, record, rejection)
            yield Refused(offset, rejection.reason, letter)


def _without(row: Sequence[_Entry], rejected: Sequence[tuple[int, Rejection]]) -> Sequence[_Entry]:
    """Return what stands in none of the places that are rejected, mostly all of it."""
    if not rejected:
        return row
    left = list(row)
    for place, _ in reversed(rejected):
        del left[place]
    return left
