"""One lock per partition: a batch or tick holds its own, a recovery all of them."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager


class PartitionLocks:
    """The locks of all partitions, made when they are first asked for."""

    def __init__(self) -> None:
        """No partition is held."""
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._recovery = asyncio.Lock()

    def of(self, partition: int) -> asyncio.Lock:
        """Return the partition's lock."""
        return self._locks[partition]

    @asynccontextmanager
    async def all_at_rest(self, partitions: Iterable[int]) -> AsyncIterator[None]:
        """Hold `partitions`, and all others that may be amid a batch."""
        async with self._recovery, AsyncExitStack() as stack:
            for partition in sorted({*partitions, *self._locks}):
                await stack.enter_async_context(self._locks[partition])
            yield
