"""`pulse alerts tail`: the alert topics, one readable line a record."""

from collections.abc import Callable

from models.topics import ALERTS, MEMBER_ALERTS
from rules.configuration import Configuration
from streams.connection import Connection
from streams.readable import line_of
from streams.subscribe import Received, Subscriber


def tail(
    connection: Connection,
    configuration: Configuration,
    say: Callable[[str], None],
    *,
    from_beginning: bool,
    follow: bool,
    raw: bool,
) -> None:
    """Print records as they come; without `follow` stop at the end. ClusterError on failure."""
    prefix = configuration.kafka.topic_prefix
    topics = [prefix + ALERTS.name, prefix + MEMBER_ALERTS.name]
    with Subscriber(connection, topics, from_beginning=from_beginning) as subscriber:
        if not follow:
            for received in subscriber.until_end():
                say(_line(received, raw=raw))
            return
        while True:
            for received in subscriber.poll(0.5):
                say(_line(received, raw=raw))


def _line(received: Received, *, raw: bool) -> str:
    return received.value.decode() if raw else line_of(received.document)
