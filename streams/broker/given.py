"""A broker that somebody else runs: used, never stopped."""

from streams.broker.handle import Broker, BrokerError


class GivenBroker(Broker):
    """The broker that the user named."""

    def __init__(self, bootstrap_servers: str) -> None:
        self.bootstrap_servers = bootstrap_servers

    def stop(self) -> None:
        """Leave it running: it is not ours."""

    def kill(self) -> None:
        """Refuse.

        Raises:
            BrokerError: always.
        """
        raise BrokerError(f"will not kill {self.bootstrap_servers}: Pulse did not start it")

    def restart(self) -> None:
        """Refuse.

        Raises:
            BrokerError: always.
        """
        raise BrokerError(f"will not restart {self.bootstrap_servers}: Pulse did not start it")
