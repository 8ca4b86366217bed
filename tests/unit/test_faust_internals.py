"""The seams of Faust and aiokafka: as Pulse expects them, and refused where they are not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import faust
import pytest
from aiokafka.consumer import fetcher
from faust.assignor.partition_assignor import PartitionAssignor
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers.aiokafka import Transport
from faust.types import TP
from hypothesis import given
from hypothesis import strategies as st

from streams import faust_internals
from streams.faust_assignor import StateAssignor
from streams.faust_internals import (
    MAXIMUM_BATCH,
    CoalescingScheduler,
    InternalsError,
    RawSchema,
    check_internals,
    watermark_consumer,
)

SEAMS = [function for function, _ in faust_internals._PARAMETERS]


class Fetched(NamedTuple):
    topic: str
    partition: int
    offset: int
    timestamp: int
    timestamp_type: int


def fetch(sizes: dict[int, int]) -> dict[TP, list[Fetched]]:
    return {
        TP("events", number): [
            Fetched("events", number, offset, 1_000 + offset, 0) for offset in range(7, 7 + size)
        ]
        for number, size in sizes.items()
    }


def test_the_installed_versions_are_as_pulse_expects_them() -> None:
    check_internals()


def owner_of(function: Callable[..., Any]) -> tuple[type, str]:
    """The class that a seam is looked up on, and the seam's name in it."""
    module = __import__(function.__module__, fromlist=["_"])
    class_name, name = function.__qualname__.rsplit(".", 1)
    return getattr(module, class_name), name


@pytest.mark.parametrize("seam", SEAMS, ids=lambda seam: seam.__qualname__)
def test_a_seam_with_another_signature_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, seam: Callable[..., Any]
) -> None:
    def changed(self: object, something_new: int) -> None: ...

    changed.__module__, changed.__qualname__ = seam.__module__, seam.__qualname__
    seams = [
        (changed if function is seam else function, expected)
        for function, expected in faust_internals._PARAMETERS
    ]
    monkeypatch.setattr(faust_internals, "_PARAMETERS", seams)

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
    seams = [pair for pair in faust_internals._PARAMETERS if "perform_seek" not in repr(pair[0])]
    monkeypatch.setattr(faust_internals, "_PARAMETERS", seams)

    with pytest.raises(InternalsError, match="perform_seek is no coroutine"):
        check_internals()


@pytest.mark.parametrize(
    ("holder", "name"),
    [(Transport, "Consumer"), (Transport, "Producer"), (fetcher, "MemoryRecords")],
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


@given(st.dictionaries(st.integers(0, 11), st.integers(0, 12_001), max_size=5))
def test_the_scheduler_hands_on_every_record_in_order_and_in_bounded_pieces(
    sizes: dict[int, int],
) -> None:
    fetched = fetch(sizes)
    handed: dict[TP, list[Fetched]] = {place: [] for place in fetched}

    for place, piece in CoalescingScheduler().iterate(fetched):
        assert 0 < len(piece.value) <= MAXIMUM_BATCH
        last = piece.value[-1]
        assert (piece.topic, piece.partition) == (place.topic, place.partition)
        assert (piece.offset, piece.timestamp) == (last.offset, last.timestamp)
        handed[place] += piece.value

    assert handed == fetched


@given(st.dictionaries(st.integers(0, 11), st.integers(0, 12_001), min_size=2, max_size=5))
def test_the_scheduler_gives_every_partition_its_turn(sizes: dict[int, int]) -> None:
    turns = [place.partition for place, _ in CoalescingScheduler().iterate(fetch(sizes))]

    rounds = [number for number in sizes for _ in range(-(-sizes[number] // MAXIMUM_BATCH))]
    assert sorted(turns) == sorted(rounds)
    given_turns = dict.fromkeys(sizes, 0)
    for number in turns:
        given_turns[number] += 1
        waiting = [each for each in sizes if given_turns[each] * MAXIMUM_BATCH < sizes[each]]
        assert all(given_turns[each] >= given_turns[number] - 1 for each in waiting)


def test_the_schema_hands_the_list_on_as_it_is() -> None:
    (place_and_piece,) = CoalescingScheduler().iterate(fetch({0: 3}))
    piece = place_and_piece[1]
    schema = RawSchema()

    assert schema.loads_value(None, piece) is piece.value
    assert schema.loads_key(None, piece) is None


def test_the_consumer_class_overrides_what_faust_calls() -> None:
    """What Faust really calls is shown by the integration tests; here that nothing is misspelt."""
    made: Any = watermark_consumer(None, "events")  # type: ignore[arg-type]
    for name in ("_new_offset", "_add_gap", "perform_seek"):
        assert name in vars(made)
        assert hasattr(BaseConsumer, name)
    assert "on_recovery_completed" in vars(faust_internals.StateStore)
    assert hasattr(faust.stores.memory.Store, "on_recovery_completed")
    for name in ("_protocol_assignments", "on_assignment", "assigned_actives", "assigned_standbys"):
        assert name in vars(StateAssignor)
        assert hasattr(PartitionAssignor, name)
