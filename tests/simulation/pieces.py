"""Records that a worker reads again after a restart, in pieces of any size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streams.faust_internals import SourceRecord
from streams.reread import RereadError, Stretch

if TYPE_CHECKING:
    from .worker import Worker


class SimulatedPieces:
    """The pieces of one stretch of `records`, which are all of its partition."""

    def __init__(self, worker: Worker, records: Sequence[SourceRecord], stretch: Stretch) -> None:
        self._worker = worker
        begins = (
            n
            for n, record in enumerate(records)
            if record.offset >= stretch.start
            and (stretch.since is None or record.timestamp >= stretch.since)
        )
        first = next(begins, len(records))
        self._left = [record for record in records[first:] if record.offset < stretch.end]

    async def next(self) -> Sequence[SourceRecord]:
        await self._worker.pass_by("reread")
        if self._worker.reread_fails:
            raise RereadError("made to fail")
        size = self._worker.dice.randint(1, 40)
        piece, self._left = self._left[:size], self._left[size:]
        return piece

    async def close(self) -> None:
        return
