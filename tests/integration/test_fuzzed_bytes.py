"""Whatever bytes stand in the events topic: the worker goes on, and drops nothing quietly."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from models.decode import decode
from models.rejections import Rejection
from models.topics import DEAD_LETTERS
from streams.broker import Broker
from streams.demo.worker_process import total

from .deployment import Deployment, deployed
from .events import SHAPES, event, line, milliseconds, shaped

pytestmark = [pytest.mark.broker, pytest.mark.slow]

NOON = "2025-03-01T12:00:00Z"
HOSTILE = 4_000
GOOD = 500
NEARLY_ONE_MEGABYTE = 1_048_000
HEADER_NAMES = ["content-type", "ce_id", "ce_", "CE_TYPE", "pulse-reason", "", "é☃", "ce_time"]


class Sent(NamedTuple):
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int


def good(number: int) -> Sent:
    shape = SHAPES[number % len(SHAPES)]
    value, headers = shaped(shape, event(f"good {number}", "post.created", NOON, "guild"))
    return Sent(b"guild", value, headers, milliseconds(NOON))


def hostile(dice: random.Random) -> Sent:
    value, headers = _content(dice)
    if dice.random() < 0.3:
        headers = [*headers, *((dice.choice(HEADER_NAMES), _noise(dice, 40)) for _ in range(3))]
    if dice.random() < 0.05:
        headers = [*headers, ("content-type", b"application/cloudevents+json")]
    key = dice.choice([None, b"", b"guild", _noise(dice, 60)])
    if value is None and key is None:
        key = b"a tombstone"
    timestamp = dice.choice([0, 1, 999, milliseconds(NOON)])
    return Sent(key, value, headers, timestamp)


def _content(dice: random.Random) -> tuple[bytes | None, list[tuple[str, bytes]]]:
    kind = dice.randrange(10)
    if kind == 0:
        return None, []
    if kind == 1:
        return _noise(dice, 300), []
    if kind == 2:
        depth = dice.choice([10, 500, 30_000])
        return b'{"id":' + b"[" * depth + b"]" * dice.choice([depth, 0]) + b"}", []
    value, headers = shaped(
        dice.choice(SHAPES),
        event(str(dice.random()), "like.added", NOON, "guild", score=dice.random()),
    )
    return _mutated(dice, value), headers


def _mutated(dice: random.Random, value: bytes) -> bytes:
    spoiled = bytearray(value)
    for _ in range(dice.choice([1, 1, 2, 8])):
        place = dice.randrange(len(spoiled))
        match dice.randrange(4):
            case 0:
                spoiled[place] = dice.randrange(256)
            case 1:
                del spoiled[place : place + dice.randrange(1, 20)]
            case 2:
                spoiled[place:place] = dice.choice(
                    [b'"', b"{", b"\\u0000", b"\xff", b"1e999", b"-0"]
                )
            case _:
                spoiled[place:place] = spoiled[: dice.randrange(40)]
        if not spoiled:
            break
    return bytes(spoiled)


def _noise(dice: random.Random, longest: int) -> bytes:
    return dice.randbytes(dice.randrange(longest))


def records(seed: int) -> list[Sent]:
    dice = random.Random(seed)
    huge = [
        Sent(b"guild", dice.randbytes(NEARLY_ONE_MEGABYTE), [], milliseconds(NOON)),
        Sent(None, b'"' + b"x" * NEARLY_ONE_MEGABYTE + b'"', [], 0),
        Sent(None, line(event("huge", "post.created", NOON, "x" * NEARLY_ONE_MEGABYTE)), [], 5),
    ]
    mixed = [hostile(dice) for _ in range(HOSTILE)] + huge + [good(n) for n in range(GOOD)]
    dice.shuffle(mixed)
    return mixed


def send(deployment: Deployment, mixed: list[Sent]) -> None:
    producer = deployment.producer(max_request_size=2 << 20, compression_type="gzip")
    futures = [
        producer.send(
            deployment.events_topic,
            sent.value,
            sent.key,
            sent.headers,
            partition=number % deployment.partitions,
            timestamp_ms=sent.timestamp,
        )
        for number, sent in enumerate(mixed)
    ]
    producer.close()
    assert [future for future in futures if future.failed()] == []


def test_hostile_records_are_dead_letters_and_the_good_ones_count(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    mixed = records(seed=20250301)
    answers = [decode(sent.value, sent.headers) for sent in mixed]
    rejected = Counter(
        (sent.key, sent.value, answer.reason.value.encode(), tuple(sent.headers))
        for sent, answer in zip(mixed, answers, strict=True)
        if isinstance(answer, Rejection)
    )
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        send(deployment, mixed)
        with deployment.worker() as worker:
            samples = deployment.wait_until_applied(worker, len(mixed))
            worker.wait_until_ready(patience=5)
        assert worker.process.returncode == 0, worker.tail(30)

        letters = deployment.read(DEAD_LETTERS.name)
        found = Counter(
            (each.key, each.value, dict(each.headers)["pulse-reason"], tuple(each.headers[:-6]))
            for each in letters
        )
        assert found == rejected
        assert total(samples, "pulse_events_rejected_total") == sum(rejected.values())
        posts = total(samples, "pulse_events_total", event_type="post.created")
        assert (
            posts
            - total(samples, "pulse_events_total", event_type="post.created", outcome="duplicate")
            >= GOOD
        )


class BadName(str):
    """A header's name as a producer in C may write it."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        return b"no \xff\xfe text"


@pytest.mark.parametrize("codec", [None, "zstd"])
def test_a_header_name_that_is_no_text_stops_nothing(
    broker: Broker, topic_prefix: str, tmp_path: Path, codec: str | None
) -> None:
    names = [[], [(BadName("bad"), b"\xff\xfe")], [], [(BadName("bad"), b"")], []]
    with deployed(broker, topic_prefix, tmp_path, partitions=1) as deployment:
        for batch in range(2):
            producer = deployment.producer(compression_type=codec, linger_ms=500)
            for number, headers in enumerate(names):
                fine = line(event(f"{batch} {number}", "post.created", NOON, "guild"))
                value = b"no event" if number == 3 else fine
                producer.send(
                    deployment.events_topic,
                    value,
                    headers=headers,
                    timestamp_ms=milliseconds(NOON),
                )
            producer.close()

        with deployment.worker() as worker:
            samples = deployment.wait_until_applied(worker, 2 * len(names))

        assert total(samples, "pulse_events_total", outcome="applied") == 8
        letters = deployment.read(DEAD_LETTERS.name)
        assert [each.value for each in letters] == [b"no event", b"no event"]
        assert [each.headers[0] for each in letters] == [(r"no \xff\xfe text", b"")] * 2
