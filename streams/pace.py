"""How far the routing of one source partition is ahead of the others.

What is routed ahead of the slowest waits in memory, here and at other homes. A partition that is
too far ahead is not read for a while; the slowest one never is too far ahead, so that there is
always one that goes on.
"""

from collections import deque


class Pace:
    """The portions of one source partition that may be ahead of the slowest of the others."""

    def __init__(self) -> None:
        """Nothing is routed yet."""
        self._portions: deque[tuple[int, int]] = deque()
        self._records = 0

    def note(self, clock: int, records: int) -> None:
        """Note that so many records were routed, up to the channel clock `clock`."""
        self._portions.append((clock, records))
        self._records += records

    def ahead(self, slowest: int | None) -> int:
        """Return how many records are beyond the clock `slowest`; None where nobody is behind.

        What was not beyond it once is forgotten.
        """
        while self._portions and (slowest is None or self._portions[0][0] <= slowest):
            self._records -= self._portions.popleft()[1]
        return self._records
