"""Offsets at which no record stands, as the broker's own answers have shown.

A transaction's commit and abort markers take offsets, so do records that were aborted or compacted
away. Who only sees the records cannot tell such a hole from records that were lost on the way.
"""

import heapq
import threading


class Holes:
    """The holes of each partition of one topic. Fetches note them, from another thread."""

    def __init__(self) -> None:
        """Know of none."""
        self._lock = threading.Lock()
        self._spans: dict[int, list[tuple[int, int]]] = {}

    def note(self, partition: int, start: int, end: int) -> None:
        """Note that a fetch from `start` gave nothing before `end`."""
        with self._lock:
            heapq.heappush(self._spans.setdefault(partition, []), (start, end))

    def skip(self, partition: int, offset: int) -> int:
        """Return the first offset, from `offset` on, at which a record may stand.

        Holes that end before it are forgotten: a fetch that goes back notes them anew.
        """
        with self._lock:
            spans = self._spans.get(partition, [])
            while spans and spans[0][1] <= offset:
                heapq.heappop(spans)
            for start, end in sorted(spans):
                if start > offset:
                    break
                offset = max(offset, end)
        return offset
