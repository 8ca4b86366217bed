"""What a batch caused, cut to size; and what happens where it cannot be written."""

from __future__ import annotations

import asyncio
import time
from typing import Any, NamedTuple

import pytest
from aiokafka.errors import KafkaError, MessageSizeTooLargeError, NotLeaderForPartitionError
from aiokafka.producer.message_accumulator import BatchBuilder
from hypothesis import given
from hypothesis import strategies as st

from models.state import OutboxEntry, Stamp, encode_outbox
from models.topics import ALERTS, DEAD_LETTERS, SNAPSHOTS
from streams.catalogue import shipped_catalogue
from streams.letters import Letter
from streams.metrics import Metrics
from streams.publish import LARGE_LETTER, OUTBOX_CHUNK, Publisher, chunks
from streams.record_batches import (
    BATCH_BYTES,
    PAUSE_BOUND,
    InterferenceError,
    RecordBatches,
    SendError,
)

BROKER_LIMIT = 1_048_588

sizes = st.lists(st.integers(0, 300_000), max_size=12)


def entries_of(lengths: list[int]) -> list[OutboxEntry]:
    return [(ALERTS.name, b"guild %d" % index, b"x" * n) for index, n in enumerate(lengths)]


@given(sizes)
def test_the_outbox_is_cut_without_loss_and_in_order(lengths: list[int]) -> None:
    entries = entries_of(lengths)
    assert [entry for chunk in chunks(entries) for entry in chunk] == entries


@given(sizes)
def test_a_chunk_of_the_outbox_fits_into_one_record(lengths: list[int]) -> None:
    for chunk in chunks(entries_of(lengths)):
        assert chunk
        assert len(encode_outbox(Stamp(1), chunk)) < BROKER_LIMIT
        assert len(chunk) == 1 or sum(len(value) for _, _, value in chunk) <= OUTBOX_CHUNK


class Written(NamedTuple):
    """A confirmation: the offset of the batch's first record."""

    offset: int


class FailingProducer:
    """A producer whose cluster refuses the topics in `refused`, or takes no record so large."""

    def __init__(self, refused: str = "", error: type[KafkaError] = KafkaError) -> None:
        self.refused = refused
        self.error = error
        self.sent: list[tuple[str, bytes | None, list[tuple[str, bytes]]]] = []
        self.batches: list[str] = []

    def create_batch(self) -> BatchBuilder:
        return BatchBuilder(BATCH_BYTES, 0)

    async def partitions_for(self, topic: str) -> set[int]:
        return {0, 1}

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> Any:
        self.batches.append(topic)
        written: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        if topic == self.refused:
            written.set_exception(self.error())
        else:
            written.set_result(Written(0))
        return written

    async def send_and_wait(
        self, topic: str, value: bytes, *, key: bytes | None, headers: list[tuple[str, bytes]]
    ) -> None:
        if len(value) > BROKER_LIMIT:
            raise MessageSizeTooLargeError(f"{len(value)} bytes")
        self.sent.append((topic, value, headers))


def publisher(producer: FailingProducer) -> tuple[Publisher, Metrics]:
    metrics = Metrics(shipped_catalogue(), "test")
    return Publisher(producer, "x.", "x.changelog", "x.rerouted", metrics), metrics


def failures(metrics: Metrics, topic: str) -> float | None:
    return metrics.registry.get_sample_value("pulse_publish_failures_total", {"topic": topic})


@pytest.mark.parametrize("topic", [ALERTS.name, SNAPSHOTS.name])
def test_a_refused_record_is_counted_by_topic_and_fails_the_batch(topic: str) -> None:
    producer = FailingProducer("x." + topic, NotLeaderForPartitionError)
    publishing, metrics = publisher(producer)

    with pytest.raises(SendError, match=topic):
        asyncio.run(publishing.publish(0, [(topic, b"guild", b"{}")]))

    assert failures(metrics, topic) == 1
    assert failures(metrics, DEAD_LETTERS.name) == 0


def test_the_record_that_completes_a_batch_is_not_sent_before_the_outputs_are_written() -> None:
    """Else a restart would go on behind outputs that nobody has seen."""
    producer = FailingProducer("x." + SNAPSHOTS.name)
    publishing, _ = publisher(producer)
    outputs = [(SNAPSHOTS.name, b"guild|2025-03-01", b"{}")]

    with pytest.raises(SendError):
        asyncio.run(publishing.complete(0, [(b"c", b"1")], (b"p", b"2"), outputs, []))

    assert sorted(producer.batches) == ["x.changelog", "x." + SNAPSHOTS.name]


def test_a_batch_without_outputs_is_one_record_batch() -> None:
    producer = FailingProducer()
    publishing, _ = publisher(producer)

    asyncio.run(publishing.complete(0, [(b"c", b"1"), (b"m", b"2")], (b"p", b"3"), [], []))

    assert producer.batches == ["x.changelog"]


