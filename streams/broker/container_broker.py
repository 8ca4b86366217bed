"""A single Kafka broker in a container, for machines with a container engine and no Java.

testcontainers is imported where it is needed: a worker runs without it (extra `container`).
"""

from collections.abc import Callable
from contextlib import closing
from traceback import clear_frames
from typing import Any
from warnings import catch_warnings, simplefilter

from streams.broker.handle import Broker, BrokerError, PrerequisiteMissing
from streams.broker.jars import KAFKA_VERSION
from streams.broker.ports import free_ports
from streams.broker.readiness import wait_until_ready
from streams.broker.spinner import spinner

IMAGE = f"apache/kafka:{KAFKA_VERSION}"
_CONTROLLER_PORT = 19093
_START_SECONDS = 120.0
_STOP_SECONDS = 15


def ping_engine() -> None:
    """Return if a container engine answers.

    Raises:
        PrerequisiteMissing: none does, or testcontainers is not installed.
    """
    try:
        from testcontainers.core.docker_client import DockerClient  # noqa: PLC0415 - optional
    except ImportError:
        raise PrerequisiteMissing("no testcontainers to use a container engine with") from None
    try:
        with closing(DockerClient().client) as engine:
            engine.ping()
    except Exception as error:  # noqa: BLE001 - whatever a client of any engine raises: no answer
        _let_go(error)
        raise PrerequisiteMissing("no running container engine") from None


def _let_go(error: BaseException | None) -> None:
    """Close what the frames of an error and of its causes still hold open.

    docker's client closes no Unix socket that it could not connect: the socket hangs on the
    error until a garbage collection, however much later, finds both.
    """
    with catch_warnings():
        simplefilter("ignore", ResourceWarning)
        while error is not None:
            clear_frames(error.__traceback__)
            error = error.__context__


class ContainerBroker(Broker):
    """A broker in a container of its own, which testcontainers' reaper removes when we die.

    Its data stays in the container: over `kill` and `restart`, not over `stop`.
    """

    def __init__(self, *, report: Callable[[str], None]) -> None:
        """Pull the image if need be, start it and wait until the broker answers.

        Raises:
            PrerequisiteMissing: no engine answers.
            BrokerError: the container does not start, or its broker does not answer.
        """
        ping_engine()
        from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - optional

        report(f"Starting {IMAGE} in a container (pulled the first time)")
        (port,) = free_ports("0.0.0.0", 1)  # noqa: S104 - where engines publish ports
        self._container: Any = DockerContainer(IMAGE)
        host = self._container.get_docker_client().host()
        self.bootstrap_servers = f"{host}:{port}"
        self._container.with_bind_ports(port, port)
        for name, value in container_settings(host, port).items():
            self._container.with_env(name, value)
        self._stopped = False
        try:
            with spinner(f"Starting {IMAGE}"):
                self._container.start()
                self._wait()
        except BrokerError:
            self.stop()
            raise
        except Exception as error:
            self.stop()
            raise BrokerError(f"the container engine did not start {IMAGE}: {error}") from error
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Remove the container with its data."""
        if not self._stopped:
            self._stopped = True
            self._container.stop()

    def kill(self) -> None:
        """End the broker with SIGKILL; the container stays, stopped."""
        self._container.get_wrapped_container().kill()

    def restart(self) -> None:
        """Start again in the same container, on the same data and port.

        Raises:
            BrokerError: the broker did not come back.
        """
        self._container.get_wrapped_container().restart(timeout=_STOP_SECONDS)
        self._wait()

    def _wait(self) -> None:
        wait_until_ready(self.bootstrap_servers, self._check_alive, _START_SECONDS)

    def _check_alive(self) -> None:
        container = self._container.get_wrapped_container()
        container.reload()
        if container.status not in {"created", "restarting", "running"}:
            log = container.logs(tail=8).decode(errors="replace")
            raise BrokerError(f"{IMAGE} is {container.status}; it said last:\n{log}")


def container_settings(host: str, port: int) -> dict[str, str]:
    """Return the environment that makes the image a broker whose clients reach it at `host:port`.

    The broker listens on the published port's own number, so it can advertise its address before
    the container starts. Any setting at all replaces the image's default configuration, therefore
    all that is needed stands here.
    """
    return {
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_NODE_ID": "1",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@localhost:{_CONTROLLER_PORT}",
        "KAFKA_LISTENERS": f"PLAINTEXT://:{port},CONTROLLER://:{_CONTROLLER_PORT}",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://{host}:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LOG_DIRS": "/var/lib/kafka/data",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000",
        "KAFKA_HEAP_OPTS": "-Xms256m -Xmx512m",
    }
