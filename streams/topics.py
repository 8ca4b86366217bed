"""The topics as they stand on the cluster: reached, created, checked."""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from kafka.admin import ConfigResource, ConfigResourceType, KafkaAdminClient
from kafka.errors import InvalidConfigurationError as InvalidSettingError
from kafka.errors import InvalidReplicationFactorError, KafkaError, TopicAlreadyExistsError

from models.instants import DAY, HOUR
from models.state import FORMAT_VERSION
from models.topics import DEAD_LETTERS, EVENTS, TOPICS
from rules.configuration import Configuration
from streams.connection import Connection

PATIENCE: Final = 60.0
"""Seconds for which an unreachable cluster is asked again before giving up."""

_PAUSE: Final = 2.0

_POLICY: Final = "cleanup.policy"
_COMPACTION_LAG: Final = "min.compaction.lag.ms"
_RETENTION: Final = "retention.ms"
_TIMESTAMPS: Final = "message.timestamp.type"
_LARGEST: Final = "max.message.bytes"
_TIMESTAMPS_AHEAD: Final = "message.timestamp.after.max.ms"
"""Kafka 4 refuses records dated over an hour ahead of the broker; Pulse judges that by itself."""
TABLE: Final = "state"
"""The name of Faust's table, and so part of its changelog's."""

_LARGEST_WITH_HEADERS: Final = str(2 << 20)
"""The largest record that the events topic takes, and our headers on top."""

_KEPT_EXACTLY: Final = frozenset({_POLICY, _RETENTION, _TIMESTAMPS})
"""Settings of the topic of rerouted records without which some would be lost, or change."""


class ClusterError(Exception):
    """The cluster cannot be reached, or refuses: one line says what and why."""


class TopicsError(Exception):
    """Topics that are missing or set up wrongly: one line each, with the command that mends it."""

    def __init__(self, problems: list[str]) -> None:
        """Take one line per problem."""
        super().__init__("\n".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class WantedTopic:
    """A topic as it must be; those of its settings that are `kept` are checked where it exists."""

    name: str
    partitions: int
    settings: Mapping[str, str]
    kept: Set[str] = frozenset({_POLICY})

    @property
    def cleanup_policy(self) -> str:
        """The clean-up policy, which is checked on topics that exist."""
        return self.settings[_POLICY]


def group_name(configuration: Configuration) -> str:
    """Return the name of the consumer group, which is Faust's application id."""
    return f"{configuration.kafka.topic_prefix}pulse"


def changelog_name(configuration: Configuration) -> str:
    """Return the name of the changelog topic: Faust's own, application id and table."""
    return f"{group_name(configuration)}-{TABLE}-changelog"


def rerouted_name(configuration: Configuration) -> str:
    """Return the name of the topic that takes misplaced records home (`streams.forwarded`)."""
    return f"{group_name(configuration)}-rerouted"


def marks_name(configuration: Configuration) -> str:
    """Return the name of the topic in which workers say how far they have routed."""
    return f"{group_name(configuration)}-marks"


def wanted_topics(configuration: Configuration, partitions: int) -> list[WantedTopic]:
    """Return all topics; `partitions` is how many the events topic has or will have."""
    prefix = configuration.kafka.topic_prefix
    wanted = []
    for topic in TOPICS:
        settings: dict[str, str] = {_POLICY: topic.cleanup_policy}
        if topic.retention_ms is not None:
            settings[_RETENTION] = str(topic.retention_ms)
        if topic is DEAD_LETTERS:
            settings[_LARGEST] = _LARGEST_WITH_HEADERS
        if topic is EVENTS:
            settings[_TIMESTAMPS_AHEAD] = str(2**63 - 1)
        number = partitions if topic is EVENTS else configuration.kafka.partitions
        wanted.append(WantedTopic(prefix + topic.name, number, settings))
    return wanted + _internal_topics(configuration, partitions)


def _internal_topics(configuration: Configuration, partitions: int) -> list[WantedTopic]:
    # A paused worker may write old values late; so long newer ones must not be compacted away.
    changelog = {_POLICY: "compact", _COMPACTION_LAG: str(DAY)}
    # Records keep their arrivals, however old or far ahead; what is applied, Pulse deletes itself.
    rerouted = {
        _POLICY: "delete",
        _RETENTION: "-1",
        _TIMESTAMPS: "CreateTime",
        _TIMESTAMPS_AHEAD: str(2**63 - 1),
        _LARGEST: _LARGEST_WITH_HEADERS,
    }
    marks = {_POLICY: "delete", _RETENTION: str(HOUR), "segment.ms": str(HOUR // 4)}
    return [
        WantedTopic(changelog_name(configuration), partitions, changelog),
        WantedTopic(rerouted_name(configuration), partitions, rerouted, _KEPT_EXACTLY),
        WantedTopic(marks_name(configuration), 1, marks),
    ]


@contextmanager
def administration(
    connection: Connection, report: Callable[[str], None], patience: float = PATIENCE
) -> Iterator[KafkaAdminClient]:
    """Open an admin client; an unreachable cluster is asked again for `patience` seconds.

    Each try is reported in one line. ClusterError when the time is over.
    """
    deadline = time.monotonic() + patience
    client = None
    while client is None:
        try:
            with _quiet_kafka():
                client = KafkaAdminClient(**connection.kafka_python(), bootstrap_timeout_ms=2_000)
        except (KafkaError, OSError) as error:
            reason = str(error) or type(error).__name__
            left = deadline - time.monotonic()
            if left <= 0:
                raise ClusterError(
                    f"no Kafka at {connection.servers} for {patience:.0f} s ({reason})"
                ) from None
            report(f"no Kafka at {connection.servers} ({reason}); trying for {left:.0f} s more")
            time.sleep(min(_PAUSE, max(left, 0)))
    try:
        yield client
    except KafkaError as error:
        raise ClusterError(f"Kafka at {connection.servers}: {error}") from error
    finally:
        client.close()


@contextmanager
def _quiet_kafka() -> Iterator[None]:
    # kafka-python logs each refused connection; here it is expected, and reported once.
    logger = logging.getLogger("kafka")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(level)


def partitions_of(client: KafkaAdminClient, topic: str) -> int | None:
    """Return how many partitions the topic has; None where it does not exist."""
    if topic not in client.list_topics():
        return None
    return len(client.describe_topics([topic])[0]["partitions"])


def check_topics(client: KafkaAdminClient, configuration: Configuration) -> int:
    """Check every topic; return how many partitions the events topic has.

    TopicsError names each topic that is missing or cleaned up wrongly, with the command that
    mends it.
    """
    events = configuration.kafka.topic_prefix + EVENTS.name
    partitions = partitions_of(client, events) or configuration.kafka.partitions
    wanted = wanted_topics(configuration, partitions)
    existing = set(client.list_topics())
    problems = [
        f"topic {topic.name} is missing; create it with: pulse topics apply"
        for topic in wanted
        if topic.name not in existing
    ]
    present = [topic for topic in wanted if topic.name in existing]
    found = _settings(client, [topic.name for topic in present])
    problems += [
        f"topic {topic.name} has {name}={value}, it must be {wanted_value}; "
        "mend it with: pulse topics apply --alter"
        for topic in present
        for name, value, wanted_value in _wrong_settings(topic, found[topic.name])
    ]
    for name in (changelog_name(configuration), rerouted_name(configuration)):
        kept = partitions_of(client, name)
        if kept not in (None, partitions):
            problems.append(
                f"topic {name} has {kept} partitions, {events} has {partitions}: the state "
                "belongs to another number; make it anew with: pulse rebuild"
            )
    if problems:
        raise TopicsError(problems)
    return partitions


def changelog_identity(
    client: KafkaAdminClient, configuration: Configuration, partitions: int
) -> bytes:
    """Return what tells this changelog from every other, and this format of it.

    A topic that was deleted and created again has another id. Brokers before 2.8 give no ids: then
    no two answers are the same.
    """
    topic = client.describe_topics([changelog_name(configuration)])[0]
    number = topic.get("topic_id")
    unique = str(number) if number and UUID(str(number)).int else uuid4().hex
    return f"{unique} {partitions} {FORMAT_VERSION}".encode()


def apply_topics(
    client: KafkaAdminClient, configuration: Configuration, *, alter: bool
) -> Iterator[str]:
    """Create what is missing, and with `alter` mend clean-up policies; yield a line per topic."""
    events = configuration.kafka.topic_prefix + EVENTS.name
    partitions = partitions_of(client, events) or configuration.kafka.partitions
    wanted = wanted_topics(configuration, partitions)
    existing = set(client.list_topics())
    for topic in wanted:
        if topic.name not in existing:
            _create(client, topic, configuration.kafka.replication_factor)
            yield f"created {topic.name} ({topic.partitions} partitions, {topic.cleanup_policy})"
            continue
        wrong = _wrong_settings(topic, _settings(client, [topic.name])[topic.name])
        if wrong and alter:
            settings = {name: topic.settings[name] for name, _, _ in wrong}
            client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic.name, settings)])
            told = [f"{name}={topic.settings[name]} (was {value})" for name, value, _ in wrong]
            yield f"altered {topic.name}: {', '.join(told)}"
        else:
            yield f"exists  {topic.name}"
    check_topics(client, configuration)


