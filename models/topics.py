"""The topics, their keys, values and clean-up (contract, section 1)."""

from dataclasses import dataclass
from typing import Final, Literal

_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Topic:
    """One topic as Pulse needs it; `name` is without the configured prefix.

    `retention_ms` None leaves the broker's default; the events topic that Pulse creates itself
    keeps everything (-1), because replayed history is older than any default retention.
    """

    name: str
    key: str
    value: str
    cleanup_policy: Literal["delete", "compact"]
    retention_ms: int | None
    direction: Literal["in", "out"]
    purpose: str


EVENTS: Final = Topic(
    "community.events.v1",
    "community_id",
    "interaction event",
    "delete",
    -1,
    "in",
    "Interaction events of the platform, flat JSON or CloudEvents 1.0.",
)
ALERTS: Final = Topic(
    "community.alerts.v1",
    "community_id",
    "alert transition or digest",
    "delete",
    90 * _DAY_MS,
    "out",
    "Every transition of an alert about a community, and the digests of silent members.",
)
ALERTS_STATE: Final = Topic(
    "community.alerts.state.v1",
    "alert_id",
    "latest transition of the alert",
    "compact",
    None,
    "out",
    "The latest transition of each alert: who starts late sees what fires now.",
)
MEMBER_ALERTS: Final = Topic(
    "community.member-alerts.v1",
    "community_id",
    "alert transition about one member",
    "delete",
    90 * _DAY_MS,
    "out",
    "Every transition of an alert whose subject is one member.",
)
SNAPSHOTS: Final = Topic(
    "community.snapshots.v1",
    "community_id|day",
    "snapshot of one judged day",
    "compact",
    None,
    "out",
    "Every measure and every verdict of one judged day of a community.",
)
MEMBERS: Final = Topic(
    "community.members.v1",
    "community_id|member_id",
    "a member's circle",
    "compact",
    None,
    "out",
    "The circle that each member belongs to, written where it changes; only with member-tiers on.",
)
DEAD_LETTERS: Final = Topic(
    "community.events.dlq.v1",
    "original key",
    "original bytes",
    "delete",
    30 * _DAY_MS,
    "out",
    "Records that cannot be read, unchanged; headers say why and where they stood.",
)

TOPICS: Final = (EVENTS, ALERTS, ALERTS_STATE, MEMBER_ALERTS, SNAPSHOTS, MEMBERS, DEAD_LETTERS)
