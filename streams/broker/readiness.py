"""Waiting until a broker answers."""

import logging
import socket
import time
from collections.abc import Callable

from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from streams.broker.handle import BrokerError

_PAUSE_SECONDS = 0.05
_NODE_ID = 1


def wait_until_ready(bootstrap_servers: str, check: Callable[[], None], patience: float) -> None:
    """Return as soon as the broker at `host:port` describes its cluster.

    Calls `check` all the while, which raises when waiting has become pointless.

    Raises:
        BrokerError: no answer within `patience` seconds.
    """
    deadline = time.monotonic() + patience
    host, _, port = bootstrap_servers.rpartition(":")
    while not (_accepts_connections(host, int(port)) and _describes_cluster(bootstrap_servers)):
        check()
        if time.monotonic() > deadline:
            raise BrokerError(f"Kafka at {bootstrap_servers} did not answer in {patience:.0f} s")
        time.sleep(_PAUSE_SECONDS)


def _accepts_connections(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=1).close()
    except OSError:
        return False
    return True


def _describes_cluster(bootstrap_servers: str) -> bool:
    # kafka-python logs each refused connection as an error; here they are expected.
    logger = logging.getLogger("kafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        client = KafkaAdminClient(
            bootstrap_servers=bootstrap_servers,
            client_id="pulse-readiness",
            request_timeout_ms=5000,
            bootstrap_timeout_ms=5000,
        )
        try:
            brokers = client.describe_cluster()["brokers"]
        finally:
            client.close()
    except KafkaError:
        return False
    finally:
        logger.setLevel(level)
    return any(broker["broker_id"] == _NODE_ID and not broker["is_fenced"] for broker in brokers)
