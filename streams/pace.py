"""How far the routing of one source partition is ahead of the others.

What is routed ahead of the slowest waits in memory, here and at other homes. A partition that is
too far ahead is not read for a while; the slowest one never is too far ahead, so that there is
always one that goes on.
"""

from collections import deque


class Pace:
    """The pieces of one source partition that may be ahead of the slowest of the others."""

    def __init__(self) -> None:
        """Nothing is routed yet."""
        self._pieces: deque[tuple[int, int]] = deque()
        self._records = 0

    def note(self, clock: int, records: int) -> None:
        """Note that so many records were routed, up to the channel clock `clock`."""
        self._pieces.append((clock, records))
        self._records += records

    def ahead(self, slowest: int | None) -> int:
        """Return how many records are beyond the clock `slowest`; None where nobody is behind.

        What was not beyond it once is forgotten.
        """
        while self._pieces and (slowest is None or self._pieces[0][0] <= slowest):
            self._records -= self._pieces.popleft()[1]
        return self._records
