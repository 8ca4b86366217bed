"""Reads a changelog partition back: which values count after a crash, a pause or a takeover."""

from collections.abc import Iterable, Iterator, Set
from typing import NamedTuple, Protocol

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
    outbox_key,
    restamped,
    stamp_of,
    stamped,
)

Repair = tuple[bytes, bytes | None]
"""Key and value of a record that must stand in the log once more; None deletes the key."""


class Candidate(NamedTuple):
    """A value that waits for its marker, and the offset at which it stands."""

    key: bytes
    offset: int
    value: bytes


class Contents(Protocol):
    """What was read of a changelog partition: in memory, or on disk (`streams.mirror`)."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value that counts, where there is one."""

    def put(self, key: bytes, value: bytes) -> None:
        """Let the value count."""

    def delete(self, key: bytes) -> None:
        """Forget what counts of the key, and what waits of it."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys that begin with `prefix`, and the values that count."""

    def wait(self, candidate: Candidate) -> None:
        """Keep a value that waits for its marker."""

    def waiting(self) -> Set[bytes]:
        """Return the keys of which something waits."""

    def take_waiting(self) -> Iterable[Candidate]:
        """Give out all that waits, in the order of the log for each key; nothing waits then."""


class InMemory:
    """The contents of a changelog partition, in memory."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._values: dict[bytes, bytes] = {}
        self._waiting: dict[bytes, list[Candidate]] = {}

    def get(self, key: bytes) -> bytes | None:
        """Return the value that counts, where there is one."""
        return self._values.get(key)

    def put(self, key: bytes, value: bytes) -> None:
        """Let the value count."""
        self._values[key] = value

    def delete(self, key: bytes) -> None:
        """Forget what counts of the key, and what waits of it."""
        self._values.pop(key, None)
        self._waiting.pop(key, None)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield keys that begin with `prefix`, and the values that count."""
        return ((key, value) for key, value in self._values.items() if key.startswith(prefix))

    def wait(self, candidate: Candidate) -> None:
        """Keep a value that waits for its marker."""
        self._waiting.setdefault(candidate.key, []).append(candidate)

    def waiting(self) -> Set[bytes]:
        """Return the keys of which something waits."""
        return self._waiting.keys()

    def take_waiting(self) -> Iterable[Candidate]:
        """Give out all that waits, in the order of the log for each key; nothing waits then."""
        waiting, self._waiting = self._waiting, {}
        return (candidate for candidates in waiting.values() for candidate in candidates)


class Recovered:
    """Reads a changelog partition back: per key, the newest value of a completed batch.

    Records are taken in the order of the log. Who takes a partition over writes a marker of its own
    epoch first, which must stand at the very offset that is its epoch: then everything before it
    was read. From there on nothing of an earlier epoch counts any more. Values beyond the newest
    marker wait until one covers them; what waits at the end was never completed.

    `marker` is the value of the newest marker and `place` the offset at which it stands.
    """

    def __init__(self, contents: Contents | None = None) -> None:
        """Begin with nothing read, and keep what is read in `contents`: else in memory."""
        self.contents = InMemory() if contents is None else contents
        self.stamp = NEVER
        self.partition: StoredPartition | None = None
        self.marker: bytes | None = None
        self.place = -1
        self.disturbed: dict[bytes, int] = {}
        self._lineage: dict[int, int] = {}

    def resume(self, marker: bytes, place: int, disturbed: dict[bytes, int]) -> None:
        """Go on from where a reading with the same contents had come; StateError as in `absorb`."""
        self.disturbed = disturbed
        self._follow(marker, place)

    def absorb(self, key: bytes, value: bytes | None, offset: int) -> None:
        """Take in the changelog's record at `offset`; StateError where it cannot be read."""
        if value is None:
            if is_delta_key(key):
                self._forget(key)
        elif key == PARTITION_KEY:
            self._complete(value, offset)
        else:
            self._place(Candidate(key, offset, value))

    def _forget(self, key: bytes) -> None:
        """A delta is deleted once what it changed was written whole, in a completed batch."""
        self.contents.delete(key)
        self.disturbed.pop(key, None)

    def _place(self, candidate: Candidate) -> None:
        key, offset, value = candidate
        stamp = stamp_of(value)
        if stamp > self.stamp:
            # All of them: the newest may be of a batch that is never completed, another not.
            self.contents.wait(candidate)
        elif self._counts(stamp, offset) and _keep_newer(self.contents, key, value, stamp):
            self._settle(key, offset)
        else:
            self._disturb(key, offset)

    def _settle(self, key: bytes, offset: int) -> None:
        """The record at `offset` counts: it makes good what came before it, not what came after."""
        if self.disturbed.get(key, offset) <= offset:
            self.disturbed.pop(key, None)

    def _disturb(self, key: bytes, offset: int) -> None:
        self.disturbed[key] = max(offset, self.disturbed.get(key, offset))

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
        self._follow(value, offset)
        self._settle(PARTITION_KEY, offset)
        self._judge_waiting()

    def _follow(self, marker: bytes, place: int) -> None:
        self.partition = decode_partition(marker)
        self.stamp, self.marker, self.place = stamp_of(marker), marker, place
        self._lineage = dict(self.partition.lineage)

    def _judge_waiting(self) -> None:
        for candidate in self.contents.take_waiting():
            self._place(candidate)

    def values(self) -> dict[bytes, bytes]:
        """Return the values of completed batches, by key."""
        return dict(self.contents.scan(b""))

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
        keys = self.disturbed.keys() | self.contents.waiting()
        return {key for key in keys if not is_outbox_key(key)}

    def repairs(self, stamp: Stamp) -> list[Repair]:
        """Return the records that must stand in the log once more, with `stamp`.

        Where the last record of a key is not the one that counts, because a paused worker wrote it
        late or its batch was never completed, compaction would some day leave only the wrong one.
        The outbox needs none: it counts only with the very stamp of the marker.
        """
        repairs: list[Repair] = []
        for key in sorted(self._must_repair() - {PARTITION_KEY}):
            value = self.contents.get(key)
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
        for _, value in sorted(self.contents.scan(outbox_key(0)[:1])):
            if stamp_of(value) == self.stamp:
                entries += decode_outbox(value)
        return entries


def _keep_newer(contents: Contents, key: bytes, candidate: bytes, stamp: Stamp) -> bool:
    held = contents.get(key)
    if held is not None and stamp < stamp_of(held):
        return False
    contents.put(key, candidate)
    return True
