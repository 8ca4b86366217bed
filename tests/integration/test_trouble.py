"""Trouble is one clear line with the way out, and an exit code that tells whose fault it is."""

from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from models.topics import ALERTS, ALERTS_STATE
from streams.broker import Broker
from streams.broker.ports import free_ports
from streams.topics import changelog_name

from .deployment import administrator, command, deployed
from .events import event, line

pytestmark = pytest.mark.broker

NOWHERE = "127.0.0.1"


@pytest.mark.parametrize("arguments", [["worker", "--web-port", "0"], ["topics", "apply"]])
def test_an_unreachable_cluster_is_tried_for_the_stated_time(
    tmp_path: Path, arguments: list[str]
) -> None:
    (port,) = free_ports(NOWHERE, 1)
    begun = time.monotonic()

    ended = command(f"{NOWHERE}:{port}", *arguments, "--patience", "3", folder=tmp_path)

    lines = ended.stderr.decode().splitlines()
    assert ended.returncode == 1
    assert 3 <= time.monotonic() - begun < 20
    assert len(lines) >= 2
    assert all(each.startswith(f"no Kafka at {NOWHERE}:{port} (") for each in lines[:-1])
    assert lines[0].endswith("s more")
    assert lines[-1].startswith(f"pulse: no Kafka at {NOWHERE}:{port} for 3 s")


def test_missing_topics_are_named_with_the_command_that_creates_them(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path, topics=False) as deployment:
        code, said = deployment.fails("worker", "--web-port", "0")
        events = deployment.events_topic
        assert code == 1
        assert f"pulse: topic {events} is missing; create it with: pulse topics apply" in said
        assert "Traceback" not in said

        file = tmp_path / "events.ndjson"
        file.write_bytes(line(event("1", "post.created", "2025-03-01T12:00:00Z", "guild")))
        code, said = deployment.fails("produce", file)
        assert code == 1
        assert f"topic {events} is missing; create it with: pulse topics apply" in said

        created = deployment.pulse("topics", "apply").splitlines()
        assert len([each for each in created if each.startswith("created ")]) == 10
        again = deployment.pulse("topics", "apply").splitlines()
        assert len([each for each in again if each.startswith("exists ")]) == 10
        with deployment.worker() as worker:
            assert worker.process.poll() is None


def test_more_copies_than_the_cluster_has_brokers_are_refused_by_their_key(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path, topics=False) as deployment:
        text = deployment.configuration.read_text("utf-8")
        deployment.configuration.write_text(
            text.replace(f"partitions: {deployment.partitions}", "replication_factor: 3"), "utf-8"
        )
        code, said = deployment.fails("topics", "apply")

    assert code == 1
    assert said == (
        f"pulse: topic {deployment.events_topic} cannot have kafka.replication_factor=3: "
        "the cluster has fewer brokers\n"
    )


def test_wrong_clean_up_policies_are_named_and_mended(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path, partitions=1) as deployment:
        topics = [deployment.topic(ALERTS.name), deployment.topic(ALERTS_STATE.name)]
        topics.append(changelog_name(deployment.loaded()))
        before = {topic: settings_of(deployment.servers, topic) for topic in topics}
        expected = []
        for topic in topics:
            right = before[topic]["cleanup.policy"]
            wrong = "compact" if right == "delete" else "delete"
            set_setting(deployment.servers, topic, "cleanup.policy", wrong)
            expected.append(
                f"pulse: topic {topic} has cleanup.policy={wrong}, it must be {right}; "
                "mend it with: pulse topics apply --alter"
            )

        for arguments in [["worker", "--web-port", "0"], ["topics", "apply"]]:
            code, said = deployment.fails(*arguments)
            assert code == 1
            assert said.splitlines() == expected

        altered = deployment.pulse("topics", "apply", "--alter")
        assert len([line for line in altered.splitlines() if line.startswith("altered ")]) == 3
        assert {topic: settings_of(deployment.servers, topic) for topic in topics} == before
        deployment.pulse("topics", "apply")


def test_a_changelog_that_may_be_compacted_at_once_is_named_and_mended(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """A paused worker's late values must not be all that compaction leaves."""
    with deployed(broker, topic_prefix, tmp_path, partitions=1) as deployment:
        changelog = changelog_name(deployment.loaded())
        set_setting(deployment.servers, changelog, "min.compaction.lag.ms", "60000")

        code, said = deployment.fails("worker", "--web-port", "0")
        assert code == 1
        assert said.rstrip() == (
            f"pulse: topic {changelog} has min.compaction.lag.ms=60000, it must be at least "
            "86400000; mend it with: pulse topics apply --alter"
        )

        altered = deployment.pulse("topics", "apply", "--alter")
        assert f"altered {changelog}: min.compaction.lag.ms=86400000 (was 60000)" in altered
        # Longer is as good.
        set_setting(deployment.servers, changelog, "min.compaction.lag.ms", "86400001")
        deployment.pulse("topics", "apply")


def test_a_changed_number_of_partitions_is_refused_by_name(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path, partitions=2) as deployment:
        with administrator(deployment.servers) as client:
            client.create_partitions({deployment.events_topic: 3})

        code, said = deployment.fails("worker", "--web-port", "0")

        assert code == 1
        assert f"{deployment.events_topic} has 3" in said
        assert f"{changelog_name(deployment.loaded())} has 2 partitions" in said
        assert "pulse rebuild" in said


def test_a_taken_web_port_is_a_matter_of_configuration(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with (
        deployed(broker, topic_prefix, tmp_path, partitions=1) as deployment,
        socket.create_server(("0.0.0.0", 0)) as taken,
    ):
        port = str(taken.getsockname()[1])
        code, said = deployment.fails("worker", "--web-port", port)

    assert code == 2
    assert said.splitlines()[-1].startswith(f"pulse: cannot listen on 0.0.0.0:{port}: ")


def test_reading_topics_never_creates_them(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """A typing error in the prefix leaves nothing behind."""
    with deployed(broker, topic_prefix, tmp_path, topics=False) as deployment:
        code, said = deployment.fails("alerts", "tail", "--from-beginning", "--no-follow")

        assert code == 1
        assert deployment.topic(ALERTS.name) in said
        with administrator(deployment.servers) as client:
            names = client.list_topics()
        assert [name for name in names if name.startswith(topic_prefix)] == []


def settings_of(servers: str, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    with administrator(servers) as client:
        answer = client.describe_configs([resource], config_filter="all")
    (by_name,) = answer.values()
    kept = ("cleanup.policy", "retention.ms", "min.compaction.lag.ms", "max.message.bytes")
    return {name: by_name[topic][name]["value"] for name in kept}


def set_setting(servers: str, topic: str, name: str, value: str) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic, {name: value})
    with administrator(servers) as client:
        client.alter_configs([resource])
