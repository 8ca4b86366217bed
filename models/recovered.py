"""Reads a changelog partition back: which values count after a crash, a pause or a takeover."""

from collections.abc import Mapping

from models.state import (
    NEVER,
    PARTITION_KEY,
    OutboxEntry,
    Stamp,
    StoredPartition,
    decode_outbox,
    decode_partition,
    is_delta_key,
    is_outbox_key,
    restamped,
    stamp_of,
    stamped,
)

Repair = tuple[bytes, bytes | None]
"""Key and value of a record that must stand in the log once more; None deletes the key."""

_Candidate = tuple[int, bytes]
"""A value and the offset at which it stands."""


class Recovered:
    """Reads a changelog partition back: per key, the newest value of a completed batch.

    Records are taken in the order of the log. Who takes a partition over writes a marker of its own
    epoch first, which must stand at the very offset that is its epoch: then everything before it
    was read. From there on nothing of an earlier epoch counts any more. Values beyond the newest
    marker wait until one covers them; what waits at the end was never completed.
    """

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.stamp = NEVER
        self.partition: StoredPartition | None = None
        self._lineage: dict[int, int] = {}
        self._values: dict[bytes, bytes] = {}
        self._waiting: dict[bytes, list[_Candidate]] = {}
        self._disturbed: dict[bytes, int] = {}

    def absorb(self, key: bytes, value: bytes | None, offset: int) -> None:
        """Take in the changelog's record at `offset`; StateError where it cannot be read."""
        if value is None:
            if is_delta_key(key):
                self._forget(key)
        elif key == PARTITION_KEY:
            self._complete(value, offset)
        else:
            self._place(key, value, offset)

    def _forget(self, key: bytes) -> None:
        """A delta is deleted once what it changed was written whole, in a completed batch."""
        self._values.pop(key, None)
        self._waiting.pop(key, None)
        self._disturbed.pop(key, None)

    def _place(self, key: bytes, value: bytes, offset: int) -> None:
        stamp = stamp_of(value)
        if stamp > self.stamp:
            # All of them: the newest may be of a batch that is never completed, another not.
            self._waiting.setdefault(key, []).append((offset, value))
        elif self._counts(stamp, offset) and _keep_newer(self._values, key, value, stamp):
            self._settle(key, offset)
        else:
            self._disturb(key, offset)

    def _settle(self, key: bytes, offset: int) -> None:
        """The record at `offset` counts: it makes good what came before it, not what came after."""
        if self._disturbed.get(key, offset) <= offset:
            self._disturbed.pop(key, None)

    def _disturb(self, key: bytes, offset: int) -> None:
        self._disturbed[key] = max(offset, self._disturbed.get(key, offset))

    def _counts(self, stamp: Stamp, offset: int) -> bool:
        """Tell whether a value that is not beyond the marker belongs to a completed batch."""
        epoch, sequence = stamp
        if epoch == self.stamp.epoch:
            return True
        return offset < self.stamp.epoch and sequence <= self._lineage.get(epoch, sequence)

    def _complete(self, value: bytes, offset: int) -> None:
        stamp = stamp_of(value)
        # A marker that takes over, but stands elsewhere: its writer has noticed, and ended.
        void = stamp.sequence == 0 and offset != stamp.epoch
        if stamp < self.stamp or void:
            self._disturb(PARTITION_KEY, offset)
            return
        stored = decode_partition(value)
        self._settle(PARTITION_KEY, offset)
        self.stamp, self.partition = stamp, stored
        self._lineage = dict(stored.lineage)
        waiting, self._waiting = self._waiting, {}
        for key, candidates in waiting.items():
            for place, candidate in candidates:
                self._place(key, candidate, place)

    def values(self) -> Mapping[bytes, bytes]:
        """Return the values of completed batches, by key."""
        return self._values

    def lineage(self) -> list[tuple[int, int]]:
        """Return what the marker of the next epoch must say of those before it.

        It is empty where nothing stands in the log that must not count.
        """
        if self.partition is None or not self._must_repair():
            return []
        # An epoch that got beyond its first marker has made good what it found.
        earlier = self.partition.lineage if self.stamp.sequence == 0 else []
        return [*earlier, (self.stamp.epoch, self.stamp.sequence)]

    def _must_repair(self) -> set[bytes]:
        keys = self._disturbed.keys() | self._waiting.keys()
        return {key for key in keys if not is_outbox_key(key)}

    def repairs(self, stamp: Stamp) -> list[Repair]:
        """Return the records that must stand in the log once more, with `stamp`.

        Where the last record of a key is not the one that counts, because a paused worker wrote it
        late or its batch was never completed, compaction would some day leave only the wrong one.
        The outbox needs none: it counts only with the very stamp of the marker.
        """
        repairs: list[Repair] = []
        for key in sorted(self._must_repair() - {PARTITION_KEY}):
            value = self._values.get(key)
            if is_delta_key(key):
                # Nobody writes one twice: what disturbs it is that it was never completed.
                repairs.append((key, None))
            elif value is None:
                repairs.append((key, stamped(stamp, b"")))
            else:
                repairs.append((key, restamped(value, stamp)))
        return repairs

    def outbox(self) -> list[OutboxEntry]:
        """Return the records whose publication was never confirmed, in their order."""
        entries: list[OutboxEntry] = []
        for key in sorted(filter(is_outbox_key, self._values)):
            value = self._values[key]
            if stamp_of(value) == self.stamp:
                entries += decode_outbox(value)
        return entries


def _keep_newer(values: dict[bytes, bytes], key: bytes, candidate: bytes, stamp: Stamp) -> bool:
    held = values.get(key)
    if held is not None and stamp < stamp_of(held):
        return False
    values[key] = candidate
    return True
