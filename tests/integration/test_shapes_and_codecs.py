"""What producers of every kind write is counted once each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.topics import DEAD_LETTERS, SNAPSHOTS
from streams.broker import Broker
from streams.demo.worker_process import total
from streams.partitioning import partition_of

from .deployment import deployed
from .events import SHAPES, event, milliseconds, shaped

pytestmark = pytest.mark.broker

CODECS = ["gzip", "snappy", "lz4", "zstd"]
KEYS = [None, b"guild", b"some other key"]
MIXED = {"post.created": 2, "like.added": 3, "share.converted": 1}
NOON = "2025-03-01T12:00:00Z"


def test_every_shape_codec_and_key_is_counted_once(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    elsewhere = (partition_of("guild", 4) + 1) % 4
    sent = 0
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        for codec in CODECS:
            producer = deployment.producer(compression_type=codec)
            for shape in SHAPES:
                for key in KEYS:
                    for kind, number in MIXED.items():
                        for each in range(number):
                            identity = f"{codec} {shape} {key!r} {kind} {each}"
                            value, headers = shaped(shape, event(identity, kind, NOON, "guild"))
                            producer.send(
                                deployment.events_topic,
                                value,
                                key,
                                headers,
                                partition=elsewhere,
                                timestamp_ms=milliseconds(NOON),
                            )
                            sent += 1
            producer.close()
        later = "2025-03-03T12:00:00Z"
        producer = deployment.producer()
        value, headers = shaped("flat", event("closes", "heartbeat", later, "guild"))
        producer.send(
            deployment.events_topic,
            value,
            headers=headers,
            partition=elsewhere,
            timestamp_ms=milliseconds(later),
        )
        producer.close()

        with deployment.worker() as worker:
            samples = deployment.wait_until_applied(worker, sent + 1)

        each = len(CODECS) * len(SHAPES) * len(KEYS)
        for kind, number in MIXED.items():
            applied = total(samples, "pulse_events_total", event_type=kind, outcome="applied")
            assert applied == number * each
        assert total(samples, "pulse_events_misplaced_total") == sent + 1
        assert deployment.read(DEAD_LETTERS.name) == []
        days = {record.key: record.value for record in deployment.read(SNAPSHOTS.name)}
        assert list(days) == [b"guild|2025-03-01", b"guild|2025-03-02"]
        measures = json.loads(days[b"guild|2025-03-01"] or b"")["measures"]
        assert {kind: measures[kind] for kind in MIXED} == {k: n * each for k, n in MIXED.items()}
        assert measures["members"] == 1


def test_one_event_in_both_cloudevents_bindings_counts_once_and_another_source_again(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    same = event("1", "post.created", NOON, "guild")
    with deployed(broker, topic_prefix, tmp_path, partitions=1) as deployment:
        producer = deployment.producer()
        for shape in ["structured", "binary", "flat", "flat"]:
            value, headers = shaped(shape, same)
            producer.send(
                deployment.events_topic, value, headers=headers, timestamp_ms=milliseconds(NOON)
            )
        producer.close()

        with deployment.worker() as worker:
            samples = deployment.wait_until_applied(worker, 4)

        assert total(samples, "pulse_events_total", outcome="applied") == 2
        assert total(samples, "pulse_events_total", outcome="duplicate") == 2
