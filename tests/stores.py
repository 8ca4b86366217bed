"""A local store that stands in memory, and of which as much can be lost as of a real one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.local_store import Change

Write = tuple[list[Change], list[bytes]]


class MemoryStore:
    """The key spaces of all partitions; what was written can be taken back, write by write."""

    def __init__(self) -> None:
        self._content: dict[bytes, bytes] = {}
        self._writes: list[Write] = []

    def section(self, partition: int) -> MemorySection:
        return MemorySection(self, partition.to_bytes(4, "big"))

    def distrust(self) -> None:
        """A real one is dropped when it is opened next."""
        self.lose(len(self._writes))

    def get(self, key: bytes) -> bytes | None:
        return self._content.get(key)

    def scan(self, prefix: bytes) -> list[tuple[bytes, bytes]]:
        return [
            (key, self._content[key]) for key in sorted(self._content) if key.startswith(prefix)
        ]

    def write(self, changes: list[Change], cleared: list[bytes]) -> None:
        self._writes.append((changes, cleared))
        self._apply(changes, cleared)

    def lose(self, writes: int) -> None:
        """Lose the last writes, as a crash of the machine may; what came before is left whole."""
        kept = self._writes[: max(len(self._writes) - writes, 0)]
        self._content, self._writes = {}, kept
        for changes, cleared in kept:
            self._apply(changes, cleared)

    def _apply(self, changes: list[Change], cleared: list[bytes]) -> None:
        for prefix in cleared:
            for key in [key for key in self._content if key.startswith(prefix)]:
                del self._content[key]
        for key, value in changes:
            if value is None:
                self._content.pop(key, None)
            else:
                self._content[key] = value


class MemorySection:
    """The key space of one partition."""

    def __init__(self, store: MemoryStore, prefix: bytes) -> None:
        self._store = store
        self._prefix = prefix

    def get(self, key: bytes) -> bytes | None:
        return self._store.get(self._prefix + key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        # All at once: what is written meanwhile is not seen.
        found = self._store.scan(self._prefix + prefix)
        return ((key[len(self._prefix) :], value) for key, value in found)

    def write(self, changes: Iterable[Change], cleared: Iterable[bytes] = ()) -> None:
        self._store.write(
            [(self._prefix + key, value) for key, value in changes],
            [self._prefix + prefix for prefix in cleared],
        )