@pytest.mark.parametrize(
    ("size", "kept", "left_out"),
    [
        (LARGE_LETTER + 1, LARGE_LETTER + 1, False),
        (BROKER_LIMIT + 1, 0, True),
    ],
)
def test_a_large_dead_letter_goes_alone_and_one_too_large_says_what_was_left_out(
    size: int, kept: int, left_out: bool
) -> None:
    producer = FailingProducer()
    publishing, _ = publisher(producer)
    letter: Letter = (b"key", b"x" * size, [("pulse-reason", b"too_large")])

    asyncio.run(publishing.complete(0, [], (b"p", b"1"), [], [letter]))

    ((topic, value, headers),) = producer.sent
    assert topic == "x." + DEAD_LETTERS.name
    assert len(value or b"") == kept
    assert headers[0] == ("pulse-reason", b"too_large")
    assert ("pulse-left-out" in dict(headers)) == left_out


def test_a_process_that_stood_still_after_its_batch_publishes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its successor has published by then, and perhaps what came after: old must not follow new."""
    producer = FailingProducer()
    publishing, _ = publisher(producer)
    asyncio.run(publishing.complete(0, [(b"c", b"1")], (b"p", b"2"), [], []))
    woken = time.monotonic() + PAUSE_BOUND + 1
    monkeypatch.setattr("streams.publish.time.monotonic", lambda: woken)

    with pytest.raises(InterferenceError, match="stood still"):
        asyncio.run(publishing.publish(0, [(ALERTS.name, b"guild", b"{}")]))

    assert sorted(producer.batches) == ["x.changelog"]


@pytest.mark.parametrize(
    ("end", "other"), [(0, False), (1, True), (-1, True)], ids=["as expected", "behind", "ahead"]
)
def test_who_finds_the_changelog_elsewhere_than_it_was_left_ends(*, end: int, other: bool) -> None:
    """Somebody else writes to it too, and took the partition over: this worker must not go on."""
    producer = FailingProducer()
    publishing, _ = publisher(producer)
    publishing.follow(3, end)
    batch = publishing.complete(3, [(b"c", b"1")], (b"p", b"2"), [], [])

    if other:
        with pytest.raises(InterferenceError, match="has written to partition 3 too"):
            asyncio.run(batch)
    else:
        asyncio.run(batch)
        assert publishing.end_of(3) == 2


@pytest.mark.parametrize("topic", ["x.rerouted", "x." + DEAD_LETTERS.name])
def test_what_goes_home_or_is_refused_and_is_not_taken_fails(topic: str) -> None:
    """Else the marker would move past a record that stands nowhere."""
    publishing, _ = publisher(FailingProducer(topic))

    async def send() -> None:
        await publishing.forward([(1, 0, b"guild", b"{}", [])])
        await publishing.refuse([(b"guild", b"{", [])])

    with pytest.raises(SendError, match=topic):
        asyncio.run(send())


def test_who_sends_a_file_may_wait_long_for_its_next_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    producer = FailingProducer()

    async def send_slowly() -> None:
        batches = RecordBatches(producer, {})
        await batches.add("x.events", 0, b"guild", b"{}")
        later = time.monotonic() + 10 * PAUSE_BOUND
        monkeypatch.setattr("streams.record_batches.time.monotonic", lambda: later)
        await batches.confirm()

    asyncio.run(send_slowly())

    assert sorted(producer.batches) == ["x.events"]


class CollectingProducer(FailingProducer):
    """A producer with small record batches, which keeps how each was filled."""

    def __init__(self) -> None:
        super().__init__()
        self.filled: list[Filling] = []

    def create_batch(self) -> BatchBuilder:
        return Filling(200, 0)

    async def send_batch(self, batch: BatchBuilder, topic: str, *, partition: int) -> Any:
        assert isinstance(batch, Filling)
        self.filled.append(batch)
        return await super().send_batch(batch, topic, partition=partition)


class Filling(BatchBuilder):  # type: ignore[misc]
    """A record batch that remembers what was put into it."""

    def __init__(self, size: int, compression: int) -> None:
        super().__init__(size, compression)
        self.records: list[tuple[bytes, bytes | None]] = []

    def append(self, **record: Any) -> Any:
        added = super().append(**record)
        if added is not None:
            assert record["headers"] == []
            self.records.append((record["key"], record["value"]))
        return added


@given(st.lists(st.lists(st.integers(0, 300), max_size=9), max_size=4))
def test_records_added_together_stand_as_if_they_were_added_one_by_one(
    sizes: list[list[int]],
) -> None:
    groups = [
        [(b"%d" % number, b"x" * size) for size in group] for number, group in enumerate(sizes)
    ]

    async def send(*, together: bool) -> list[list[tuple[bytes, bytes | None]]]:
        producer = CollectingProducer()
        batches = RecordBatches(producer, {})
        for group in groups:
            if together:
                await batches.add_all("x.changelog", 0, group)
            else:
                for key, value in group:
                    await batches.add("x.changelog", 0, key, value)
        await batches.confirm()
        return [filling.records for filling in producer.filled]

    assert asyncio.run(send(together=True)) == asyncio.run(send(together=False))
