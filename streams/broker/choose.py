"""Choosing the broker that this machine can offer."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.broker.container_broker import ContainerBroker
from streams.broker.given import GivenBroker
from streams.broker.handle import Broker, PrerequisiteMissing
from streams.broker.jar_broker import JarBroker


@contextmanager
def open_broker(
    data_dir: Path,
    *,
    report: Callable[[str], None],
    environment: Mapping[str, str] = os.environ,
    prefer_container: bool = False,
) -> Iterator[Broker]:
    """Give a broker for the length of a `with` block, and stop it then if it was started here.

    Takes the one that KAFKA_BOOTSTRAP_SERVERS names, as it is and without asking it anything;
    else runs Kafka's jars with Java and Maven; else a container. `prefer_container` swaps the
    last two.

    Args:
        data_dir: Where a broker from the jars keeps its data and its log. It may hold what an
            earlier one left, stopped or killed; the new one goes on with it.
        report: Takes one line for the user for each step that lasts.
        environment: Where to look for KAFKA_BOOTSTRAP_SERVERS, Java, Maven and the cache.
        prefer_container: Try a container engine before Java.

    Raises:
        PrerequisiteMissing: this machine has none of them; the message says what would do.
        BrokerError: the broker does not start.
    """
    broker = _start_broker(data_dir, report, environment, prefer_container=prefer_container)
    try:
        yield broker
    finally:
        broker.stop()


def _start_broker(
    data_dir: Path,
    report: Callable[[str], None],
    environment: Mapping[str, str],
    *,
    prefer_container: bool,
) -> Broker:
    given = environment.get("KAFKA_BOOTSTRAP_SERVERS", "").strip()
    if given:
        return GivenBroker(given)

    def run_jars() -> Broker:
        return JarBroker(data_dir, environment=environment, report=report)

    def run_container() -> Broker:
        return ContainerBroker(report=report)

    ways = (run_container, run_jars) if prefer_container else (run_jars, run_container)
    missing: list[str] = []
    for start in ways:
        try:
            return start()
        except PrerequisiteMissing as lack:
            missing.append(str(lack))
    raise PrerequisiteMissing(
        f"no Kafka broker to use ({', '.join(missing)}): set KAFKA_BOOTSTRAP_SERVERS, or install "
        "Java 17 or newer and Maven, or start a container engine such as Docker"
    )
