"""Producers that part by other rules: a community whose events lie anywhere is judged as one."""

from __future__ import annotations

import asyncio
import json
import random
import time
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from models.topics import DEAD_LETTERS
from streams.broker import Broker
from streams.demo.worker_process import WorkerError, WorkerProcess, total
from streams.forwarded import read_forwarded
from streams.partitioning import partition_of_key
from streams.produce import Message, messages
from streams.rerouting import Deletion
from streams.topics import rerouted_name

from .deployment import (
    Deployment,
    administrator,
    deployed,
    kill_in_the_middle,
    read_topics,
    records_counted,
    wait_until,
)
from .events import busy_history, line
from .expected import check_outputs, rejections
from .test_lifecycle import wait_until_shared

pytestmark = [pytest.mark.broker, pytest.mark.slow]

PARTITIONS = 4
Placing = Callable[[bytes | None, int], tuple[bytes | None, int]]
"""From a key, and the number of the message, to the key that is sent and its partition."""


def well_keyed(key: bytes | None, number: int) -> tuple[bytes | None, int]:
    return key, number % PARTITIONS if key is None else partition_of_key(key, PARTITIONS)


def anywhere(key: bytes | None, number: int) -> tuple[bytes | None, int]:
    return None, random.Random(number).randrange(PARTITIONS)


def as_librdkafka(key: bytes | None, number: int) -> tuple[bytes | None, int]:
    """Its default partitioner, `consistent_random`: the key's CRC-32, and without key any."""
    return key, number % PARTITIONS if key is None else zlib.crc32(key) % PARTITIONS


PLACINGS: list[Placing] = [well_keyed, anywhere, as_librdkafka]


def history(folder: Path, lines: int) -> Path:
    """A history with repeats, and with lines that cannot be read.

    Where records lie in several partitions, all that tells their order is when they arrived. So a
    repeat has an arrival of its own here.
    """
    latest, content = "", []
    for number, text in enumerate(busy_history(lines, days=120, communities=20)):
        fields = json.loads(text)
        latest = max(latest, fields["time"])
        content.append(line({**fields, "received_at": latest}))
        if number % 500 == 7:
            content.append(b'{"id": %d' % number)
    file = folder / "events.ndjson"
    file.write_bytes(b"\n".join(content))
    assert rejections(file)
    return file


def send(
    deployment: Deployment, content: Sequence[Message], placing: Placing, *, first: int = 0
) -> None:
    """Send messages in order, some at a time as producers do; `first` is the first one's number."""
    producer = deployment.producer()
    try:
        for number, (key, value, timestamp, headers) in enumerate(content, first):
            sent, partition = placing(key, number)
            producer.send(
                deployment.events_topic, value, sent, headers, partition, timestamp_ms=timestamp
            )
            if number % 500 == 499:
                producer.flush()
        producer.flush()
    finally:
        producer.close()


def check(deployment: Deployment, file: Path) -> None:
    """Alerts, snapshots and dead letters are those of a replay."""
    check_outputs(deployment, file)
    found = {letter.value for letter in deployment.read(DEAD_LETTERS.name)}
    assert found == {text for text, _ in rejections(file)}


def misplaced(deployment: Deployment, placing: Placing, content: Sequence[Message]) -> int:
    return sum(
        placing(key, number)[1] != partition_of_key(key, PARTITIONS)
        for number, (key, *_) in enumerate(content)
        if key is not None
    )


@pytest.mark.parametrize("placing", PLACINGS, ids=lambda placing: placing.__name__)
def test_history_that_lies_anywhere_gives_what_a_replay_gives(
    broker: Broker, topic_prefix: str, tmp_path: Path, placing: Placing
) -> None:
    file = history(tmp_path, 12_000)
    content = list(messages(str(file)))
    with deployed(broker, topic_prefix, tmp_path, partitions=PARTITIONS) as deployment:
        send(deployment, content, placing)
        with deployment.worker() as worker:
            samples = deployment.wait_until_caught_up(worker)
            assert records_counted(samples) == len(content)
            expected = misplaced(deployment, placing, content)
            assert total(samples, "pulse_events_misplaced_total") == expected

        check(deployment, file)
        rerouted = read_topics(deployment.servers, [rerouted_name(deployment.loaded())])
        # What was folded too early while catching up is built again, and then sent home once more.
        assert len({each.source[:2] for each in read_forwarded(rerouted)}) == expected


