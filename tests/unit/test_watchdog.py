"""When a worker counts as stalled: one row is what is seen, look after look."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, Queue

import pytest

from streams import watchdog
from streams.connection import Connection
from streams.watchdog import STALL_BOUND, Progress, StallJudge, start_watchdog

BOUND = 100.0
UP = 5_000.0
"""What the clock says when a story begins: it counts from the start of the machine."""

Look = tuple[float, Mapping[int, int] | None, Mapping[int, int]]
"""The time, the offsets next to apply (None while waiting for partitions), the ends."""

AT_REST: list[tuple[str, list[Look]]] = [
    ("all is read", [(0, {0: 5}, {0: 5}), (500, {0: 5}, {0: 5})]),
    ("behind, but moving", [(0, {0: 5}, {0: 9}), (90, {0: 6}, {0: 9}), (180, {0: 7}, {0: 9})]),
    ("behind, not for long", [(0, {0: 5}, {0: 9}), (100, {0: 5}, {0: 9})]),
    (
        "new records after a long rest",
        [(0, {0: 5}, {0: 5}), (500, {0: 5}, {0: 5}), (590, {0: 5}, {0: 9})],
    ),
    ("the cluster does not answer", [(0, {0: 5}, {}), (500, {0: 5}, {})]),
    (
        "a partition that was taken away",
        [(0, {0: 5}, {0: 9}), (90, {}, {0: 9}), (180, {0: 5}, {0: 9})],
    ),
    ("waiting for partitions, not for long", [(0, None, {0: 9}), (200, None, {0: 9})]),
    ("waiting while the cluster is away", [(0, None, {}), (900, None, {})]),
    (
        "waiting twice, with partitions in between",
        [(0, None, {0: 9}), (150, {0: 9}, {0: 9}), (300, None, {0: 9})],
    ),
]

STALLED: list[tuple[str, list[Look], str]] = [
    (
        "behind and standing",
        [(0, {0: 5}, {0: 9}), (101, {0: 5}, {0: 9})],
        "partition 0 stands 4 records behind for 101 s",
    ),
    (
        "one of two partitions",
        [(0, {0: 5, 1: 5}, {0: 9, 1: 9}), (101, {0: 8, 1: 5}, {0: 9, 1: 9})],
        "partition 1 stands 4 records behind for 101 s",
    ),
    (
        "waiting too long",
        [(0, None, {0: 9}), (201, None, {0: 9})],
        "no partitions, or not their state, for 201 s",
    ),
    (
        "waiting since the very start of the clock",
        [(0, None, {0: 9}), (150, None, {0: 9}), (201, None, {0: 9})],
        "no partitions, or not their state, for 201 s",
    ),
]


def judged(looks: list[Look]) -> list[str | None]:
    judge = StallJudge(BOUND)
    return [
        judge.judge(Progress(owned, beat=UP + now), ends, UP + now) for now, owned, ends in looks
    ]


@pytest.mark.parametrize("looks", [pytest.param(row[1], id=row[0]) for row in AT_REST])
def test_a_worker_is_left_alone(looks: list[Look]) -> None:
    assert judged(looks) == [None] * len(looks)


@pytest.mark.parametrize(
    ("looks", "problem"), [pytest.param(*row[1:], id=row[0]) for row in STALLED]
)
def test_a_stalled_worker_is_ended_with_the_reason(looks: list[Look], problem: str) -> None:
    assert judged(looks)[-1] == problem
    assert set(judged(looks)[:-1]) == {None}


def test_a_partition_that_waits_is_left_alone_as_long_as_what_it_waits_for_is_read() -> None:
    judge = StallJudge(BOUND)
    for look in range(10):
        waiting = Progress({0: 5}, beat=look * 90.0, waiting={0: look})
        assert judge.judge(waiting, {0: 9}, look * 90.0) is None
    stands = Progress({0: 5}, beat=1000.0, waiting={0: 9})
    assert judge.judge(stands, {0: 9}, 1000.0) == "partition 0 stands 4 records behind for 190 s"


def test_a_recovery_is_left_alone_as_long_as_it_reads() -> None:
    """A state of hundreds of millions of members takes longer than any bound on standing still."""
    judge = StallJudge(BOUND)
    for look in range(10):
        reading = Progress(None, beat=look * 190.0, recovered=look)
        assert judge.judge(reading, {0: 9}, look * 190.0) is None
    stands = Progress(None, beat=1911.0, recovered=9)
    assert judge.judge(stands, {0: 9}, 1911.0) == "no partitions, or not their state, for 201 s"


def test_an_event_loop_that_does_not_beat_is_a_stall_whatever_else_is_seen() -> None:
    judge = StallJudge(BOUND)
    assert judge.judge(Progress({0: 5}, beat=UP), {0: 5}, UP + 100.0) is None
    found = judge.judge(Progress({0: 5}, beat=UP), {}, UP + 101.0)
    assert found == "the event loop has not beaten for 101 s"


def test_a_loop_that_stands_is_ended_once_although_the_cluster_cannot_be_reached(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(watchdog, "LOOK_EVERY", 0.01)
    # No server is asked: what its certificate would be checked against is gone.
    connection = Connection(("127.0.0.1:9",), "SSL", ca_file=tmp_path / "gone.pem")
    told: Queue[str] = Queue()
    stood_still = Progress({0: 5}, beat=time.monotonic() - 2 * STALL_BOUND)

    start_watchdog(connection, "events", lambda: stood_still, told.put)

    assert told.get(timeout=30).startswith("the event loop has not beaten for ")
    with pytest.raises(Empty):
        told.get(timeout=0.2)