def _wrong_settings(topic: WantedTopic, found: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Return which settings break a promise: the name, what it is, and what it must be."""
    wrong = [
        (name, found.get(name, ""), topic.settings[name])
        for name in sorted(topic.kept)
        if found.get(name, "") != topic.settings[name]
    ]
    least = topic.settings.get(_COMPACTION_LAG)
    lag = found.get(_COMPACTION_LAG, "0")
    if least is not None and int(lag) < int(least):
        wrong.append((_COMPACTION_LAG, lag, f"at least {least}"))
    return wrong


def _create(client: KafkaAdminClient, topic: WantedTopic, replication: int) -> None:
    settings = dict(topic.settings)
    options = {
        "num_partitions": topic.partitions,
        "replication_factor": replication,
        "configs": settings,
    }
    try:
        client.create_topics({topic.name: options}, wait_for_metadata=True)
    except TopicAlreadyExistsError:
        return
    except InvalidReplicationFactorError:
        wrong = f"topic {topic.name} cannot have kafka.replication_factor={replication}"
        raise TopicsError([f"{wrong}: the cluster has fewer brokers"]) from None
    except InvalidSettingError:
        # Before 3.6 brokers neither knew the setting nor had the limit.
        if settings.pop(_TIMESTAMPS_AHEAD, None) is None:
            raise
        client.create_topics({topic.name: options}, wait_for_metadata=True)


def _settings(client: KafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    if not names:
        return {}
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    answer = client.describe_configs(resources, config_filter="all")
    found: dict[str, dict[str, str]] = {}
    for by_name in answer.values():
        for name, settings in by_name.items():
            found[name] = {key: _value(content) for key, content in settings.items()}
    return found


def _value(content: object) -> str:
    value = content.get("value") if isinstance(content, dict) else content
    return str(value)
