"""The part of aiokafka's producer that Pulse uses, writing to the simulated cluster."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from models.topics import DEAD_LETTERS

from .clockwork import Clockwork, Process
from .cluster import OUTPUT_PARTITIONS, Cluster, Draft, Headers, Request

_RECORD = 12
_BATCH = 61


class Builder:
    """A record batch being filled; it is full when `limit` bytes are passed, as aiokafka's is."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = _BATCH
        self.drafts: list[Draft] = []

    def append(
        self, *, timestamp: int | None, key: bytes | None, value: bytes | None, headers: Headers
    ) -> object:
        size = _RECORD + len(key or b"") + len(value or b"")
        size += sum(len(name) + len(content) for name, content in headers)
        if self.drafts and self._size + size > self._limit:
            return None
        self._size += size
        self.drafts.append((key, value, list(headers), timestamp or 0))
        return object()

    def size(self) -> int:
        return self._size

    def record_count(self) -> int:
        return len(self.drafts)


class Producer:
    """Sends record batches of one process; when and whether they arrive is the simulation's."""

    def __init__(
        self,
        loop: Clockwork,
        cluster: Cluster,
        process: Process,
        limit: int,
        pass_by: Callable[[str], Awaitable[None]],
    ) -> None:
        self._loop = loop
        self._cluster = cluster
        self._process = process
        self._limit = limit
        self._pass_by = pass_by

    def create_batch(self) -> Builder:
        return Builder(self._limit)

    async def send_batch(
        self, builder: Builder, topic: str, *, partition: int
    ) -> asyncio.Future[object]:
        confirm = self._loop.create_future()
        request = Request(self._process, topic, partition, builder.drafts, confirm)
        await self._pass_by(f"send {request.kind}")
        self._cluster.send(request)
        await self._pass_by(f"sent {request.kind}")
        return confirm

    async def send_and_wait(
        self, topic: str, value: bytes | None, *, key: bytes | None, headers: Headers
    ) -> object:
        builder = self.create_batch()
        builder.append(timestamp=None, key=key, value=value, headers=headers)
        assert topic == DEAD_LETTERS.name
        return await (await self.send_batch(builder, topic, partition=0))

    async def partitions_for(self, topic: str) -> set[int]:
        return set(range(OUTPUT_PARTITIONS))
