"""A changelog partition while it is read: kept in memory, or in the local store."""

import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from models.recovered import Recovered
from models.state import PARTITION_KEY, StateError
from rules.policy import Policies
from rules.state import Partition
from streams.cold import Cold, restore_cold
from streams.faust_internals import SourceRecord
from streams.journal import Journal
from streams.local_store import LocalStore
from streams.mirror import Mirror, position_of
from streams.restoration import restore

LOG = logging.getLogger("pulse")

_PIECE = 500
"""Records after which what was read is written to the local store."""


class StrangeMirrorError(StateError):
    """What the local store has of a changelog partition is not of this changelog."""


class Restored(NamedTuple):
    """The state of a partition, and what of it stands where in its changelog.

    `cold` is what is not in memory: None where all of it is.
    """

    state: Partition
    journal: Journal
    cold: Cold | None


class ReadBack:
    """What a changelog partition says, and the offset before which it is read."""

    def __init__(self) -> None:
        """Begin with nothing read."""
        self.recovered = Recovered()
        self.end = 0

    @property
    def start(self) -> int:
        """The offset at which to go on reading."""
        return self.end

    def absorb(self, records: Sequence[SourceRecord]) -> None:
        """Take in the next records; StateError where one cannot be read.

        Those that are known already are skipped.
        """
        absorb = self.recovered.absorb
        for record in records:
            if record.offset >= self.end:
                self.end = record.offset + 1
                if record.key is not None:
                    absorb(record.key, record.value, record.offset)

    def restore(self, policies: Policies) -> Restored:
        """Build the state; StateError where it cannot be."""
        return Restored(*restore(self.recovered, policies), None)


class MirroredReadBack(ReadBack):
    """The same, kept in the local store, and begun with what is there.

    Reading goes on at the marker that is known, so that it is seen again: where something else
    stands in its place, this is not the changelog that the local store has a part of.
    """

    def __init__(self, mirror: Mirror, share: Callable[[], int]) -> None:
        """Begin with what the mirror has. `share` is how many communities may stay in memory."""
        self.mirror = mirror
        self._share = share
        self.recovered = Recovered(mirror)
        self.end, marker, self._known_place, disturbed = mirror.position
        self.begun_at = self.end
        if marker is not None:
            self.recovered.resume(marker, self._known_place, disturbed)
        self._known_marker = marker

    @property
    def start(self) -> int:
        """The offset at which to go on reading."""
        return self.end if self._known_marker is None else self._known_place

    def absorb(self, records: Sequence[SourceRecord]) -> None:
        """Take in the next records; StateError where one cannot be read.

        StrangeMirrorError where the marker that is known does not stand in its place.
        """
        if self._known_marker is not None and records:
            self._check(records[0], self._known_marker)
            self._known_marker = None
        for start in range(0, len(records), _PIECE):
            super().absorb(records[start : start + _PIECE])
            self.mirror.settle(position_of(self.recovered, self.end))

    def _check(self, first: SourceRecord, marker: bytes) -> None:
        # Where it was compacted away, a later record comes first.
        stands = first.key == PARTITION_KEY and first.value == marker
        if first.offset == self._known_place and not stands:
            raise StrangeMirrorError(f"another record stands at offset {first.offset}")

    def restore(self, policies: Policies) -> Restored:
        """Build the state, without the communities; StateError where it cannot be."""
        return Restored(*restore_cold(self.mirror, self.recovered, policies, self._share))


class ReadBacks:
    """Opens changelog partitions to read them, of those that this worker owns or stands by for."""

    def __init__(self, store: LocalStore | None = None, hot_communities: int = 0) -> None:
        """Keep what is read in `store`, and at most so many communities in memory; or all of it."""
        self._store = store
        self._hot_communities = hot_communities
        self._owned = 1

    def share_among(self, partitions: int) -> None:
        """Let so many partitions share the room for communities in memory."""
        self._owned = partitions

    def open(self, partition: int) -> ReadBack:
        """Begin to read a partition, with what is known of it."""
        if self._store is None:
            return ReadBack()
        return MirroredReadBack(Mirror(self._store.section(partition)), self._share)

    def drop(self, partition: int, reason: str) -> ReadBack:
        """Forget what is known of a partition, and begin with its start."""
        LOG.warning(
            "partition %d is read from its start, not from the local store: %s", partition, reason
        )
        if self._store is not None:
            Mirror(self._store.section(partition)).clear()
        return self.open(partition)

    def _share(self) -> int:
        return max(self._hot_communities // max(self._owned, 1), 1)
