"""A review of the snapshots topic is the review of the same snapshots in a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from models.documents import encode
from models.topics import SNAPSHOTS
from streams.broker import Broker
from tests.reviewed import event_log

from .deployment import deployed

pytestmark = pytest.mark.broker


def test_the_topic_and_a_replay_of_the_same_events_give_the_same_pages(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(event_log("guild", 100, [2, 1, 3])))
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        deployment.pulse("replay", file, "--snapshots", "snapshots.ndjson")
        lines = deployment.produce(file)
        # What stood in the topic for the last day before it was judged anew counts no longer.
        *_, last = (tmp_path / "snapshots.ndjson").read_bytes().splitlines()
        outdated = json.loads(last)
        key = f"guild|{outdated['day']}".encode()
        outdated["measures"]["member.joined"] = 4_321
        with deployment.producer() as producer:
            producer.send(deployment.topic(SNAPSHOTS.name), key=key, value=encode(outdated))
        with deployment.worker() as worker:
            deployment.wait_until_applied(worker, lines)
        live = deployment.pulse("review", "guild", "--out", "live").splitlines()
        deployment.pulse("review", "guild", "--source", "snapshots.ndjson", "--out", "replayed")
        code, said = deployment.fails("review", "nobody")

    assert len(live) == 4
    for path in (tmp_path / "live").iterdir():
        assert path.read_bytes() == (tmp_path / "replayed" / path.name).read_bytes()
    assert code == 1
    assert said.startswith(f"pulse: topic {topic_prefix}community.snapshots.v1: no snapshots of")
