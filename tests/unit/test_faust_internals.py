"""The seams of Faust and aiokafka: as Pulse expects them, and refused where they are not."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

import faust
import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.consumer import fetcher
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Transport
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams import faust_internals, seams
from streams.backlog import Backlog, Piece
from streams.compression import codec_user
from streams.faust_assignor import StateAssignor
from streams.faust_internals import CoalescingScheduler, RawSchema
from streams.seams import InternalsError, check_internals
from streams.watermark_consumer import BoundedThread, WatermarkConsumer, watermark_consumer

SEAMS = [function for function, _ in seams._PARAMETERS]


class Fetched(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int


class Packed(list[Fetched]):
    """Records that tell of the last of them, as those of the source do."""

    @property
    def offset(self) -> int:
        return self[-1].offset

    @property
    def timestamp(self) -> int:
        return self[-1].timestamp

    @property
    def timestamp_type(self) -> int:
        return self[-1].timestamp_type


def fetch(sizes: dict[int, int], backlog: Backlog | None = None) -> dict[TP, Piece]:
    def records(number: int, size: int) -> list[Fetched]:
        return [Fetched("events", number, at, 1_000 + at, 0) for at in range(7, 7 + size)]

    pack = list if backlog is None else Packed
    return {
        TP("events", number): Piece(pack(records(number, size)), number, backlog)
        for number, size in sizes.items()
    }


def test_the_installed_versions_are_as_pulse_expects_them() -> None:
    check_internals()


def owner_of(function: Callable[..., Any]) -> tuple[object, str]:
    """The class or module that a seam is looked up on, and the seam's name in it."""
    module = __import__(function.__module__, fromlist=["_"])
    class_name, _, name = function.__qualname__.rpartition(".")
    return (getattr(module, class_name) if class_name else module), name


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.__qualname__)
def test_a_seam_with_another_signature_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, seam: Callable[..., Any]
) -> None:
    def changed(self: object, something_new: int) -> None: ...

    changed.__module__, changed.__qualname__ = seam.__module__, seam.__qualname__
    changed_seams = [
        (changed if function is seam else function, expected)
        for function, expected in seams._PARAMETERS
    ]
    monkeypatch.setattr(seams, "_PARAMETERS", changed_seams)

    with pytest.raises(InternalsError) as refusal:
        check_internals()

    assert f"{seam.__module__}.{seam.__qualname__} takes ('self', 'something_new')" in str(
        refusal.value
    )


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.__qualname__)
def test_each_seam_is_still_found_where_it_is_used(seam: Callable[..., Any]) -> None:
    owner, name = owner_of(seam)
    assert getattr(owner, name) is seam


def test_a_seek_that_is_no_coroutine_any_more_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def perform_seek(self: object) -> None: ...

    monkeypatch.setattr(BaseConsumer, "perform_seek", perform_seek)
    others = [pair for pair in seams._PARAMETERS if "perform_seek" not in repr(pair[0])]
    monkeypatch.setattr(seams, "_PARAMETERS", others)

    with pytest.raises(InternalsError, match="perform_seek is no coroutine"):
        check_internals()


@pytest.mark.parametrize(
    ("holder", "name"),
    [
        (Transport, "Consumer"),
        (Transport, "Producer"),
        (fetcher, "MemoryRecords"),
        (fetcher, "PartitionRecords"),
        (fetcher, "FetchResult"),
        (codec_user(), "lz4_encode"),
    ],
)
def test_a_seam_that_is_gone_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, holder: object, name: str
) -> None:
    if holder is Transport:
        monkeypatch.setattr(Transport, name, None)
    else:
        monkeypatch.delattr(holder, name)

    with pytest.raises(InternalsError, match=f"{name} is gone"):
        check_internals()


@given(st.dictionaries(st.integers(0, 11), st.integers(1, 50), min_size=1, max_size=5))
def test_what_was_fetched_of_the_source_is_one_message(sizes: dict[int, int]) -> None:
    fetched = fetch(sizes, Backlog())
    scheduler, carriers = CoalescingScheduler(), []

    for _ in sizes:
        ((place, message),) = scheduler.iterate(fetched)
        last = fetched[place].records[-1]
        assert (message.topic, message.partition) == (place.topic, place.partition)
        assert (message.offset, message.timestamp) == (last.offset, last.timestamp)
        assert sorted(piece.partition for piece in message.value) == sorted(sizes)
        assert all(piece is fetched[TP("events", piece.partition)] for piece in message.value)
        carriers.append(place.partition)

    # Faust watches that each partition is heard of now and then.
    assert sorted(carriers) == sorted(sizes)


@given(st.dictionaries(st.integers(0, 11), st.integers(1, 50), max_size=5))
def test_what_was_fetched_of_a_changelog_is_a_message_per_partition(sizes: dict[int, int]) -> None:
    fetched = fetch(sizes)
    handed: dict[TP, Piece] = {}

    for place, message in CoalescingScheduler().iterate(fetched):
        last = fetched[place].records[-1]
        assert (message.topic, message.partition) == (place.topic, place.partition)
        assert (message.offset, message.timestamp) == (last.offset, last.timestamp)
        (handed[place],) = message.value

    assert handed == fetched


def test_the_schema_hands_the_pieces_on_as_they_are() -> None:
    (place_and_piece,) = CoalescingScheduler().iterate(fetch({0: 3}))
    piece = place_and_piece[1]
    schema = RawSchema()

    assert schema.loads_value(None, piece) is piece.value
    assert schema.loads_key(None, piece) is None


def test_the_consumer_class_overrides_what_faust_calls() -> None:
    """What Faust really calls is shown by the integration tests; here that nothing is misspelt."""
    for name in ("_new_offset", "_filter_tps_with_pending_acks", "_add_gap", "perform_seek"):
        assert name in vars(WatermarkConsumer)
        assert hasattr(BaseConsumer, name)
    for name in ("_create_worker_consumer", "_fetch_records"):
        assert name in vars(BoundedThread)
        assert hasattr(AIOKafkaConsumerThread, name)
    assert "on_recovery_completed" in vars(faust_internals.StateStore)
    assert hasattr(faust.stores.memory.Store, "on_recovery_completed")
    for name in ("_protocol_assignments", "on_assignment", "assigned_actives", "assigned_standbys"):
        assert name in vars(StateAssignor)
        assert hasattr(PartitionAssignor, name)


def test_a_consumer_class_is_bound_to_one_worker() -> None:
    keeper: Any = object()
    backlog = Backlog()
    made = watermark_consumer(keeper, "events", backlog)

    assert (made.keeper, made.source, made.backlog) == (keeper, "events", backlog)


async def settings_of_a_consumer() -> dict[str, Any]:
    consumer = AIOKafkaConsumer()
    names = "_isolation_level", "_fetch_max_wait_ms"
    settings = {name: getattr(consumer, name) for name in names}
    await consumer.stop()
    return settings


def test_the_settings_that_faust_does_not_pass_on_are_still_the_clients() -> None:
    settings = asyncio.run(settings_of_a_consumer())

    assert settings == {"_isolation_level": "read_uncommitted", "_fetch_max_wait_ms": 500}
