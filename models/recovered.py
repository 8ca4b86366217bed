"""Reads a changelog partition back: which values count after a crash, a pause or a takeover."""

from collections.abc import Mapping

from models.state import (
    PARTITION_KEY,
    START,
    OutboxEntry,
    Position,
    StoredPartition,
    at_position,
    decode_outbox,
    decode_partition,
    is_outbox_key,
    order_of,
    position_of,
)


class Recovered:
    """Reads a changelog partition back: per key, the newest value of a completed batch.

    Values are taken in the order of the log. Those beyond the newest `p` record wait until one
    covers them; what still waits at the end belongs to a batch that was never completed. Per key
    the value with the highest position wins, not the last one written: a worker that was paused
    may write old values after its successor's.
    """

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.position = START
        self.partition: StoredPartition | None = None
        self._marker = b""
        self._values: dict[bytes, bytes] = {}
        self._waiting: dict[bytes, list[bytes]] = {}
        self._disturbed: set[bytes] = set()

    def absorb(self, key: bytes, value: bytes | None) -> None:
        """Take in the next record of the changelog; StateError where it cannot be read."""
        if value is None:
            return
        if key == PARTITION_KEY:
            self._complete(value)
        elif order_of(value) > self.position:
            # All of them: the newest may be of a batch that is never completed, another not.
            self._waiting.setdefault(key, []).append(value)
        elif _keep_newer(self._values, key, value) and key not in self._waiting:
            self._disturbed.discard(key)
        else:
            self._disturbed.add(key)

    def _complete(self, value: bytes) -> None:
        position = position_of(value)
        if self.partition is not None and position < self.position:
            self._disturbed.add(PARTITION_KEY)
            return
        self._disturbed.discard(PARTITION_KEY)
        self.position, self.partition, self._marker = position, decode_partition(value), value
        waiting, self._waiting = self._waiting, {}
        for key, candidates in waiting.items():
            for candidate in candidates:
                if order_of(candidate) > position:
                    self._waiting.setdefault(key, []).append(candidate)
                elif not _keep_newer(self._values, key, candidate) or key in self._waiting:
                    # The last one written is not the one that counts, or may not be some day.
                    self._disturbed.add(key)

    def values(self) -> Mapping[bytes, bytes]:
        """Return the values of completed batches, by key."""
        return self._values

    def repairs(self) -> list[tuple[bytes, bytes]]:
        """Return the records that must stand in the log once more, the marker last.

        Where the last record of a key is not the one that counts, because a paused worker wrote it
        late or its batch was never completed, compaction would some day leave only the wrong one.
        """
        keys = sorted((self._disturbed | self._waiting.keys()) & self._values.keys())
        # The outbox has been published by then, and cleared.
        keys = [key for key in keys if not is_outbox_key(key)]
        if not keys and PARTITION_KEY not in self._disturbed:
            return []
        records = [*((key, self._values[key]) for key in keys), (PARTITION_KEY, self._marker)]
        position = self._beyond_abandoned_ticks()
        if position is None:
            return records
        return [(key, at_position(value, position)) for key, value in records]

    def _beyond_abandoned_ticks(self) -> Position | None:
        """Return a position after all ticks that were begun here and never completed.

        A batch of records that is never completed is read again, and comes out the same, also the
        closes before its first record. A tick of the wall clock may not come again before more
        records do; its values must never count.
        """
        ticks = [
            position.tick
            for candidates in self._waiting.values()
            for position in map(position_of, candidates)
            if position.offset == self.position.offset and position.tick > self.position.tick
        ]
        return Position(self.position.offset, max(ticks) + 1) if ticks else None

    def outbox(self) -> list[OutboxEntry]:
        """Return the records whose publication was never confirmed, in their order."""
        entries: list[OutboxEntry] = []
        for key in sorted(filter(is_outbox_key, self._values)):
            value = self._values[key]
            if position_of(value) == self.position:
                entries += decode_outbox(value)
        return entries


def _keep_newer(values: dict[bytes, bytes], key: bytes, candidate: bytes) -> bool:
    held = values.get(key)
    if held is not None and order_of(candidate) < order_of(held):
        return False
    values[key] = candidate
    return True
