"""Hands on what aiokafka has fetched in whole lists, and notes where a fetch shows a hole.

aiokafka takes each record through two generators and wraps it into a ConsumerRecord of eleven
fields, most of which nobody here reads: more CPU per event than unpacking it. So it is made to take
a record batch for one record (`streams.header_names`), and to give the records of several at once.
Records cannot be asked for one by one then; nobody here does.

Those of the source are not even unpacked by the thread that fetches: what is unpacked, decoded and
folded in one go is still in the processor's cache.
"""

from collections import deque
from itertools import pairwise
from sys import maxsize
from typing import Any

from aiokafka.consumer import fetcher

from streams.backlog import PIECE
from streams.header_names import RecordBatch
from streams.holes import Holes


class FetchedPartition(fetcher.PartitionRecords):
    """The records of a fetched partition, as they are unpacked: only when they are asked for."""

    is_empty = False
    holes: Holes | None = None
    """Where to note holes; None where nobody wants to know, as of all topics but the source."""

    _rest: list[Any] = []  # noqa: RUF012 (never changed)
    _reached = 0

    def take(self, most: int) -> list[Any]:
        """Return the next records, at most so many."""
        expected = self.next_fetch_offset
        taken = self._take(most)
        if self.holes is not None:
            note_holes(self.holes, self._tp.partition, expected, taken, self.next_fetch_offset)
        return taken

    def _take(self, most: int) -> list[Any]:
        taken = [*self._rest]
        if taken:
            self.next_fetch_offset = self._reached
        while len(taken) < most and not self.is_empty:
            taken += self._unpacked()
        self._rest, self._reached = taken[most:], self.next_fetch_offset
        if self._rest:
            del taken[most:]
            self.next_fetch_offset = taken[-1].offset + 1
        elif not self.is_empty and not self._records.has_next():
            # There is no other; but the last one may reach further than its last record.
            self._unpacked()
        return taken

    def _unpacked(self) -> list[Any]:
        begin = self.next_fetch_offset
        batch = self.next_batch()
        return [] if batch is None else _from(begin, batch.take(maxsize))

    def take_packed(self, most: int, holes: Holes) -> "PackedRecords":
        """Return the next records, in whole batches, until they are so many."""
        packed = PackedRecords(self._tp.partition, self.next_fetch_offset, holes)
        while len(packed) < most and (batch := self.next_batch()) is not None:
            packed.add(batch)
            packed.end(self.next_fetch_offset)
        packed.end(self.next_fetch_offset)
        return packed

    def next_batch(self) -> RecordBatch | None:
        """Return the next record batch; `next_fetch_offset` is then behind it."""
        batch = next(self, None)
        self.is_empty = batch is None
        return batch

    def _consumer_record(self, tp: Any, record: RecordBatch) -> RecordBatch:
        """Return the batch as it is."""
        return record


class PackedRecords:
    """Fetched records of a partition of the source, to be unpacked bit by bit.

    `offset`, `timestamp` and `timestamp_type` are those of the last of them, as far as its batch
    tells. Holes between them are noted when they are unpacked.
    """

    def __init__(self, partition: int, begin: int, holes: Holes) -> None:
        """Begin, without any, at the offset `begin`."""
        self._partition = partition
        self._begin = self._reached = self._end = begin
        self._holes = holes
        self._batches: deque[RecordBatch] = deque()
        self.timestamp = self.timestamp_type = 0

    def add(self, batch: RecordBatch) -> None:
        """Add the next batch."""
        self._batches.append(batch)
        self.timestamp, self.timestamp_type = batch.max_timestamp or 0, batch.timestamp_type

    def end(self, offset: int) -> None:
        """Note that all before `offset` is here, or is nowhere."""
        self._end = offset
        if not self._batches:
            self._note([], offset)

    @property
    def offset(self) -> int:
        """The offset of the last record."""
        return self._end - 1

    def __len__(self) -> int:
        """Return how many records there may be: compaction may have left fewer."""
        return self._end - self._begin if self._batches else 0

    def take(self, most: int) -> list[Any]:
        """Return the next records, at most so many; fewer: that was all."""
        taken: list[Any] = []
        while self._batches and len(taken) < most:
            more = self._batches[0].take(most - len(taken))
            if not more:
                self._batches.popleft()
            # A fetch may begin in the midst of a batch.
            taken += _from(self._begin, more)
        self._note(taken, taken[-1].offset + 1 if len(taken) == most else self._end)
        return taken

    def _note(self, records: list[Any], end: int) -> None:
        note_holes(self._holes, self._partition, self._reached, records, end)
        self._reached = end


class FetchedPieces(fetcher.FetchResult):
    """What was fetched of a partition, given in pieces of at most `PIECE` records."""

    _partition_records: FetchedPartition | None

    def getall(self, max_records: int | None = None) -> Any:
        """Return the next records; none where the partition is to be read elsewhere by now.

        Those of the source come packed where nobody has said how many there may be: only Faust's
        consumer does not.
        """
        fetched = self._partition_records
        if fetched is None or not self.check_assignment(self._topic_partition):
            return []
        if fetched.holes is not None and max_records is None:
            records: Any = fetched.take_packed(PIECE, fetched.holes)
        else:
            records = fetched.take(min(max_records or PIECE, PIECE))
        self._update_position()
        if fetched.is_empty:
            # Not only when it is asked again: until then nothing more would be fetched.
            self._partition_records = None
        return records


def hand_on_raw_records(source: str, holes: Holes) -> None:
    """Let every aiokafka consumer of this process give records in whole lists (`FetchedPieces`).

    Where those of the topic `source` show that offsets hold no record, that goes to `holes`.
    """

    class SourcePartition(FetchedPartition):
        def __init__(self, tp: Any, *arguments: Any) -> None:
            super().__init__(tp, *arguments)
            self.holes = holes if tp.topic == source else None

    fetcher.PartitionRecords = SourcePartition
    fetcher.FetchResult = FetchedPieces


def _from(begin: int, records: list[Any]) -> list[Any]:
    if not records or records[0].offset >= begin:
        return records
    return [each for each in records if each.offset >= begin]


def note_holes(holes: Holes, partition: int, start: int, records: list[Any], end: int) -> None:
    """Note the offsets from `start` to before `end` that `records` leave out."""
    if end - start == len(records):
        return
    for before, after in pairwise([start - 1, *(record.offset for record in records), end]):
        if before + 1 != after:
            holes.note(partition, before + 1, after)
