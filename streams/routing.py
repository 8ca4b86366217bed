"""Parts the records of a source partition: what is at home there, and what belongs elsewhere.

A community's home is the partition that Kafka's default partitioner gives its id. Records that
cannot be read have no home: they are refused where they stand.
"""

from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from operator import itemgetter

from models.decode import decode_records
from models.events import Arrived
from models.rejections import Rejection
from streams.faust_internals import SourceRecord
from streams.forwarded import Forward, Source, source_header
from streams.letters import dead_letter
from streams.partitioning import partition_of
from streams.routed import Piece, Refused

_arrival = itemgetter(0)


@dataclass(slots=True)
class Routed:
    """What routing made of some records: those at home here, and those to be sent on."""

    piece: Piece
    forwards: list[Forward] = field(default_factory=list)


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
        home, partition_of_community = self._partition, self._home
        strangers = [
            arrived
            for arrived in events
            if arrived[2].community_id not in at_home
            and partition_of_community(arrived[2].community_id) != home
        ]
        begin, first, last = self.clock, records[0].offset, records[-1].offset
        top = max(map(_arrival, events), default=begin)
        bounded = latest is not None and top > latest
        self.next_offset = last + 1
        if rejected or strangers or bounded:
            return self._sort_out(records, events, rejected, since, latest)
        self.clock = max(begin, top)
        offsets: Sequence[int] = range(first, last + 1)
        if len(offsets) != len(records):
            offsets = [record.offset for record in records]
        return Routed(Piece(events, offsets, last + 1, begin, self.clock, since))

    def _sort_out(
        self,
        records: Sequence[SourceRecord],
        events: Sequence[Arrived],
        rejected: Sequence[tuple[int, Rejection]],
        since: int,
        latest: int | None,
    ) -> Routed:
        """Part records of which some do not go the usual way."""
        events_here: list[Arrived] = []
        offsets: list[int] = []
        clocks: list[int] = []
        refused: list[Refused] = []
        forwards: list[Forward] = []
        begin, refusals, reading = self.clock, dict(rejected), iter(events)
        for place, record in enumerate(records):
            rejection = refusals.get(place)
            if rejection is not None:
                letter = dead_letter(self._topic, self._partition, record.offset, record, rejection)
                refused.append(Refused(record.offset, rejection.reason, letter))
                continue
            event = next(reading)
            arrival = event[0] if latest is None else min(event[0], latest)
            self.clock = max(self.clock, arrival)
            home = self._home(event[2].community_id)
            if home != self._partition:
                forwards.append(self._forward(home, event[2].community_id, record, since))
                continue
            events_here.append(event)
            offsets.append(record.offset)
            clocks.append(self.clock)
        end = records[-1].offset + 1
        piece = Piece(events_here, offsets, end, begin, self.clock, since, clocks, refused)
        return Routed(piece, forwards)

    def _forward(self, home: int, community_id: str, record: SourceRecord, since: int) -> Forward:
        previous, self._sent[home] = self._sent.get(home), record.offset
        source = Source(self._partition, record.offset, previous, self.clock, since)
        headers = [*record.headers, source_header(source)]
        return Forward(home, record.timestamp, community_id.encode(), record.value, headers)

    def _home(self, community_id: str) -> int:
        return partition_of(community_id, self.partitions)
