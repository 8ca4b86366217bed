"""A single Kafka broker that runs from its jars, in KRaft mode, without a container engine."""

import atexit
import contextlib
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from streams.broker.handle import Broker, BrokerError
from streams.broker.jars import KAFKA_VERSION, fetch_jars
from streams.broker.java import find_java
from streams.broker.ports import free_ports
from streams.broker.processes import end_process, kill_process, start_bound_process
from streams.broker.readiness import wait_until_ready
from streams.broker.spinner import spinner

_ADDRESS = "127.0.0.1"
_CLUSTER_ID = "UHVsc2VFYXJseVdhcm5pbg"
_FORMAT_SECONDS = 60.0
_START_SECONDS = 90.0
_STOP_SECONDS = 15.0
_TOLD_LOG_LINES = 8

# The paths are relative to the data folder, where the broker runs: Java reads this file as
# Latin-1, and a comma would mean two folders.
_SERVER_PROPERTIES = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@{address}:{controller_port}
listeners=PLAINTEXT://{address}:{port},CONTROLLER://{address}:{controller_port}
advertised.listeners=PLAINTEXT://{address}:{port}
controller.listener.names=CONTROLLER
log.dirs=logs
auto.create.topics.enable=false
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=2
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
# A killed broker may come back only when its old session is over, which takes 9 s by default.
broker.heartbeat.interval.ms=500
broker.session.timeout.ms=3000
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=1000
"""


class JarBroker(Broker):
    """A broker on this machine that keeps its data in a folder and dies with this process."""

    def __init__(
        self, data_dir: Path, *, environment: Mapping[str, str], report: Callable[[str], None]
    ) -> None:
        """Start a broker on `data_dir`, which may hold the data of one that stopped or was killed.

        Raises:
            PrerequisiteMissing: no Java 17, or neither Kafka's jars nor Maven.
            BrokerError: it does not start; the message's further lines are the last of its log.
        """
        self._java = find_java(environment)
        self._jars = fetch_jars(environment, report)
        self._data_dir = data_dir
        self._log = data_dir / "broker.log"
        self._process: subprocess.Popen[bytes] | None = None
        port, controller_port = free_ports(_ADDRESS, 2)
        self.bootstrap_servers = f"{_ADDRESS}:{port}"
        report(f"Starting Kafka {KAFKA_VERSION} at {self.bootstrap_servers}")
        try:
            with spinner(f"Starting Kafka {KAFKA_VERSION}"):
                self._prepare(port, controller_port)
                self._start()
        except OSError as error:
            raise BrokerError(f"cannot start Kafka in {data_dir}: {error.strerror}") from error

    def stop(self) -> None:
        """Shut down in good order; kill what is left after 15 s."""
        atexit.unregister(self.stop)
        if self._process is not None:
            end_process(self._process, _STOP_SECONDS)

    def kill(self) -> None:
        """End the broker with SIGKILL."""
        if self._process is not None:
            kill_process(self._process)

    def restart(self) -> None:
        """Start again on the same data and ports.

        Raises:
            BrokerError: it did not come back; the message's further lines are the last of its log.
        """
        self.stop()
        self._start()

    def _prepare(self, port: int, controller_port: int) -> None:
        self._data_dir.mkdir(parents=True, exist_ok=True)
        properties = _SERVER_PROPERTIES.format(
            address=_ADDRESS, port=port, controller_port=controller_port
        )
        (self._data_dir / "server.properties").write_text(properties)
        # StorageTool writes this file last: without it, an earlier run was ended half-way.
        if not (self._data_dir / "logs" / "meta.properties").exists():
            shutil.rmtree(self._data_dir / "logs", ignore_errors=True)
            self._format()

    def _format(self) -> None:
        tool = ("kafka.tools.StorageTool", "format", "--cluster-id", _CLUSTER_ID)
        process = self._run_java("-XX:TieredStopAtLevel=1", *tool, "--config", "server.properties")
        try:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_FORMAT_SECONDS)
        finally:
            kill_process(process)
        if process.returncode != 0:
            raise BrokerError(f"Kafka could not prepare {self._data_dir}:{self._last_log_lines()}")

    def _start(self) -> None:
        self._process = self._run_java("-Xms256m", "-Xmx512m", "kafka.Kafka", "server.properties")
        atexit.register(self.stop)
        try:
            wait_until_ready(self.bootstrap_servers, self._check_alive, _START_SECONDS)
        except BaseException:
            self.stop()
            raise

    def _run_java(self, *arguments: str) -> subprocess.Popen[bytes]:
        # Warnings only: at "info" the shutdown's chatter would push the cause of a failed start
        # out of the last lines. And no performance file, which a kill would leave behind.
        options = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-XX:-UsePerfData")
        return start_bound_process(
            [self._java, *options, "-cp", f"{self._jars}/*", *arguments],
            folder=self._data_dir,
            output=self._log,
        )

    def _check_alive(self) -> None:
        if self._process is not None and self._process.poll() is not None:
            code = self._process.returncode
            raise BrokerError(f"Kafka ended with exit code {code}:{self._last_log_lines()}")

    def _last_log_lines(self) -> str:
        lines = self._log.read_text(errors="replace").splitlines()
        without_stacks = [line for line in lines if line and not line.startswith("\t")]
        return "".join(f"\n  {line}" for line in without_stacks[-_TOLD_LOG_LINES:])
