"""The local store as a RocksDB database in the worker's data folder."""

import logging
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NoReturn

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


class RocksStore:
    """The database. An error of it ends in LocalStoreError, and the next start without it."""

    def __init__(self, folder: Path, identity: bytes) -> None:
        """Open or create it. What is there under another `identity` is dropped."""
        self._folder = folder
        if (folder / _DISTRUST).exists():
            self._drop("it failed when it was used last")
        try:
            self._database = self._open()
        except LocalStoreError:
            raise
        except Exception as error:  # noqa: BLE001 (the library raises nothing more special)
            self._drop(str(error))
            self._database = self._open()
        found = self.get(_IDENTITY)
        if found != identity:
            if found is not None:
                self._database.close()
                self._drop("it is of another changelog")
                self._database = self._open()
            self.write([(_IDENTITY, identity)], ())

    def _open(self) -> Rdict:
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            return Rdict(str(self._folder), _options())
        except Exception as error:
            if "lock" in str(error).lower():
                raise LocalStoreError(
                    f"the local store in {self._folder} is in use by another process: "
                    "give each worker a data folder of its own"
                ) from None
            raise

    def _drop(self, reason: str) -> None:
        LOG.warning("drops the local store, reads the changelog from its start: %s", reason)
        shutil.rmtree(self._folder, ignore_errors=True)

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
        try:
            yield from self._database.items(from_key=prefix, read_opt=options)
        except Exception as error:  # noqa: BLE001
            self._fail(error)

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
