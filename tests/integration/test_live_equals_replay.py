"""The same file through Kafka and a worker, and through `pulse replay`: the same records."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from models.rejections import RejectionReason
from models.topics import ALERTS_STATE, DEAD_LETTERS, EVENTS, MEMBERS, SNAPSHOTS
from streams.broker import Broker
from streams.catalogue import shipped_catalogue
from streams.demo.worker_process import total
from streams.sample import sample
from tests.oracle.scenarios import scenario

from .deployment import ROOT, Deployment, deployed, kill_in_the_middle
from .expected import (
    alert_sequences,
    check_outputs,
    circles,
    latest,
    latest_transitions,
    rejections,
    sequences,
    snapshots,
)

pytestmark = [pytest.mark.broker, pytest.mark.slow]

QUANTUM = ROOT.parent / "shared" / "data" / "quantum-se.ndjson.gz"
HEADERS = ["reason", "detail", "topic", "partition", "offset", "timestamp"]


def run_through(deployment: Deployment, file: Path) -> None:
    """Send `file`, and let one worker apply all of it."""
    sent = deployment.produce(file)
    with deployment.worker() as worker:
        samples = deployment.wait_until_applied(worker, sent)
    assert worker.process.returncode == 0, worker.tail(30)
    assert total(samples, "pulse_publish_failures_total") == 0
    assert total(samples, "pulse_events_misplaced_total") == 0


def check_exactly(deployment: Deployment, file: Path) -> None:
    """Nothing failed in between, so nothing is repeated either."""
    replayed = deployment.replay(file)
    assert replayed
    assert sequences(deployment, deployment.alerts()) == alert_sequences(replayed)
    assert latest(deployment.read(ALERTS_STATE.name)) == latest_transitions(replayed)
    found = deployment.read(SNAPSHOTS.name)
    assert len(found) == len(latest(found))
    assert latest(found) == snapshots(deployment, file)


def check_dead_letters(deployment: Deployment, file: Path) -> None:
    sent = {(each.partition, each.offset): each for each in deployment.read(EVENTS.name)}
    found: Counter[tuple[bytes, RejectionReason]] = Counter()
    for letter in deployment.read(DEAD_LETTERS.name):
        assert [name for name, _ in letter.headers] == [f"pulse-{name}" for name in HEADERS]
        facts = {name.removeprefix("pulse-"): text.decode() for name, text in letter.headers}
        record = sent[int(facts["partition"]), int(facts["offset"])]
        assert (letter.key, letter.value) == (record.key, record.value)
        assert facts["topic"] == deployment.events_topic
        assert int(facts["timestamp"]) == record.timestamp
        assert facts["detail"]
        assert letter.value is not None
        found[letter.value, RejectionReason(facts["reason"])] += 1
    assert found == rejections(file)


@pytest.mark.parametrize("partitions", [1, 4, 12])
@pytest.mark.parametrize("seed", [26, 42])
def test_a_random_history_gives_the_same_records_live_and_replayed(
    broker: Broker, topic_prefix: str, tmp_path: Path, seed: int, partitions: int
) -> None:
    history = scenario(seed)
    file = tmp_path / "history.ndjson"
    file.write_bytes(b"\n".join(history.lines))
    assert rejections(file)

    with deployed(
        broker, topic_prefix, tmp_path, history.configuration, partitions=partitions
    ) as deployment:
        run_through(deployment, file)

        check_exactly(deployment, file)
        check_dead_letters(deployment, file)


@pytest.mark.parametrize("store", ["memory", "disk"])
def test_with_every_rule_on_too_and_every_member_in_a_circle(
    broker: Broker, topic_prefix: str, tmp_path: Path, store: str
) -> None:
    """The demo's simulated communities, half of them, through two workers one after another."""
    planted = sample(7, 0.2)
    lines = list(planted.lines)[: planted.line_count // 2]
    file = tmp_path / "history.ndjson"
    file.write_bytes(b"\n".join(lines))
    configuration = {
        **planted.configuration,
        "state": {"store": store, "hot_communities": 5},
        "rules": {rule: {"enabled": True} for rule in shipped_catalogue()},
    }
    with deployed(broker, topic_prefix, tmp_path, configuration, partitions=3) as deployment:
        sent = deployment.produce(file)
        with deployment.worker() as worker:
            assert kill_in_the_middle(worker) < sent
        with deployment.worker() as worker:
            deployment.wait_until_caught_up(worker)

        check_outputs(deployment, file)
        expected = circles(deployment, file)
        found = sequences(deployment, deployment.read(MEMBERS.name))
        assert {key for _, key in found} == expected.keys()
        for (_, key), values in found.items():
            # A change that was written in vain before the kill is written once more.
            assert list(dict.fromkeys(values)) == list(dict.fromkeys(expected[key]))


@pytest.mark.skipif(not QUANTUM.is_file(), reason="the real communities are not on this machine")
def test_a_real_community_gives_the_same_records_live_and_replayed(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        run_through(deployment, QUANTUM)

        check_exactly(deployment, QUANTUM)
        check_dead_letters(deployment, QUANTUM)
