"""Bytes to events: the three accepted shapes, told apart per record (contract, section 2).

`decode` never raises on any bytes: it answers an `Event` or a `Rejection`. The fast path is one
typed parse of a flat event; all else is parted into its fields first, to be read by its shape or
to say exactly what is wrong. Of a name that stands twice in an object, the last counts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import msgspec

from models.events import (
    MAXIMUM_DEPTH,
    MAXIMUM_VALUE_BYTES,
    TYPES,
    Arrived,
    CloudEvent,
    Envelope,
    Event,
)
from models.instants import EARLIEST, LATEST, parse_instant
from models.rejections import Rejection, RejectionReason

Headers = Iterable[tuple[str, bytes | None]]

Timed = tuple[int, Event]
"""When an event happened, by its own time (milliseconds), and the event."""
Fields = Mapping[str, msgspec.Raw]


class Record(Protocol):
    """What a record must tell to be read; `timestamp` is its arrival in milliseconds."""

    @property
    def timestamp(self) -> int: ...  # noqa: D102
    @property
    def value(self) -> bytes | None: ...  # noqa: D102
    @property
    def headers(self) -> Sequence[tuple[str, bytes]]: ...  # noqa: D102


_event_decoder = msgspec.json.Decoder(Event)
_cloud_event_decoder = msgspec.json.Decoder(CloudEvent)
_envelope_decoder = msgspec.json.Decoder(Envelope)
_fields_decoder = msgspec.json.Decoder(dict[str, msgspec.Raw])
_text_decoder = msgspec.json.Decoder(str)
_any_decoder = msgspec.json.Decoder(msgspec.Raw)
_encode = msgspec.json.Encoder().encode

_SHORT: Final = 2 * MAXIMUM_DEPTH
"""Brackets that nest too deeply, and close again, do not fit into so few bytes."""
_REQUIRED: Final = ("id", "type", "time", "community_id")
_IDENTIFIERS: Final = ("id", "community_id")
_INSTANTS: Final = ("time", "received_at")
_STRINGS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?', re.DOTALL)
_BRACKETS: Final = re.compile(rb"[\[\]{}]")


def decode_records(records: Iterable[Record]) -> tuple[list[Arrived], list[tuple[int, Rejection]]]:
    """Read `records` in order: those that are events; the places of the others, with the reason.

    The loop reads a short flat event in ASCII, as most are, without a call of ours; whatever is
    anything else, or has anything wrong with it, goes to `decode_timed`, which decides.
    """
    arrived: list[Arrived] = []
    rejected: list[tuple[int, Rejection]] = []
    take, read, time_of = arrived.append, _event_decoder.decode, parse_instant
    for record in records:
        value, arrival = record.value, record.timestamp
        if value and len(value) <= _SHORT and not record.headers and value.isascii():
            try:
                event = read(value)
            except msgspec.DecodeError:
                pass
            else:
                instant = time_of(event.time)
                if (
                    instant is not None
                    and event.received_at is None
                    and EARLIEST <= arrival <= LATEST
                ):
                    take((arrival, instant, event))
                    continue
        timed = decode_timed(value, record.headers)
        if isinstance(timed, Rejection):
            rejected.append((len(arrived) + len(rejected), timed))
        elif EARLIEST <= arrival <= LATEST:
            take((arrival, *timed))
        else:
            detail = f"record timestamp {arrival}"
            fault = Rejection(RejectionReason.BAD_ARRIVAL, detail)
            rejected.append((len(arrived) + len(rejected), fault))
    return arrived, rejected


def decode(value: bytes | None, headers: Headers = ()) -> Event | Rejection:
    """Read one record's value and headers as an interaction event: `decode_timed` without time."""
    timed = decode_timed(value, headers)
    return timed if isinstance(timed, Rejection) else timed[1]


def decode_timed(value: bytes | None, headers: Headers = ()) -> Timed | Rejection:
    """Read one record's value and headers as an interaction event, and when it happened.

    The shape is told by the headers: `content-type: application/cloudevents…` is structured,
    any `ce_…` header is binary, else flat. Without such headers (in a file) a JSON object that
    is no flat event but has `specversion` and `data` is read as structured.
    """
    if not value:
        return Rejection(RejectionReason.EMPTY, "the record has no value")
    # What `_fault_of` looks for is not in a short text of ASCII.
    if len(value) > _SHORT or not value.isascii():
        fault = _fault_of(value)
        if fault is not None:
            return fault
    if headers:
        attributes = {name.lower(): content or b"" for name, content in headers}
        if attributes.get("content-type", b"").lower().startswith(b"application/cloudevents"):
            return _structured(_fields_of(value))
        if any(name.startswith("ce_") for name in attributes):
            return _binary(_fields_of(value), attributes)
    return _flat(value)


def _fault_of(value: bytes) -> Rejection | None:
    """Say what is wrong with the bytes, whatever they mean."""
    if len(value) > MAXIMUM_VALUE_BYTES:
        return Rejection(RejectionReason.TOO_LARGE, f"{len(value)} bytes, at most 65536 are read")
    # The parser skips unknown fields without looking at their bytes.
    if not value.isascii() and not _is_utf8(value):
        return Rejection(RejectionReason.BAD_UTF8, "the value is not UTF-8")
    if len(value) > _SHORT and _is_too_deep(value):
        detail = f"nested more than {MAXIMUM_DEPTH} levels deep"
        return Rejection(RejectionReason.BAD_JSON, detail)
    return None


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _is_too_deep(value: bytes) -> bool:
    """Tell whether arrays and objects nest too deeply.

    A bound of our own: the parser's depends on how deep the interpreter's stack stands just then,
    and the result is a function of the records alone (Law 1).
    """
    if value.count(b"[") + value.count(b"{") <= MAXIMUM_DEPTH:
        return False
    depth = 0
    for bracket in _BRACKETS.findall(_STRINGS.sub(b"", value)):
        depth += 1 if bracket in b"[{" else -1
        if depth > MAXIMUM_DEPTH:
            return True
    return False


