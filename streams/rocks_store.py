"""The local store as a RocksDB database in the worker's data folder."""

import logging
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NoReturn

from rocksdict import (
    BlockBasedOptions,
    Cache,
    DBCompressionType,
    Options,
    Rdict,
    ReadOptions,
    WriteBatch,
)

from streams.local_store import Change, LocalStoreError

LOG = logging.getLogger("pulse")

_CACHE_BYTES: Final = 32 << 20
_WRITE_BUFFER_BYTES: Final = 16 << 20
_KEPT_LOG_FILES: Final = 2
_WIDTH: Final = 4
_IDENTITY: Final = b"\xff" * _WIDTH + b"identity"
_DISTRUST: Final = "DISTRUST"
_SIGNS_OF_A_LOCK: Final = ("While lock file", "lock hold by current process")


class RocksStore:
    """The database. An error of it ends in LocalStoreError, and the next start without it."""

    def __init__(self, folder: Path, identity: bytes) -> None:
        """Open or create it. What is there under another `identity` is dropped.

        LocalStoreError where it cannot be used, OSError where the folder cannot.
        """
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._database = self._open()
        if fault := self._find_fault(identity):
            self._database.close()
            self._drop(fault)
            self._database = self._open()
        self.write([(_IDENTITY, identity)], ())

    def _find_fault(self, identity: bytes) -> str | None:
        """Return why what is there cannot be used; None where it can be."""
        if (self._folder / _DISTRUST).exists():
            return "it failed when it was used last"
        try:
            found = self._database.get(_IDENTITY)
        except Exception as error:  # noqa: BLE001 (the library raises nothing more special)
            return str(error)
        return None if found in (None, identity) else "it is of another changelog"

    def _open(self) -> Rdict:
        """Open the database; where that fails, drop what is there and begin with an empty one."""
        try:
            return Rdict(str(self._folder), _options())
        except Exception as error:  # noqa: BLE001
            if any(sign in str(error) for sign in _SIGNS_OF_A_LOCK):
                raise LocalStoreError(
                    f"the local store in {self._folder} is in use by another process: "
                    "give each worker a data folder of its own"
                ) from None
            self._drop(str(error))
        try:
            return Rdict(str(self._folder), _options())
        except Exception as error:  # noqa: BLE001
            raise LocalStoreError(f"the local store cannot be opened: {error}") from None

    def _drop(self, reason: str) -> None:
        LOG.warning("drops the local store, reads the changelog from its start: %s", reason)
        # The mark goes last: what is left of a store half dropped is dropped again.
        self.distrust()
        mark = self._folder / _DISTRUST
        for file in self._folder.iterdir():
            if file != mark:
                file.unlink()
        mark.unlink(missing_ok=True)

    def section(self, partition: int) -> "RocksSection":
        """Return the key space of a partition."""
        return RocksSection(self, partition.to_bytes(_WIDTH, "big"))

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, where there is one."""
        try:
            found: bytes | None = self._database.get(key)
        except Exception as error:  # noqa: BLE001
            self._fail(error)
        return found

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the keys that begin with `prefix`, in their order, and their values."""
        options = ReadOptions()
        options.set_iterate_upper_bound(_after(prefix))
        last: Any = prefix
        try:
            for last, value in self._database.items(from_key=prefix, read_opt=options):
                yield last, value
            self._check_end(last, options)
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def _check_end(self, last: bytes, options: ReadOptions) -> None:
        """Raise where nothing comes behind `last` only because it cannot be read.

        The library's own loop ends there without a word.
        """
        rest = self._database.iter(read_opt=options)
        rest.seek(last)
        while rest.valid():
            rest.next()
        rest.status()

    def write(self, changes: Iterable[Change], cleared: Iterable[bytes]) -> None:
        """Delete all keys that begin with one of `cleared`, then change keys: all or nothing."""
        batch = WriteBatch(raw_mode=True)
        for prefix in cleared:
            batch.delete_range(prefix, _after(prefix))
        for key, value in changes:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        try:
            self._database.write(batch)
        except Exception as error:  # noqa: BLE001
            self._fail(error)

    def distrust(self) -> None:
        """Begin with an empty one at the next start."""
        with suppress(OSError):
            (self._folder / _DISTRUST).touch()

    def _fail(self, error: Exception) -> NoReturn:
        self.distrust()
        raise LocalStoreError(f"the local store in {self._folder}: {error}") from error

    def close(self) -> None:
        """Close it, and let go of its lock."""
        self._database.close()


class RocksSection:
    """The key space of one partition: all keys with its prefix."""

    def __init__(self, store: RocksStore, prefix: bytes) -> None:
        """Bind the partition's prefix."""
        self._store = store
        self._prefix = prefix

    def get(self, key: bytes) -> bytes | None:
        """Return the value of a key, where there is one."""
        return self._store.get(self._prefix + key)

    def scan(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Yield the keys that begin with `prefix`, in their order, and their values."""
        width = len(self._prefix)
        for key, value in self._store.scan(self._prefix + prefix):
            yield key[width:], value

    def write(self, changes: Iterable[Change], cleared: Iterable[bytes] = ()) -> None:
        """Delete all keys that begin with one of `cleared`, then change keys: all or nothing."""
        own = self._prefix
        self._store.write(
            [(own + key, value) for key, value in changes], [own + prefix for prefix in cleared]
        )


def _after(prefix: bytes) -> bytes:
    """Return the first key behind all that begin with `prefix`, which is not all 0xFF."""
    kept = prefix.rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1])


def _options() -> Options:
    blocks = BlockBasedOptions()
    blocks.set_bloom_filter(10, block_based=False)
    blocks.set_block_cache(Cache(_CACHE_BYTES))
    # Else filters and indexes grow in memory with what stands on disk.
    blocks.set_cache_index_and_filter_blocks(True)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(blocks)
    options.set_compression_type(DBCompressionType.lz4())
    options.set_write_buffer_size(_WRITE_BUFFER_BYTES)
    options.set_keep_log_file_num(_KEPT_LOG_FILES)
    return options
