"""A downstream consumer that knows Kafka, JSON and the published schemas, and nothing of Pulse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from kafka import KafkaConsumer

from streams.broker import Broker

from .deployment import PATIENCE, ROOT, command, deployed
from .events import busy_history

pytestmark = pytest.mark.broker

SCHEMAS = {
    "pulse.alert.firing.v1": "alert-event.v1",
    "pulse.alert.resolved.v1": "alert-event.v1",
    "pulse.alert.digest.v1": "digest-event.v1",
}


def test_a_subscriber_in_a_group_reads_documents_that_keep_the_published_schemas(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(busy_history(6_000, days=100, communities=3)))
    schemas = tmp_path / "schemas"
    exported = command(broker.bootstrap_servers, "schema", "export", schemas, folder=ROOT)
    assert exported.returncode == 0, exported.stderr.decode()
    validators = {
        kind: validator(schemas / f"{name}.schema.json") for kind, name in SCHEMAS.items()
    }
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        lines = deployment.produce(file)
        expected = {json.loads(line)["id"] for line in deployment.replay(file)}
        consumer = KafkaConsumer(
            deployment.topic("community.alerts.v1"),
            deployment.topic("community.member-alerts.v1"),
            bootstrap_servers=deployment.servers,
            group_id=f"{topic_prefix}subscriber",
            auto_offset_reset="earliest",
            consumer_timeout_ms=int(PATIENCE * 1000),
        )
        seen: dict[str, Any] = {}
        with deployment.worker() as worker:
            deployment.wait_until_applied(worker, lines)
            for record in consumer:
                document = json.loads(record.value)
                headers = dict(record.headers)
                assert headers == {"content-type": b"application/cloudevents+json; charset=UTF-8"}
                assert record.key.decode() == document["data"]["community_id"]
                assert document["partitionkey"] == document["data"]["community_id"]
                validators[document["type"]].validate(document)
                seen.setdefault(document["id"], document)
                if len(seen) == len(expected):
                    break
        consumer.close()

    assert set(seen) == expected
    assert {document["type"] for document in seen.values()} == set(SCHEMAS)
    assert all(document["data"]["playbook"]["url"] for document in seen.values())


def validator(schema: Path) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(
        json.loads(schema.read_text(encoding="utf-8")),
        format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER,
    )
