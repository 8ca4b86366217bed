"""`pulse alerts tail`: the alert topics, one readable line a record."""

from collections.abc import Callable
from typing import Final

from models.topics import ALERTS, MEMBER_ALERTS
from rules.configuration import Configuration
from streams.connection import Connection
from streams.readable import in_one_line, line_of
from streams.subscribe import Received, Subscriber

_SHOWN: Final = 200
"""Characters of a foreign record that are shown."""


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
                say(line_for(received, raw=raw))
            return
        while True:
            for received in subscriber.poll(0.5):
                say(line_for(received, raw=raw))


def line_for(received: Received, *, raw: bool) -> str:
    """Return the line of one record: readable, or as it is where `raw`."""
    text = received.value.decode(errors="replace")
    if raw:
        return text
    try:
        return line_of(received.document)
    except (AttributeError, LookupError, TypeError, ValueError):
        # Others may write to the topic too: what they wrote does not end who follows it.
        return in_one_line(f"{received.topic} holds no alert record but {text[:_SHOWN]!r}")
