"""The local store: a key space per partition, on the disk of the worker's machine.

It holds nothing that does not stand in the changelog: what a crash of the machine takes from it,
and all of it where it cannot be trusted, is read from there again. So nothing is waited for to
reach the disk, and whatever goes wrong with it, the next start begins with an empty one.
"""

from collections.abc import Iterable, Iterator
from typing import Protocol

Change = tuple[bytes, bytes | None]
"""A key and its new value; None deletes it."""


class LocalStoreError(Exception):
    """The local store cannot be used; the message says why, and what to do."""


class Section(Protocol):
    """The key space of one partition."""

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, where there is one."""

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the keys that begin with `prefix`, in their order, and their values.

        What is written meanwhile is not seen.
        """

    def write(self, changes: Iterable[Change], cleared: Iterable[bytes] = ()) -> None:
        """Delete all keys that begin with one of `cleared`, then change keys: all or nothing."""


class LocalStore(Protocol):
    """The key spaces of all partitions."""

    def section(self, partition: int) -> Section:
        """Return the key space of a partition."""

    def distrust(self) -> None:
        """Begin with an empty one at the next start."""
