"""Decoding: what each kind of fault is called, and what each shape of an event means."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from models.decode import Headers, bare_type, decode
from models.events import MAXIMUM_DEPTH, MAXIMUM_VALUE_BYTES, CloudEvent, Event
from models.rejections import Rejection, RejectionReason

FLAT: dict[str, Any] = {
    "id": "9f2c",
    "type": "reply.created",
    "time": "2026-11-22T12:34:56.789Z",
    "community_id": "42",
    "user_id": "u7",
}
ENVELOPE: dict[str, Any] = {
    "specversion": "1.0",
    "id": "9f2c",
    "source": "/app",
    "type": "com.example.reply.created.v1",
    "time": "2026-11-22T12:34:56.789Z",
}
DATA: dict[str, Any] = {"community_id": "42", "user_id": "u7"}
STRUCTURED = {**ENVELOPE, "data": DATA}
STRUCTURED_HEADERS: Headers = [("content-type", b"application/cloudevents+json")]
IN_HEADERS: Headers = [
    ("ce_specversion", b"1.0"),
    ("ce_id", b"9f2c"),
    ("ce_source", b"/app"),
    ("ce_type", b"com.example.reply.created.v1"),
    ("ce_time", b"2026-11-22T12:34:56.789Z"),
]


def text(document: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps({**document, **changes}, ensure_ascii=False).encode()


def lacking(document: dict[str, Any], field: str) -> bytes:
    return text({name: content for name, content in document.items() if name != field})


def event(value: bytes, headers: Headers = ()) -> Event:
    decoded = decode(value, headers)
    assert isinstance(decoded, Event), decoded
    return decoded


def rejection(value: bytes | None, headers: Headers = ()) -> Rejection:
    decoded = decode(value, headers)
    assert isinstance(decoded, Rejection), decoded
    return decoded


def padded(size: int) -> bytes:
    return text(FLAT, note="x" * (size - len(text(FLAT, note=""))))


def nested(depth: int) -> bytes:
    """A flat event that nests so many levels deep, the event itself included."""
    return text(FLAT)[:-1] + b',"else":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


FAULTS = [
    ("no value", None, "empty", "no value"),
    ("no bytes", b"", "empty", "no value"),
    ("a byte over 64 KiB", padded(MAXIMUM_VALUE_BYTES + 1), "too_large", "65537 bytes"),
    ("a broken byte", text(FLAT).replace(b"u7", b"\xff"), "bad_utf8", "not UTF-8"),
    (
        "a broken byte where nobody looks",
        text(FLAT, note="x").replace(b"x", b"\xed\xa0\x80"),
        "bad_utf8",
        "not UTF-8",
    ),
    ("a byte order mark", b"\xef\xbb\xbf" + text(FLAT), "bad_json", "malformed"),
    ("half an event", text(FLAT)[:40], "bad_json", "truncated"),
    ("two events", text(FLAT) * 2, "bad_json", "trailing"),
    ("half a pair of surrogates", text(FLAT).replace(b"u7", b"\\ud83d"), "bad_json", "truncated"),
    ("NaN where nobody looks", text(FLAT, note=float("nan")), "bad_json", "malformed"),
    ("spaces", b"   ", "bad_json", "truncated"),
    ("too deep", nested(MAXIMUM_DEPTH + 1), "bad_json", "more than 200 levels deep"),
    ("open without end", b"[" * 50_000, "bad_json", "more than 200 levels deep"),
    ("an array", b"[]", "not_an_object", "array"),
    ("a broken array", b"[}", "bad_json", "malformed"),
    ("a number", b"17", "not_an_object", "int"),
    ("null", b"null", "not_an_object", "null"),
    ("an empty object", b"{}", "missing_field", "`id`"),
    *[
        (f"no {field}", lacking(FLAT, field), "missing_field", f"`{field}` is missing")
        for field in ("id", "type", "time", "community_id")
    ],
    ("an empty id", text(FLAT, id=""), "bad_length", "`id` has 0 characters"),
    ("an id of 257", text(FLAT, id="x" * 257), "bad_length", "`id` has 257 characters"),
    ("a community of 257", text(FLAT, community_id="社" * 257), "bad_length", "257 characters"),
    ("a number for an id", text(FLAT, id=7), "wrong_type", "$.id"),
    ("null for an id", text(FLAT, id=None), "wrong_type", "got `null`"),
    ("null for a type", text(FLAT, type=None), "wrong_type", "$.type"),
    ("seconds for a time", text(FLAT, time=1_795_350_896), "wrong_type", "$.time"),
    ("a number for a user", text(FLAT, user_id=7), "wrong_type", "$.user_id"),
    ("text for an amount", text(FLAT, amount="12.50"), "wrong_type", "$.amount"),
    ("a boolean for a score", text(FLAT, score=True), "wrong_type", "$.score"),
    ("an unknown kind of actor", text(FLAT, actor_kind="robot"), "bad_value", "robot"),
    ("a score of 10.5", text(FLAT, score=10.5), "bad_value", "$.score"),
    ("a completion of -0.1", text(FLAT, completion=-0.1), "bad_value", "$.completion"),
    ("an infinite amount", text(FLAT)[:-1] + b',"amount":1e400}', "bad_value", "$.amount"),
    ("a time without offset", text(FLAT, time="2026-11-22T12:34:56"), "bad_time", "`time`"),
    ("an arrival that is none", text(FLAT, received_at=""), "bad_time", "`received_at`"),
]
STRUCTURED_FAULTS = [
    ("no specversion", lacking(STRUCTURED, "specversion"), "bad_envelope", "specversion"),
    ("specversion 0.3", text(STRUCTURED, specversion="0.3"), "bad_envelope", "'0.3'"),
    ("no source", lacking(STRUCTURED, "source"), "bad_envelope", "`source`"),
    ("an empty source", text(STRUCTURED, source=""), "bad_envelope", "source is empty"),
    ("a number for an id", text(STRUCTURED, id=7), "bad_envelope", "$.id"),
    ("an empty id", text(STRUCTURED, id=""), "bad_length", "`id` has 0"),
    ("no data", text(ENVELOPE), "missing_field", "`data` is missing"),
    ("null for data", text(STRUCTURED, data=None), "not_an_object", "data: "),
    ("text for data", text(STRUCTURED, data="x"), "not_an_object", "data: "),
    ("a batch", b"[" + text(STRUCTURED) + b"]", "not_an_object", "array"),
    ("no community", text(STRUCTURED, data={}), "missing_field", "`community_id`"),
    ("a score of 11", text(STRUCTURED, data={**DATA, "score": 11}), "bad_value", "$.score"),
    ("no time at all", lacking(STRUCTURED, "time"), "missing_field", "`time` is missing"),
    ("a time that is none", text(STRUCTURED, time="soon"), "bad_time", "`time`"),
    ("not JSON", b"{", "bad_json", "truncated"),
]


@pytest.mark.parametrize(
    ("value", "reason", "detail"), [pytest.param(*row[1:], id=row[0]) for row in FAULTS]
)
def test_each_fault_has_its_reason(value: bytes | None, reason: str, detail: str) -> None:
    found = rejection(value)
    assert found.reason == reason
    assert detail in found.detail


@pytest.mark.parametrize(
    ("value", "reason", "detail"), [pytest.param(*row[1:], id=row[0]) for row in STRUCTURED_FAULTS]
)
def test_each_fault_of_a_structured_event_has_its_reason(
    value: bytes, reason: str, detail: str
) -> None:
    found = rejection(value, STRUCTURED_HEADERS)
    assert found.reason == reason
    assert detail in found.detail


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("ce_specversion", None, "bad_envelope"),
        ("ce_specversion", b"0.3", "bad_envelope"),
        ("ce_id", None, "bad_envelope"),
        ("ce_id", b"", "bad_length"),
        ("ce_source", None, "bad_envelope"),
        ("ce_source", b"", "bad_envelope"),
        ("ce_source", b"\xff", "bad_utf8"),
        ("ce_type", None, "bad_envelope"),
        ("ce_time", b"soon", "bad_time"),
        ("ce_time", None, "missing_field"),
    ],
)
def test_each_fault_of_the_headers_has_its_reason(
    name: str, content: bytes | None, reason: str
) -> None:
    headers = [header for header in IN_HEADERS if header[0] != name]
    if content is not None:
        headers.append((name, content))
    assert rejection(text(DATA), headers).reason == reason


def test_every_reason_is_met_but_the_one_that_is_about_the_broker() -> None:
    met = {row[2] for row in [*FAULTS, *STRUCTURED_FAULTS]}
    assert met == set(RejectionReason) - {RejectionReason.BAD_ARRIVAL}


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        pytest.param(text(STRUCTURED), STRUCTURED_HEADERS, id="structured"),
        pytest.param(
            text(STRUCTURED),
            [("Content-Type", b"Application/CloudEvents+JSON; charset=UTF-8")],
            id="structured, headers in capitals",
        ),
        pytest.param(text(STRUCTURED), (), id="structured, in a file"),
        pytest.param(text(DATA), IN_HEADERS, id="binary"),
        pytest.param(
            text(DATA), [(name.upper(), content) for name, content in IN_HEADERS], id="in capitals"
        ),
        pytest.param(text(DATA, id=1, source=2, type=3, time=4), IN_HEADERS, id="headers win"),
        pytest.param(
            text(ENVELOPE, data={**DATA, "id": 1, "source": 2, "type": 3, "time": 4}),
            STRUCTURED_HEADERS,
            id="the envelope wins",
        ),
        pytest.param(
            text(ENVELOPE, time=None, data={**DATA, "time": ENVELOPE["time"]}),
            STRUCTURED_HEADERS,
            id="the time in the data",
        ),
    ],
)
def test_every_shape_of_a_cloud_event_gives_the_same_event(value: bytes, headers: Headers) -> None:
    found = event(value, headers)
    assert isinstance(found, CloudEvent)
    assert found == CloudEvent(**{**FLAT, "source": "/app"})
    assert found.identity == ("/app", "9f2c")


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        pytest.param(text(FLAT), (), id="without headers"),
        pytest.param(text(FLAT), [("traceparent", b"00-1"), ("key", None)], id="other headers"),
        pytest.param(text(FLAT), [("content-type", b"application/json")], id="plain JSON"),
        pytest.param(text(FLAT, specversion="1.0", source="/app", data=DATA), (), id="flat first"),
        pytest.param(b" " + text(FLAT) + b"\t", (), id="spaces around it"),
        pytest.param(text(FLAT, new=[1e300, {"x": None}]), (), id="an unknown field"),
        pytest.param(text(FLAT)[:-1] + b',"new":1e999}', (), id="an unknown number"),
        pytest.param(b'{"id":7,' + text(FLAT)[1:], (), id="the last of two ids"),
        pytest.param(padded(MAXIMUM_VALUE_BYTES), (), id="64 KiB"),
        pytest.param(nested(MAXIMUM_DEPTH), (), id="200 levels"),
        pytest.param(text(FLAT, new="[" * 5_000), (), id="brackets in a text"),
    ],
)
def test_a_flat_event_is_read(value: bytes, headers: Headers) -> None:
    found = event(value, headers)
    assert found == Event(**FLAT)
    assert found.identity == "9f2c"


def test_quotation_marks_without_end_cost_little_time() -> None:
    value = text(FLAT)[:-1] + b',"else":[' + b"[]," * 200 + b'"' + b'\\"' * 30_000
    begun = time.process_time()
    assert rejection(value).reason == "bad_json"
    assert time.process_time() - begun < 1


def test_absent_fields_and_null_are_the_same() -> None:
    optional = [name for name in Event.__struct_fields__ if name not in FLAT]
    assert event(text(FLAT, **dict.fromkeys(optional))) == event(text(FLAT))


def test_every_optional_field_is_read() -> None:
    fields: dict[str, Any] = {
        **FLAT,
        "actor_kind": "bot",
        "received_at": "2026-11-22T12:35:00Z",
        "campaign_id": "c",
        "share_id": "s",
        "inviter_id": "i",
        "target_user_id": "t",
        "amount": 12.5,
        "score": 10,
        "completion": 1,
    }
    found = event(text(fields))
    assert {name: getattr(found, name) for name in Event.__struct_fields__} == fields


def test_identifiers_are_counted_in_characters_not_bytes() -> None:
    assert event(text(FLAT, community_id="社" * 256)).community_id == "社" * 256


@pytest.mark.parametrize("user_id", ["", None])
def test_an_event_may_have_no_user(user_id: str | None) -> None:
    assert not event(text(FLAT, user_id=user_id)).user_id


@pytest.mark.parametrize(
    ("name", "bare"),
    [
        ("reply.created", "reply.created"),
        ("reply.created.v1", "reply.created"),
        ("com.example.reply.created", "reply.created"),
        ("com.example.community.reply.created.v1", "reply.created"),
        ("heartbeat", "heartbeat"),
        ("com.example.heartbeat.v1", "heartbeat"),
        ("com.example.reply.created.v2", "com.example.reply.created.v2"),
        ("com.example.reply.edited.v1", "com.example.reply.edited.v1"),
        ("xreply.created", "xreply.created"),
        ("Reply.Created", "Reply.Created"),
        ("", ""),
        (".v1", ".v1"),
    ],
)
def test_a_type_loses_its_prefix_and_version_where_it_is_known(name: str, bare: str) -> None:
    assert bare_type(name) == bare


def test_a_flat_type_is_taken_as_it_is() -> None:
    assert event(text(FLAT, type="reply.created.v1")).type == "reply.created.v1"