def _flat(value: bytes) -> Timed | Rejection:
    try:
        event = _event_decoder.decode(value)
    except msgspec.DecodeError:
        return _reread(value)
    return _with_instants(event)


def _with_instants(event: Event) -> Timed | Rejection:
    instant = parse_instant(event.time)
    if instant is None:
        return _bad_instant("time", event.time)
    if event.received_at is not None and parse_instant(event.received_at) is None:
        return _bad_instant("received_at", event.received_at)
    return instant, event


def _bad_instant(field: str, text: str) -> Rejection:
    detail = f"`{field}` is not RFC 3339 with offset: {text[:64]!r}"
    return Rejection(RejectionReason.BAD_TIME, detail)


def _reread(value: bytes) -> Timed | Rejection:
    """Read what is no flat event: as a structured one where it looks like one, else say why."""
    fields = _fields_of(value)
    if isinstance(fields, Rejection):
        return fields
    if "specversion" in fields and bytes(fields.get("data", b"")).startswith(b"{"):
        return _structured(fields)
    return _typed(fields, _event_decoder)


def _fields_of(value: bytes | msgspec.Raw) -> Fields | Rejection:
    """Part a JSON object into its fields, each still unread but known to be JSON."""
    try:
        return _fields_decoder.decode(value)
    except msgspec.ValidationError as error:
        fault = Rejection(RejectionReason.NOT_AN_OBJECT, str(error))
    except msgspec.DecodeError as error:
        return Rejection(RejectionReason.BAD_JSON, str(error))
    try:
        _any_decoder.decode(value)
    except msgspec.DecodeError as error:
        return Rejection(RejectionReason.BAD_JSON, str(error))
    return fault


def _typed(fields: Fields, decoder: msgspec.json.Decoder[Any]) -> Timed | Rejection:
    try:
        event: Event = decoder.decode(_encode(fields))
    except msgspec.ValidationError as error:
        return _explain(fields, str(error))
    return _with_instants(event)


def _explain(fields: Fields, fault: str) -> Rejection:
    """Say why `fields`, in which the parser found `fault`, are no event."""
    for field in _REQUIRED:
        if field not in fields:
            return Rejection(RejectionReason.MISSING_FIELD, f"`{field}` is missing")
    for field in _IDENTIFIERS:
        content = bytes(fields[field])
        length = len(_text_decoder.decode(content)) if content.startswith(b'"') else 1
        if not 1 <= length <= 256:
            detail = f"`{field}` has {length} characters, 1 to 256 are allowed"
            return Rejection(RejectionReason.BAD_LENGTH, detail)
    mistyped = fault.startswith("Expected `") and "got `" in fault
    reason = RejectionReason.WRONG_TYPE if mistyped else RejectionReason.BAD_VALUE
    return Rejection(reason, fault)


def _structured(fields: Fields | Rejection) -> Timed | Rejection:
    if isinstance(fields, Rejection):
        return fields
    try:
        envelope = _envelope_decoder.decode(_encode(fields))
    except msgspec.ValidationError as error:
        return Rejection(RejectionReason.BAD_ENVELOPE, str(error))
    if "data" not in fields:
        return Rejection(RejectionReason.MISSING_FIELD, "`data` is missing")
    data = _fields_of(fields["data"])
    if isinstance(data, Rejection):
        return Rejection(data.reason, f"data: {data.detail}")
    attributes = msgspec.structs.asdict(envelope)
    if envelope.time is None:
        del attributes["time"]
    return _from_cloud_event(attributes, data)


def _binary(data: Fields | Rejection, headers: Mapping[str, bytes]) -> Timed | Rejection:
    attributes = {}
    for name in ("specversion", "id", "source", "type", "time"):
        content = headers.get(f"ce_{name}")
        if content is not None and not _is_utf8(content):
            return Rejection(RejectionReason.BAD_UTF8, f"header ce_{name} is not UTF-8")
        if content is not None:
            attributes[name] = content.decode()
        elif name != "time":
            return Rejection(RejectionReason.BAD_ENVELOPE, f"header ce_{name} is missing")
    if isinstance(data, Rejection):
        return data
    return _from_cloud_event(attributes, data)


def _from_cloud_event(attributes: Mapping[str, str], data: Fields) -> Timed | Rejection:
    version = attributes["specversion"]
    if version != "1.0":
        detail = f"specversion {version!r}, only '1.0' is read"
        return Rejection(RejectionReason.BAD_ENVELOPE, detail)
    if not attributes["source"]:
        return Rejection(RejectionReason.BAD_ENVELOPE, "source is empty")
    named = {**attributes, "type": bare_type(attributes["type"])}
    fields = {**data, **{name: msgspec.Raw(_encode(text)) for name, text in named.items()}}
    return _typed(fields, _cloud_event_decoder)


def bare_type(name: str) -> str:
    """Strip a reverse-DNS prefix and a `.v1` suffix where a known type is left; else unchanged."""
    stem = name.removesuffix(".v1")
    labels = stem.split(".")
    for length in (2, 1):
        known = ".".join(labels[-length:])
        if known in TYPES:
            return known
    return name
