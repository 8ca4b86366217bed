"""A real Kafka broker on this machine, for the demo, the tests and the benchmarks."""

from streams.broker.choose import open_broker
from streams.broker.handle import Broker, BrokerError, PrerequisiteMissing

__all__ = ["Broker", "BrokerError", "PrerequisiteMissing", "open_broker"]
