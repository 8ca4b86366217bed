r"""Makes aiokafka read records whose header names are no text.

Kafka stores any bytes as the name of a header. aiokafka decodes names as strict UTF-8 while it
unpacks a fetch; one bad name would end the worker, and every restart after it. With
`tolerate_header_names` such a name arrives with its bad bytes escaped, as `\xff`.
"""

from collections.abc import Iterator
from itertools import chain, islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


class _Buffer(bytearray):
    """Bytes whose parts decode whatever they hold."""

    def __getitem__(self, place: Any) -> Any:
        found = super().__getitem__(place)
        return _Buffer(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, "backslashreplace")


class RecordBatch:
    """One record batch, which aiokafka takes for one record: it is unpacked bit by bit.

    Where a name is no text, aiokafka's own batch is read a second time.
    """

    def __init__(self, batch: Any, data: bytes, number: int) -> None:
        """Wrap aiokafka's `batch`, the one of that `number` in the fetched `data`."""
        self._batch = batch
        self._data = data
        self._number = number
        self._records: Iterator[Any] | None = None
        self._given = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator["RecordBatch"]:
        yield self

    @property
    def offset(self) -> int:
        """The offset of the last record, or of what compaction left of it."""
        return int(self._batch.next_offset) - 1

    def take(self, most: int) -> list[Any]:
        """Return the next records, at most so many; none: that was all."""
        if self._records is None:
            # aiokafka's own iterator cannot be asked for itself a second time.
            self._records = chain(self._batch)
        try:
            taken = list(islice(self._records, most))
        except (UnicodeDecodeError, CorruptRecordException) as error:
            if not isinstance(error.__cause__ or error, UnicodeDecodeError):
                raise
            self._records = islice(self._read_again(), self._given, None)
            taken = list(islice(self._records, most))
        self._given += len(taken)
        return taken

    def _read_again(self) -> Iterator[Any]:
        records = _MemoryRecordsPy(self._data)
        for _ in range(self._number):
            records.next_batch()
        batch = _DefaultRecordBatchPy(records._next_slice)  # noqa: SLF001
        batch._maybe_uncompress()  # noqa: SLF001
        batch._buffer = _Buffer(batch._buffer)  # noqa: SLF001
        return iter(batch)


class TolerantRecords:
    """The record batches of one fetched partition, as aiokafka's `MemoryRecords` gives them."""

    def __init__(self, data: bytes) -> None:
        """Read `data` as fetched."""
        self._data = data
        self._records = MemoryRecords(data)
        self._number = 0

    def size_in_bytes(self) -> int:
        """Return how many bytes were fetched."""
        return self._records.size_in_bytes()

    def has_next(self) -> bool:
        """Tell whether there is one more batch."""
        return self._records.has_next()

    def next_batch(self) -> RecordBatch:
        """Return the next batch."""
        batch = RecordBatch(self._records.next_batch(), self._data, self._number)
        self._number += 1
        return batch


def tolerate_header_names() -> None:
    """Let every aiokafka consumer of this process read any header name."""
    fetcher.MemoryRecords = TolerantRecords
