"""Lines to records, as sections 2 and 3 of the contract tell it; standard library only."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

SPEECH = {"post.created", "reply.created"}
INTERACTIONS = SPEECH | {
    "like.added",
    "like.removed",
    "share.created",
    "share.converted",
    "invite.sent",
    "campaign.joined",
    "task.completed",
    "survey.answered",
    "purchase.completed",
}
KNOWN_TYPES = INTERACTIONS | {"content.viewed", "member.joined", "member.left", "heartbeat"}
ACTOR_KINDS = {"person", "bot", "system"}
OPTIONAL_TEXTS = ("campaign_id", "share_id", "inviter_id", "target_user_id")
LARGEST_LINE = 65_536
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
RFC_3339 = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))",
    re.ASCII,
)
UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}


class NotAnEventError(Exception):
    """The line is no interaction event."""


@dataclass(frozen=True)
class Record:
    """One valid record; `time` and `arrival` in microseconds since 1970, arrival whole ms.

    `type` is None where the type is unknown, `user_id` where the actor is anonymous.
    """

    source: str
    id: str
    type: str | None
    time: int
    arrival: int
    community_id: str
    user_id: str | None
    actor_kind: str
    campaign_id: str | None = None
    inviter_id: str | None = None
    target_user_id: str | None = None
    amount: float | None = None
    score: float | None = None
    completion: float | None = None


def read(line: bytes) -> Record:
    """Reads one line (without its line end); raises NotAnEventError."""
    if len(line) > LARGEST_LINE:
        raise NotAnEventError("too large")
    try:
        value = json.loads(line.decode("utf-8"), parse_constant=_no_constant)
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as problem:
        raise NotAnEventError(str(problem)) from problem
    if not isinstance(value, dict):
        raise NotAnEventError("not an object")
    try:
        return _flat(value)
    except NotAnEventError:
        if "specversion" not in value or not isinstance(value.get("data"), dict):
            raise
    return _structured(value)


def instant(text: object) -> int:
    """RFC 3339 with offset to microseconds since 1970; finer digits are cut off."""
    match = RFC_3339.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise NotAnEventError(f"not RFC 3339: {text!r}")
    *numbers, fraction, sign, hours, minutes = match.groups()
    try:
        moment = datetime(*map(int, numbers), tzinfo=UTC)  # type: ignore[misc, arg-type]
        if sign:
            if int(hours) > 23 or int(minutes) > 59:
                raise NotAnEventError("offset out of range")
            offset = timedelta(hours=int(hours), minutes=int(minutes))
            moment = moment - offset if sign == "+" else moment + offset
    except (ValueError, OverflowError) as problem:
        raise NotAnEventError(str(problem)) from problem
    return microseconds(moment) + int(((fraction or "") + "000000")[:6])


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_text(moment: int) -> str:
    """Microseconds since 1970 as RFC 3339 in UTC, milliseconds floored."""
    value = EPOCH + timedelta(microseconds=moment)
    return value.strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}Z"


def duration(value: object) -> int:
    """`15m`, `1h`, `1h30m`, or a number of seconds, in microseconds."""
    if isinstance(value, int):
        return value * 1_000_000
    parts = re.findall(r"(\d+)(ms|s|m|h|d)", str(value))
    if not parts or "".join(number + unit for number, unit in parts) != value:
        raise ValueError(f"no duration: {value!r}")
    return sum(int(number) * UNITS[unit] for number, unit in parts)


def partition_of(community_id: str, partitions: int) -> int:
    """The partition Kafka's default (Java) partitioner gives this key."""
    return (murmur2(community_id.encode("utf-8")) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """32-bit murmur2 as in Kafka's `Utils.murmur2`, unsigned."""
    mask, multiplier = 0xFFFFFFFF, 0x5BD1E995
    state = 0x9747B28C ^ len(data)
    whole = len(data) // 4 * 4
    for start in range(0, whole, 4):
        word = int.from_bytes(data[start : start + 4], "little") * multiplier & mask
        word = (word ^ word >> 24) * multiplier & mask
        state = (state * multiplier & mask) ^ word
    rest = data[whole:]
    if rest:
        state = (state ^ int.from_bytes(rest, "little")) * multiplier & mask
    state = (state ^ state >> 13) * multiplier & mask
    return state ^ state >> 15


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not JSON")


def _flat(value: Mapping[str, Any]) -> Record:
    name = value.get("type")
    if not isinstance(name, str):
        raise NotAnEventError("type")
    return _record(value, "", name if name in KNOWN_TYPES else None)


def _structured(value: Mapping[str, Any]) -> Record:
    source, name = value.get("source"), value.get("type")
    if value["specversion"] != "1.0" or not isinstance(source, str) or not source:
        raise NotAnEventError("not CloudEvents 1.0")
    if not isinstance(name, str):
        raise NotAnEventError("type")
    plain = name.removesuffix(".v1")
    known = [each for each in KNOWN_TYPES if plain == each or plain.endswith("." + each)]
    fields = {**value["data"], "id": value.get("id"), "time": value.get("time")}
    return _record(fields, source, known[0] if known else None)


def _record(fields: Mapping[str, Any], source: str, name: str | None) -> Record:
    time = instant(fields.get("time"))
    received_at = fields.get("received_at")
    arrival = time if received_at is None else instant(received_at)
    actor_kind = fields.get("actor_kind")
    if actor_kind is not None and actor_kind not in sorted(ACTOR_KINDS):
        raise NotAnEventError("actor_kind")
    for field in OPTIONAL_TEXTS:
        _text(fields, field)
    _number(fields, "amount", -math.inf, math.inf)
    _number(fields, "score", 0, 10)
    _number(fields, "completion", 0, 1)
    return Record(
        source=source,
        id=_identifier(fields, "id"),
        type=name,
        time=time // 1000 * 1000,
        arrival=arrival // 1_000 * 1_000,
        community_id=_identifier(fields, "community_id"),
        user_id=_text(fields, "user_id") or None,
        actor_kind=actor_kind or "person",
        campaign_id=fields.get("campaign_id") or None,
        inviter_id=fields.get("inviter_id") or None,
        target_user_id=fields.get("target_user_id") or None,
        amount=fields.get("amount"),
        score=fields.get("score"),
        completion=fields.get("completion"),
    )


def _identifier(fields: Mapping[str, Any], field: str) -> str:
    text = _text(fields, field)
    if text is None or not 1 <= len(text) <= 256:
        raise NotAnEventError(field)
    return text


def _text(fields: Mapping[str, Any], field: str) -> str | None:
    value = fields.get(field)
    if value is not None and not isinstance(value, str):
        raise NotAnEventError(field)
    return value


def _number(fields: Mapping[str, Any], field: str, lowest: float, highest: float) -> None:
    value = fields.get(field)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotAnEventError(field)
    if isinstance(value, float) and not math.isfinite(value):
        raise NotAnEventError(field)
    if not lowest <= value <= highest:
        raise NotAnEventError(field)
