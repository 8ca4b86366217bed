"""Whose turn it is, where partitions wait to know what the others hold for them."""

from collections.abc import Iterator, Mapping, Set
from heapq import heapify, heapreplace

from streams.owned import Owned
from streams.router import Router


class Turns:
    """Lets the partitions of a worker go on side by side, by their channel clocks.

    What is decoded of one that is ahead waits until the others are as far: by then it is in no
    cache any more. So those that are behind come first, and who is ahead waits for them.
    """

    def __init__(self, router: Router) -> None:
        """Bind what knows which partitions are fully read."""
        self._router = router

    def take(
        self, owned: Mapping[int, Owned], coming: Set[int], most: int, ahead: int | None = None
    ) -> Iterator[int]:
        """Yield which partition is to be routed next, at most `most` records: a turn for each.

        `coming` are those of which there is something to route; who is given a turn has to take it
        before the next one is asked for. Where one that comes next has `ahead` events waiting, or
        more, nobody gets a turn any more.
        """
        places = [(owned[number].merge.routed_clock, number) for number in coming]
        heapify(places)
        bound = self._bound(owned[number] for number in owned.keys() - coming)
        for _ in coming:
            clock, number = places[0]
            merge = owned[number].merge
            is_ahead = bound is not None and clock > bound and merge.waiting >= most
            if is_ahead or (ahead is not None and merge.waiting >= ahead):
                return
            yield number
            heapreplace(places, (merge.routed_clock, number))

    def _bound(self, others: Iterator[Owned]) -> int | None:
        """Return the clock of the furthest behind of which something is still to come."""
        clocks = (each.merge.routed_clock for each in others if not self._router.is_read(each))
        return min(clocks, default=None)
