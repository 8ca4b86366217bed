"""Hands on what aiokafka unpacks in whole lists, and notes where a fetch shows a hole.

aiokafka takes each record through two generators and wraps it into a ConsumerRecord of eleven
fields, most of which nobody here reads: more CPU per event than unpacking it. So it is made to take
a record batch for one record (`streams.header_names`), and to give the records of several at once.
Records cannot be asked for one by one then; nobody here does.
"""

from itertools import pairwise
from typing import Any

from aiokafka.consumer import fetcher

from streams.backlog import PIECE
from streams.header_names import Unpacked
from streams.holes import Holes


class FetchedPartition(fetcher.PartitionRecords):
    """The records of a fetched partition, as they are unpacked: only when they are asked for."""

    is_empty = False
    _rest: list[Any] = []  # noqa: RUF012 (never changed)
    _reached = 0

    def take(self, most: int) -> list[Any]:
        """Return the next records, at most so many."""
        taken = [*self._rest]
        if taken:
            self.next_fetch_offset = self._reached
        while len(taken) < most and not self.is_empty:
            taken += self._next_batch()
        self._rest, self._reached = taken[most:], self.next_fetch_offset
        if self._rest:
            del taken[most:]
            self.next_fetch_offset = taken[-1].offset + 1
        elif not self.is_empty and not self._records.has_next():
            # There is no other; but the last one may reach further than its last record.
            self._next_batch()
        return taken

    def _next_batch(self) -> list[Any]:
        unpacked = next(self, None)
        self.is_empty = unpacked is None
        return unpacked or []

    def _consumer_record(self, tp: Any, record: Unpacked) -> list[Any]:
        """Return the records of a batch; a fetch may begin in the midst of one."""
        begin = self.next_fetch_offset
        if record[0].offset >= begin:
            return record
        return [each for each in record if each.offset >= begin]


class FetchedPieces(fetcher.FetchResult):
    """What was fetched of a partition, given in pieces of at most `PIECE` records."""

    _partition_records: FetchedPartition | None

    def getall(self, max_records: int | None = None) -> list[Any]:
        """Return the next records; none where the partition is to be read elsewhere by now."""
        fetched = self._partition_records
        if fetched is None or not self.check_assignment(self._topic_partition):
            return []
        records = fetched.take(min(max_records or PIECE, PIECE))
        self._update_position()
        if fetched.is_empty:
            # Not only when it is asked again: until then nothing more would be fetched.
            self._partition_records = None
        return records


def hand_on_raw_records(source: str, holes: Holes) -> None:
    """Let every aiokafka consumer of this process give records as they are unpacked.

    Where a fetch of the topic `source` shows that offsets hold no record, that goes to `holes`.
    """

    class NotingPartition(FetchedPartition):
        def take(self, most: int) -> list[Any]:
            expected = self.next_fetch_offset
            taken = super().take(most)
            if self._tp.topic == source:
                note_holes(holes, self._tp.partition, expected, taken, self.next_fetch_offset)
            return taken

    fetcher.PartitionRecords = NotingPartition
    fetcher.FetchResult = FetchedPieces


def note_holes(holes: Holes, partition: int, start: int, records: list[Any], end: int) -> None:
    """Note the offsets from `start` to before `end` that `records` leave out."""
    if end - start == len(records):
        return
    for before, after in pairwise([start - 1, *(record.offset for record in records), end]):
        if before + 1 != after:
            holes.note(partition, before + 1, after)
