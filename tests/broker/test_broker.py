"""The broker starts, keeps what it takes, survives a kill and dies with its parent."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from streams.broker import Broker, BrokerError, PrerequisiteMissing, open_broker
from streams.broker.jar_broker import JarBroker
from streams.broker.java import find_java
from tests.broker.kafka_clients import (
    create_topic,
    read_with_aiokafka,
    read_with_kafka_python,
    write,
)

ROOT = Path(__file__).parents[2]


def has_java() -> bool:
    try:
        find_java(os.environ)
    except PrerequisiteMissing:
        return False
    return True


needs_java = pytest.mark.skipif(not has_java(), reason="no Java 17 or newer on this machine")


def start_on_jars(data_dir: Path) -> JarBroker:
    return JarBroker(data_dir, environment=os.environ, report=print)


@pytest.mark.broker
@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd"])
def test_a_record_comes_back_whatever_codec_it_was_written_with(
    broker: Broker, topic_prefix: str, codec: str
) -> None:
    topic = topic_prefix + "events"
    value = f"one record in {codec} ".encode() * 100
    create_topic(broker.bootstrap_servers, topic)

    write(broker.bootstrap_servers, topic, value, codec)

    assert read_with_kafka_python(broker.bootstrap_servers, topic) == value
    assert read_with_aiokafka(broker.bootstrap_servers, topic) == value


@needs_java
@pytest.mark.broker
@pytest.mark.slow
def test_a_killed_broker_restarts_at_the_same_address_with_its_records(tmp_path: Path) -> None:
    broker = start_on_jars(tmp_path)
    try:
        address = broker.bootstrap_servers
        create_topic(address, "events")
        write(address, "events", b"before the kill")

        broker.kill()
        broker.restart()

        assert broker.bootstrap_servers == address
        assert read_with_kafka_python(address, "events") == b"before the kill"
    finally:
        broker.stop()


OPENS_A_BROKER_AND_WAITS = """
import sys, threading
from pathlib import Path
from streams.broker import open_broker
from tests.broker.kafka_clients import create_topic, write

with open_broker(Path(sys.argv[1]), report=lambda line: None) as broker:
    create_topic(broker.bootstrap_servers, "events")
    write(broker.bootstrap_servers, "events", b"before the kill")
    print("ready", flush=True)
    sys.stdin.read()
"""


def start_parent(data_dir: Path) -> "subprocess.Popen[str]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("KAFKA_BOOTSTRAP_SERVERS", None)
    parent = subprocess.Popen(
        [sys.executable, "-c", OPENS_A_BROKER_AND_WAITS, str(data_dir)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
        start_new_session=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    return parent


def brokers_of(parent: "subprocess.Popen[str]") -> list[psutil.Process]:
    children = psutil.Process(parent.pid).children(recursive=True)
    return [child for child in children if "kafka.Kafka" in child.cmdline()]


@needs_java
@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux kills children with their parent")
def test_the_broker_dies_with_its_killed_parent_and_its_data_can_be_opened_again(
    tmp_path: Path,
) -> None:
    with start_parent(tmp_path) as parent:
        brokers = brokers_of(parent)
        assert len(brokers) == 1

        parent.kill()
        parent.wait()

        _, alive = psutil.wait_procs(brokers, timeout=10)
        assert alive == []

    reopened = start_on_jars(tmp_path)
    try:
        answer = read_with_kafka_python(reopened.bootstrap_servers, "events")
        assert answer == b"before the kill"
    finally:
        reopened.stop()


@needs_java
@pytest.mark.broker
@pytest.mark.slow
def test_ctrl_c_reaches_the_parent_only_which_then_stops_the_broker_in_good_order(
    tmp_path: Path,
) -> None:
    with start_parent(tmp_path) as parent:
        (kafka,) = brokers_of(parent)

        os.killpg(parent.pid, signal.SIGINT)  # what a terminal does
        parent.wait(30)

        assert not kafka.is_running()
    # Kafka writes this file at the end of an orderly shutdown only.
    assert (tmp_path / "logs" / ".kafka_cleanshutdown").exists()


@needs_java
def test_a_broker_that_dies_at_its_start_says_why(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    of_another = "version=1\nnode.id=7\ncluster.id=UHVsc2VFYXJseVdhcm5pbg\n"
    (tmp_path / "logs" / "meta.properties").write_text(of_another)

    with pytest.raises(BrokerError, match=r"(?s)ended with exit code 1.*node id 7"):
        start_on_jars(tmp_path)


def test_a_given_broker_is_used_as_it_is_and_left_alone(tmp_path: Path) -> None:
    given = {"KAFKA_BOOTSTRAP_SERVERS": "kafka.example.org:9092"}

    with open_broker(tmp_path, report=print, environment=given) as broker:
        assert broker.bootstrap_servers == "kafka.example.org:9092"
        with pytest.raises(BrokerError, match="did not start it"):
            broker.kill()
        with pytest.raises(BrokerError, match="did not start it"):
            broker.restart()

    assert list(tmp_path.iterdir()) == []
