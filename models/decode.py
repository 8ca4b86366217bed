"""Bytes to events: the three accepted shapes, told apart per record (contract, section 2).

`decode` never raises on any bytes: it answers an `Event` or a `Rejection`. The fast path is one
typed parse; what fails there is read again slowly, to say exactly why.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from models.events import MAXIMUM_VALUE_BYTES, TYPES, CloudEvent, Event
from models.instants import parse_instant
from models.rejections import Rejection, RejectionReason

Headers = Iterable[tuple[str, bytes | None]]

_event_decoder = msgspec.json.Decoder(Event)
_REQUIRED: Final = ("id", "type", "time", "community_id")
_IDENTIFIERS: Final = ("id", "community_id")
_INSTANTS: Final = ("time", "received_at")
_TOO_DEEP: Final = "nested too deeply"


class _Envelope(msgspec.Struct):
    """The context attributes of a CloudEvents 1.0 record that we read."""

    specversion: str
    id: str
    source: str
    type: str
    time: str | None = None
    data: msgspec.Raw = msgspec.Raw(b"")


_envelope_decoder = msgspec.json.Decoder(_Envelope)


def decode(value: bytes | None, headers: Headers = ()) -> Event | Rejection:
    """Read one record's value and headers as an interaction event.

    The shape is told by the headers: `content-type: application/cloudevents…` is structured,
    any `ce_…` header is binary, else flat. Without such headers (in a file) a JSON object that
    is no flat event but has `specversion` and `data` is read as structured.
    """
    if value is None or not value:
        return Rejection(RejectionReason.EMPTY, "the record has no value")
    if len(value) > MAXIMUM_VALUE_BYTES:
        return Rejection(RejectionReason.TOO_LARGE, f"{len(value)} bytes, at most 65536 are read")
    if headers:
        attributes = {name.lower(): content or b"" for name, content in headers}
        if attributes.get("content-type", b"").lower().startswith(b"application/cloudevents"):
            return _structured(value)
        if any(name.startswith("ce_") for name in attributes):
            return _binary(value, attributes)
    return _flat(value)


def _flat(value: bytes) -> Event | Rejection:
    # The parser skips unknown fields without looking at their bytes.
    if not value.isascii() and not _is_utf8(value):
        return Rejection(RejectionReason.BAD_UTF8, "the value is not UTF-8")
    try:
        event = _event_decoder.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return _reread(value)
    if parse_instant(event.time) is None:
        return _bad_instant("time", event.time)
    if event.received_at is not None and parse_instant(event.received_at) is None:
        return _bad_instant("received_at", event.received_at)
    return event


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode()
    except UnicodeDecodeError:
        return False
    return True


def _reread(value: bytes) -> Event | Rejection:
    """Read what is no flat event: as a structured one where it looks like one, else say why."""
    document = _parse(value)
    if isinstance(document, Rejection):
        return document
    if "specversion" in document and isinstance(document.get("data"), dict):
        return _structured(value)
    return _explain(document)


def _parse(value: bytes) -> dict[str, Any] | Rejection:
    if not _is_utf8(value):
        return Rejection(RejectionReason.BAD_UTF8, "the value is not UTF-8")
    try:
        document = msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        return Rejection(RejectionReason.BAD_JSON, str(error))
    except RecursionError:
        return Rejection(RejectionReason.BAD_JSON, _TOO_DEEP)
    if not isinstance(document, dict):
        return Rejection(RejectionReason.NOT_AN_OBJECT, f"a JSON {type(document).__name__}")
    return document


def _explain(document: Mapping[str, Any]) -> Rejection:
    """Say why `document`, which is no event, is none: the first fault, in the order of fields."""
    for field in _REQUIRED:
        if field not in document:
            return Rejection(RejectionReason.MISSING_FIELD, f"`{field}` is missing")
    for field in _IDENTIFIERS:
        content = document[field]
        if isinstance(content, str) and not 1 <= len(content) <= 256:
            detail = f"`{field}` has {len(content)} characters, 1 to 256 are allowed"
            return Rejection(RejectionReason.BAD_LENGTH, detail)
    try:
        msgspec.convert(document, Event)
    except msgspec.ValidationError as error:
        text = str(error)
        reason = (
            RejectionReason.WRONG_TYPE
            if text.startswith("Expected `") and "got `" in text
            else RejectionReason.BAD_VALUE
        )
        return Rejection(reason, text)
    return Rejection(RejectionReason.BAD_VALUE, "no event")


def _bad_instant(field: str, text: str) -> Rejection:
    detail = f"`{field}` is not RFC 3339 with offset: {text[:64]!r}"
    return Rejection(RejectionReason.BAD_TIME, detail)


def _structured(value: bytes) -> Event | Rejection:
    if not _is_utf8(value):
        return Rejection(RejectionReason.BAD_UTF8, "the value is not UTF-8")
    try:
        envelope = _envelope_decoder.decode(value)
    except (msgspec.DecodeError, RecursionError):
        return _explain_envelope(value)
    data = _parse(bytes(envelope.data) or b"null")
    if isinstance(data, Rejection):
        return Rejection(data.reason, f"data: {data.detail}")
    attributes = {"id": envelope.id, "source": envelope.source, "type": envelope.type}
    if envelope.time is not None:
        attributes["time"] = envelope.time
    return _from_cloud_event(envelope.specversion, attributes, data)


def _explain_envelope(value: bytes) -> Rejection:
    document = _parse(value)
    if isinstance(document, Rejection):
        return document
    try:
        msgspec.convert(document, _Envelope)
    except msgspec.ValidationError as error:
        return Rejection(RejectionReason.BAD_ENVELOPE, str(error))
    return Rejection(RejectionReason.BAD_ENVELOPE, "no CloudEvents 1.0 envelope")


def _binary(value: bytes, headers: Mapping[str, bytes]) -> Event | Rejection:
    attributes = {}
    for name in ("id", "source", "type", "time", "specversion"):
        content = headers.get(f"ce_{name}")
        if content is None:
            continue
        if not _is_utf8(content):
            return Rejection(RejectionReason.BAD_UTF8, f"header ce_{name} is not UTF-8")
        attributes[name] = content.decode()
    for name in ("specversion", "id", "source", "type"):
        if name not in attributes:
            return Rejection(RejectionReason.BAD_ENVELOPE, f"header ce_{name} is missing")
    data = _parse(value)
    if isinstance(data, Rejection):
        return data
    return _from_cloud_event(attributes.pop("specversion"), attributes, data)


def _from_cloud_event(
    specversion: str, attributes: Mapping[str, str], data: Mapping[str, Any]
) -> Event | Rejection:
    if specversion != "1.0":
        detail = f"specversion {specversion!r}, only '1.0' is read"
        return Rejection(RejectionReason.BAD_ENVELOPE, detail)
    if not attributes["source"]:
        return Rejection(RejectionReason.BAD_ENVELOPE, "source is empty")
    fields = {**data, **attributes}
    fields["type"] = bare_type(fields["type"])
    try:
        event = msgspec.convert(fields, CloudEvent)
    except msgspec.ValidationError:
        return _explain(fields)
    for field in _INSTANTS:
        text = getattr(event, field)
        if text is not None and parse_instant(text) is None:
            return _bad_instant(field, text)
    return event


def bare_type(name: str) -> str:
    """Strip a reverse-DNS prefix and a `.v1` suffix where a known type is left; else unchanged."""
    stem = name.removesuffix(".v1")
    labels = stem.split(".")
    for length in (2, 1):
        known = ".".join(labels[-length:])
        if known in TYPES:
            return known
    return name
