"""What every broker offers, wherever it runs, and how it fails."""

from abc import ABC, abstractmethod


class BrokerError(Exception):
    """The broker did not do what was asked; the message is one clear line for the user."""


class PrerequisiteMissing(BrokerError):
    """This machine lacks what a broker needs; the message says what to install or to set."""


class Broker(ABC):
    """A running Kafka broker without authentication, known by where its clients connect.

    Attributes:
        bootstrap_servers: `host:port`, or several with commas, as Kafka's clients take them. It
            stays the same for the broker's whole life, over `kill` and `restart` too.
    """

    bootstrap_servers: str

    @abstractmethod
    def stop(self) -> None:
        """Shut down in good order, within a bounded time; a stopped broker is left as it is."""

    @abstractmethod
    def kill(self) -> None:
        """End the broker at once, as a power cut would; what it stored stays."""

    @abstractmethod
    def restart(self) -> None:
        """Stop the broker where it runs, start it on the same data and wait until it answers.

        Raises:
            BrokerError: it did not come back.
        """
