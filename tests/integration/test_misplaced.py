"""Producers that part by other rules: a community whose events lie anywhere is judged as one."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from models.topics import DEAD_LETTERS
from streams.broker import Broker
from streams.demo.worker_process import total
from streams.partitioning import partition_of_key
from streams.produce import Message, messages
from streams.topics import rerouted_name

from .deployment import Deployment, deployed, read_topics, records_counted
from .events import busy_history, line
from .expected import check_outputs, rejections

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
        assert len(rerouted) == expected
