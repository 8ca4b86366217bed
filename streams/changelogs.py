"""Reads changelog partitions: at a takeover to their ends, and those stood by for as they grow."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Final

from aiokafka.errors import KafkaError

from models.state import StateError
from streams.changelog_reader import ChangelogReader, Pieces, Reading
from streams.read_back import ReadBack, ReadBacks, StrangeMirrorError

LOG = logging.getLogger("pulse")

_PATIENCE: Final = 60.0
_PAUSE: Final = 1.0


class ChangelogError(Exception):
    """A changelog partition could not be read to its end."""


class Changelogs:
    """The changelog partitions that this worker reads, and what it has read of them.

    Those it stands by for are read by `run`, as they grow; `records` is how many the last takeover
    had to read, `taken` how many takeovers have read so far.
    """

    def __init__(self, reader: ChangelogReader, read_backs: ReadBacks) -> None:
        """Begin with no partition."""
        self._reader = reader
        self._read_backs = read_backs
        self._standing_by: dict[int, ReadBack] = {}
        self._ends: dict[int, int] = {}
        self._wanted = asyncio.Event()
        self._changed = False
        self.records = self.taken = 0

    # At a takeover ------------------------------------------------------------------------------

    async def read(
        self, partitions: Iterable[int], held: Mapping[int, int], is_over: Callable[[], bool]
    ) -> dict[int, ReadBack]:
        """Return what partitions say up to their ends, but of those that nobody else wrote to.

        `held` are the ends of those whose state is in memory: where one still ends there, that
        state is right. StateError where a record cannot be read, ChangelogError where the cluster
        gives nothing; it stops early where the recovery `is_over`.
        """
        wanted = sorted(partitions)
        self._read_backs.share_among(len(wanted))
        self.records = 0
        if not wanted:
            return {}
        reading = await self._reader.open()
        try:
            ends = await reading.ends(wanted)
            found = {
                partition: self._open(partition, ends[partition])
                for partition in wanted
                if held.get(partition) != ends[partition]
            }
            await self._read_up_to(reading, found, ends, is_over)
            if is_over():
                # Whoever asks for one of them next goes on from there.
                self._standing_by.update(found)
                self._changed = True
        finally:
            await reading.stop()
        return found

    def _open(self, partition: int, end: int) -> ReadBack:
        read_back = self._standing_by.pop(partition, None)
        if read_back is None:
            read_back = self._read_backs.open(partition)
        else:
            self._changed = True
        return self._fitting(partition, read_back, end)

    def _fitting(self, partition: int, read_back: ReadBack, end: int) -> ReadBack:
        if read_back.end <= end:
            return read_back
        reason = f"it goes as far as {read_back.end}, the changelog as far as {end}"
        return self._read_backs.drop(partition, reason)

    async def _read_up_to(
        self,
        reading: Reading,
        found: dict[int, ReadBack],
        ends: Mapping[int, int],
        is_over: Callable[[], bool],
    ) -> None:
        behind = {partition for partition in found if found[partition].start < ends[partition]}
        self.records = sum(ends[partition] - found[partition].end for partition in found)
        is_strange, deadline = True, time.monotonic() + _PATIENCE
        while behind and not is_over():
            if is_strange:
                await reading.begin({partition: found[partition].start for partition in behind})
            pieces = await reading.next()
            self.taken += sum(map(len, pieces.values()))
            is_strange = self._absorb(found, pieces)
            if pieces:
                deadline = time.monotonic() + _PATIENCE
            elif time.monotonic() > deadline:
                raise ChangelogError(f"changelog {sorted(behind)}: nothing for {_PATIENCE:.0f} s")
            if not is_strange:
                behind = {each for each in behind if await reading.position(each) < ends[each]}
        if not behind:
            # Behind the last record there may be offsets without any.
            for partition, read_back in found.items():
                read_back.end = max(read_back.end, ends[partition])

    def _absorb(self, read_backs: dict[int, ReadBack], pieces: Pieces) -> bool:
        """Take in what was read; tell whether some partition must be read from its start."""
        is_strange = False
        for partition, records in pieces.items():
            try:
                read_backs[partition].absorb(records)
            except StrangeMirrorError as error:
                read_backs[partition] = self._read_backs.drop(partition, str(error))
                is_strange = True
        return is_strange

    # Standing by --------------------------------------------------------------------------------

    def stand_by(self, partitions: Iterable[int]) -> None:
        """Read these partitions, and no others, until they are taken over or not named again."""
        before = self._standing_by
        self._standing_by = {
            partition: before.get(partition) or self._read_backs.open(partition)
            for partition in partitions
        }
        self._changed = True
        if self._standing_by:
            self._wanted.set()

    def lags(self) -> dict[int, int]:
        """Return by how many records each partition that is stood by for is behind.

        Without those whose ends are not known yet.
        """
        return {
            partition: max(self._ends[partition] - read_back.end, 0)
            for partition, read_back in self._standing_by.items()
            if partition in self._ends
        }

    async def run(self) -> None:
        """Read the partitions that are stood by for, as they grow; it never ends."""
        while True:
            await self._wanted.wait()
            try:
                reading = await self._reader.open()
                try:
                    self._changed = True
                    await self._follow(reading)
                finally:
                    await reading.stop()
            except KafkaError as error:
                LOG.warning("standing by: %s; tries again", error or type(error).__name__)
                await asyncio.sleep(_PAUSE)

    async def _follow(self, reading: Reading) -> None:
        while self._standing_by:
            if self._changed:
                await self._begin(reading)
            pieces = await reading.next()
            if self._changed:
                # What came may be of partitions that are taken over, or read elsewhere, by now.
                continue
            try:
                self._changed = self._absorb(self._standing_by, pieces)
            except StateError as error:
                self._give_up(pieces, error)
            for partition in self._standing_by:
                self._ends[partition] = max(self._ends[partition], reading.known_end(partition))
        self._wanted.clear()

    async def _begin(self, reading: Reading) -> None:
        self._changed = False
        ends = await reading.ends(list(self._standing_by))
        if not self._changed and self._standing_by.keys() <= ends.keys():
            for partition, read_back in self._standing_by.items():
                self._standing_by[partition] = self._fitting(partition, read_back, ends[partition])
            self._ends = dict(ends)
            starts = {number: each.start for number, each in self._standing_by.items()}
            await reading.begin(starts)

    def _give_up(self, pieces: Pieces, error: StateError) -> None:
        """Who takes one of these partitions over reads it again, and ends if it cannot."""
        LOG.warning("stands by no longer for %s: %s", sorted(pieces), error)
        for partition in pieces:
            self._standing_by.pop(partition, None)
            self._read_backs.drop(partition, str(error))
        self._changed = True