def test_a_partition_that_is_far_ahead_is_held_until_the_others_have_come_after(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Each partition holds a quarter of the history: all wait for the first one."""
    file = history(tmp_path, 100_000)
    content = list(messages(str(file)))

    def one_after_another(key: bytes | None, number: int) -> tuple[bytes | None, int]:
        return None, number * PARTITIONS // len(content)

    with deployed(broker, topic_prefix, tmp_path, partitions=PARTITIONS) as deployment:
        send(deployment, content, one_after_another)
        with deployment.worker() as worker:
            samples = deployment.wait_until_caught_up(worker)
            assert records_counted(samples) == len(content)

        check(deployment, file)


@pytest.mark.parametrize("placing", PLACINGS, ids=lambda placing: placing.__name__)
def test_two_workers_give_what_a_replay_gives_while_more_comes(
    broker: Broker, topic_prefix: str, tmp_path: Path, placing: Placing
) -> None:
    file = history(tmp_path, 12_000)
    content = list(messages(str(file)))
    with deployed(broker, topic_prefix, tmp_path, partitions=PARTITIONS) as deployment:
        send(deployment, content[:6_000], placing)
        with deployment.worker() as first, deployment.worker() as second:
            wait_until_shared(deployment, first, second)
            send(deployment, content[6_000:], placing, first=6_000)
            wait_until_idle(deployment, first, second)
            moved = sum(misplaced_by(worker) for worker in (first, second))
            assert moved >= misplaced(deployment, placing, content[6_000:])

        check(deployment, file)


@pytest.mark.parametrize("placing", PLACINGS, ids=lambda placing: placing.__name__)
def test_a_killed_worker_s_records_are_judged_as_if_it_had_lived(
    broker: Broker, topic_prefix: str, tmp_path: Path, placing: Placing
) -> None:
    file = history(tmp_path, 30_000)
    content = list(messages(str(file)))
    with deployed(broker, topic_prefix, tmp_path, partitions=PARTITIONS) as deployment:
        send(deployment, content[:1_000], placing)
        with deployment.worker() as survivor, deployment.worker() as victim:
            wait_until_shared(deployment, survivor, victim)
            send(deployment, content[1_000:20_000], placing, first=1_000)
            kill_in_the_middle(victim)
            send(deployment, content[20_000:], placing, first=20_000)
            deployment.wait_until_caught_up(survivor)

        check(deployment, file)


def test_a_state_that_belongs_to_other_rerouted_records_is_refused_and_mended(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path, 3_000)
    content = list(messages(str(file)))
    with deployed(broker, topic_prefix, tmp_path, partitions=PARTITIONS) as deployment:
        send(deployment, content, anywhere)
        with deployment.worker() as worker:
            deployment.wait_until_caught_up(worker)
        name = rerouted_name(deployment.loaded())
        with administrator(deployment.servers) as client:
            client.delete_topics([name])
        wait_until(lambda: deployment.fails("worker", "--web-port", "0")[0] == 1, "gone", worker)
        deployment.create_topics()
        refused = "rerouted records are applied up to .* make the state anew with: pulse rebuild"
        with pytest.raises(WorkerError, match=refused), deployment.worker():
            pytest.fail("the worker got ready without what was rerouted")

        assert f"deleted {name}" in deployment.pulse("rebuild")
        with deployment.worker() as worker:
            deployment.wait_until_caught_up(worker)
        check(deployment, file)


def test_what_nobody_needs_any_more_is_deleted_where_it_is_worth_it(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path, partitions=2) as deployment:
        name = rerouted_name(deployment.loaded())
        producer = deployment.producer()
        for _ in range(3_000):
            producer.send(name, b"value", partition=1)
        producer.close()
        deletion = Deletion(deployment.connection, name)

        async def delete() -> None:
            await deletion.before({0: 10, 1: 2_000})
            await deletion.before({1: 2_500})

        asyncio.run(delete())

        assert [each.offset for each in read_topics(deployment.servers, [name])][:1] == [2_000]


def misplaced_by(worker: WorkerProcess) -> float:
    return total(worker.samples(), "pulse_events_misplaced_total")


def wait_until_idle(deployment: Deployment, *workers: WorkerProcess) -> None:
    """Wait until nothing is left to be applied, neither here nor on its way to another worker."""

    def is_idle() -> bool:
        lags = [
            lag
            for worker in workers
            for (name, _), lag in worker.samples().items()
            if name == "pulse_consumer_lag_records"
        ]
        return len(lags) == deployment.partitions and not any(lags)

    for _ in range(2):
        wait_until(is_idle, "everything applied", workers[0])
        # What one worker has sent, the other has heard of by then.
        time.sleep(1)
