"""Lines that no reader may accept, each spoiled in one known way."""

from __future__ import annotations

from typing import Final

from models.events import MAXIMUM_VALUE_BYTES
from models.rejections import RejectionReason
from streams.sample.instants import stamp

EVENT_LIKE: Final = (
    RejectionReason.MISSING_FIELD,
    RejectionReason.WRONG_TYPE,
    RejectionReason.BAD_LENGTH,
    RejectionReason.BAD_TIME,
)
"""Spoiled lines that still look like an event: a reader that guesses would count them."""

_LEFT_OUT = ("id", "type", "time", "community_id")
_CHANGED = {
    RejectionReason.WRONG_TYPE: (
        ("id", "17"),
        ("community_id", "42"),
        ("user_id", "7"),
        ("type", "null"),
        ("time", "1739000000"),
    ),
    RejectionReason.BAD_LENGTH: (("id", '""'), ("community_id", '""'), ("id", f'"{"i" * 257}"')),
    RejectionReason.BAD_TIME: (
        ("time", '"2025-02-30T10:00:00Z"'),
        ("time", '"2025-02-20T10:00:00"'),
        ("time", '"yesterday"'),
    ),
    RejectionReason.BAD_VALUE: (
        ("score", "11"),
        ("completion", "1.5"),
        ("actor_kind", '"robot"'),
    ),
    RejectionReason.TOO_LARGE: (("text", f'"{"x" * MAXIMUM_VALUE_BYTES}"'),),
}
_NO_OBJECTS = (b"[]", b'"post.created"', b"17", b"null")


def unreadable(
    reason: RejectionReason, number: int, instant: int, community_id: str, event_type: str
) -> bytes:
    """A line to be refused for this reason; `number` chooses the variant and makes it unique."""
    fields = {
        "id": f'"spoiled-{number}"',
        "type": f'"{event_type}"',
        "time": f'"{stamp(instant)}"',
        "community_id": f'"{community_id}"',
        "user_id": f'"spoiled-m{number % 9}"',
    }
    if reason is RejectionReason.NOT_AN_OBJECT:
        return _NO_OBJECTS[number % len(_NO_OBJECTS)]
    if reason is RejectionReason.BAD_ENVELOPE:
        return _envelope_without_source(fields)
    if reason is RejectionReason.MISSING_FIELD:
        # A reader that lets a refused record move its clock would find itself in the year 2099.
        fields["time"] = '"2099-12-31T23:59:59Z"'
        del fields[_LEFT_OUT[number % len(_LEFT_OUT)]]
    if reason in _CHANGED:
        variants = _CHANGED[reason]
        name, content = variants[number % len(variants)]
        fields[name] = content
    line = _object(fields)
    if reason is RejectionReason.BAD_UTF8:
        return line[:-1] + (b',"text":"caf\xe9"}' if number % 2 else b',"share_id":"\xff\xfe"}')
    if reason is RejectionReason.BAD_JSON:
        return (line[:-9], line[:-1] + b",}", b"GET /health HTTP/1.1", line[1:])[number % 4]
    return line


def _envelope_without_source(fields: dict[str, str]) -> bytes:
    data = _object({name: fields[name] for name in ("community_id", "user_id")}).decode()
    envelope = {name: fields[name] for name in ("id", "type", "time")}
    return _object({"specversion": '"1.0"', **envelope, "data": data})


def _object(fields: dict[str, str]) -> bytes:
    return ("{" + ",".join(f'"{name}":{text}' for name, text in fields.items()) + "}").encode()
