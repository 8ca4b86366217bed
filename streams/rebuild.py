"""`pulse rebuild`: forgets the state, so that the next worker makes it anew from the events topic.

Alerts that were published before are published again, with the same ids and, where the rules have
not changed, the same bytes (Law 2): consumers drop them.
"""

import time
from collections.abc import Iterator
from typing import Final

from kafka.admin import KafkaAdminClient

from models.topics import EVENTS
from rules.configuration import Configuration
from streams.topics import (
    TopicsError,
    apply_topics,
    changelog_name,
    group_name,
    marks_name,
    partitions_of,
    rerouted_name,
)

_PATIENCE: Final = 30.0
_PAUSE: Final = 0.2


def rebuild(
    client: KafkaAdminClient, configuration: Configuration, patience: float
) -> Iterator[str]:
    """Delete the state's topics and the group's offsets, create them anew; yield a line per step.

    A worker that died stays in its group until its session ends, so members are waited for, for
    `patience` seconds. TopicsError where workers still run then, or the events topic is missing.
    """
    group = group_name(configuration)
    yield from _wait_until_empty(client, group, patience)
    events = configuration.kafka.topic_prefix + EVENTS.name
    if partitions_of(client, events) is None:
        raise TopicsError([f"topic {events} is missing: there is nothing to rebuild from"])
    # Misplaced records are sent home anew; what was sent, or said of it, belongs to the old state.
    names = [name(configuration) for name in (changelog_name, rerouted_name, marks_name)]
    present = [name for name in names if partitions_of(client, name) is not None]
    if present:
        # At once: half of them would not be what any state was kept with.
        client.delete_topics(present)
    for name in present:
        _wait_until_gone(client, name)
        yield f"deleted {name}"
    if group in {found["group_id"] for found in client.list_groups()}:
        client.delete_groups([group])
        yield f"deleted the offsets of group {group}"
    yield from apply_topics(client, configuration, alter=False)
    yield f"the next worker reads {events} from its start"


def _wait_until_empty(client: KafkaAdminClient, group: str, patience: float) -> Iterator[str]:
    deadline = time.monotonic() + patience
    said = False
    while members := _members(client, group):
        if time.monotonic() > deadline:
            raise TopicsError([f"{members} workers run in group {group}: stop them first"])
        if not said:
            yield f"{members} workers are in group {group}; waiting {patience:.0f} s for their end"
            said = True
        time.sleep(_PAUSE)


def _members(client: KafkaAdminClient, group: str) -> int:
    if group not in {found["group_id"] for found in client.list_groups()}:
        return 0
    return len(client.describe_groups([group])[group]["members"])


def _wait_until_gone(client: KafkaAdminClient, topic: str) -> None:
    deadline = time.monotonic() + _PATIENCE
    while partitions_of(client, topic) is not None:
        if time.monotonic() > deadline:
            raise TopicsError([f"topic {topic} is still there after {_PATIENCE:.0f} s"])
        time.sleep(_PAUSE)
