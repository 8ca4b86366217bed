"""What a worker writes is compressed fast, and any client reads it."""

from __future__ import annotations

import pytest
from aiokafka import codec
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.memory_records import MemoryRecords

from streams.compression import codec_user, compress_fast

VALUE = b'{"id":"e1","type":"post.created","community_id":"42","user_id":"u%d"}'


def built() -> bytes:
    builder = DefaultRecordBatchBuilder(
        2, 3, is_transactional=0, producer_id=-1, producer_epoch=-1, base_sequence=0,
        batch_size=1 << 20,
    )  # fmt: skip
    for number in range(1_000):
        builder.append(number, 0, key=None, value=VALUE % (number * 7919 % 1_000), headers=[])
    return bytes(builder.build())


def test_record_batches_are_compressed_fast_and_stay_readable(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(codec_user(), "lz4_encode", codec.lz4_encode)
    thorough = built()

    compress_fast()
    fast = built()

    assert len(thorough) < len(fast) < 1_000 * len(VALUE)
    batch = MemoryRecords(fast).next_batch()
    assert batch is not None
    assert [record.value for record in batch] == [
        VALUE % (number * 7919 % 1_000) for number in range(1_000)
    ]
