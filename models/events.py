"""Interaction events: the vocabulary of what members do (contract, section 2)."""

from enum import IntEnum
from typing import Annotated, Final, Literal

import msgspec

MAXIMUM_VALUE_BYTES: Final = 65_536
"""A value over 64 KiB is rejected: CloudEvents intermediaries need not forward more."""

MAXIMUM_DEPTH: Final = 200
"""Arrays and objects that nest deeper than this are rejected, known field or not."""

AHEAD_TOLERANCE: Final = 5 * 60_000
"""How far, in milliseconds, an event's own time may be ahead of its arrival."""

STRUCTURED: Final = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
"""The header of a record that holds a whole CloudEvent (CloudEvents, Kafka binding, 3.3)."""

Identifier = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class EventType(IntEnum):
    """The known types; the number is the index of the type's counter in a pane.

    Numbers are part of the state's format: only ever append.
    """

    POST_CREATED = 0
    REPLY_CREATED = 1
    LIKE_ADDED = 2
    LIKE_REMOVED = 3
    SHARE_CREATED = 4
    SHARE_CONVERTED = 5
    INVITE_SENT = 6
    CAMPAIGN_JOINED = 7
    TASK_COMPLETED = 8
    SURVEY_ANSWERED = 9
    PURCHASE_COMPLETED = 10
    CONTENT_VIEWED = 11
    MEMBER_JOINED = 12
    MEMBER_LEFT = 13
    HEARTBEAT = 14

    @property
    def wire_name(self) -> str:
        """The type as it stands in a record, such as `post.created`."""
        return self.name.lower().replace("_", ".", 1)


TYPES: Final[dict[str, EventType]] = {kind.wire_name: kind for kind in EventType}

NUMBERS: Final[dict[str, int]] = {name: int(kind) for name, kind in TYPES.items()}
"""The numbers of the known types as plain ints, which index and compare much faster."""

SPEECH: Final = (EventType.POST_CREATED, EventType.REPLY_CREATED)

LAST_INTERACTION: Final = EventType.PURCHASE_COMPLETED
"""Types up to this one are interactions: they show a member taking part (speech included)."""


class Event(msgspec.Struct, gc=False):
    """One interaction event, as decoded; `None` is absent.

    `type` is the known wire name where the type is known, else as it came. `source` is the
    CloudEvents source, empty for the flat shape; with `id` it identifies the event.
    `time` and `received_at` are the text of the record (RFC 3339, checked by `models.decode`).
    """

    id: Identifier
    type: str
    time: str
    community_id: Identifier
    user_id: str | None = None
    actor_kind: Literal["person", "bot", "system"] | None = None
    received_at: str | None = None
    campaign_id: str | None = None
    share_id: str | None = None
    inviter_id: str | None = None
    target_user_id: str | None = None
    amount: float | None = None
    score: Annotated[float, msgspec.Meta(ge=0, le=10)] | None = None
    completion: Annotated[float, msgspec.Meta(ge=0, le=1)] | None = None

    @property
    def identity(self) -> str | tuple[str, str]:
        """What a repeat of the event shares with it."""
        return self.id


class CloudEvent(Event, gc=False):
    """An event whose envelope named its source: `source` and `id` identify it together."""

    source: str = ""

    @property
    def identity(self) -> str | tuple[str, str]:
        """What a repeat of the event shares with it."""
        return self.source, self.id


class Envelope(msgspec.Struct):
    """The context attributes of a structured CloudEvents 1.0 record that we read."""

    specversion: str
    id: str
    source: str
    type: str
    time: str | None = None


Arrived = tuple[int, int, Event]
"""One readable record: its arrival, the event's own time (both milliseconds), and the event."""
