"""Record batches that wait for their turn at the client."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import KafkaTimeoutError

from streams import record_batches
from streams.record_batches import RecordBatches, SendError


class Written(NamedTuple):
    offset: int


class Builder:
    def __init__(self) -> None:
        self.records = 0

    def append(self, **_: Any) -> object:
        self.records += 1
        return self.records

    def record_count(self) -> int:
        return self.records


class BusyProducer:
    """Gives up so often before it takes a batch."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals

    def create_batch(self) -> Builder:
        return Builder()

    async def send_batch(self, builder: Builder, topic: str, *, partition: int) -> Any:
        if self.refusals:
            self.refusals -= 1
            raise KafkaTimeoutError
        written: asyncio.Future[Written] = asyncio.Future()
        written.set_result(Written(0))
        return written


async def write(producer: BusyProducer) -> dict[tuple[str, int], int]:
    batches = RecordBatches(producer, {})
    await batches.add("topic", 3, b"key", b"value")
    await batches.confirm()
    return batches.written


def test_a_batch_that_the_client_gave_up_to_wait_with_is_handed_to_it_again() -> None:
    assert asyncio.run(write(BusyProducer(3))) == {("topic", 3): 1}


def test_a_batch_that_the_client_never_takes_is_an_error_that_names_its_topic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(record_batches, "_PATIENCE", -1.0)
    with pytest.raises(SendError, match="topic: KafkaTimeoutError"):
        asyncio.run(write(BusyProducer(3)))
