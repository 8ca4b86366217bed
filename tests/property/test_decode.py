"""Decoding gives an event or a reason, whatever the bytes; the published twins take the same.

Where the pydantic twins differ from the decoder, and the decoder is right (contract, section 2):

- a twin does not know the bounds on bytes and on nesting (64 KiB, 200 levels);
- pydantic's parser refuses whole numbers of more than 4,300 digits, and takes `NaN` and
  `Infinity`, which are no JSON, in fields that nobody knows;
- the twin of a structured event also checks a `time` in `data` that the envelope's overrides.

The last tests of this module hold these differences, and no other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TypeVar

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from models.decode import Headers, bare_type, decode, decode_records, decode_timed
from models.events import MAXIMUM_DEPTH, MAXIMUM_VALUE_BYTES, CloudEvent, Event
from models.instants import EARLIEST, LATEST, parse_instant
from models.rejections import Rejection, RejectionReason
from models.schemas import InteractionEvent, StructuredInteractionEvent
from tests.property.json_events import (
    ENVELOPE,
    GOOD,
    NUMBERS,
    data_texts,
    flat_texts,
    object_text,
    structured_texts,
)

Model = TypeVar("Model", bound=BaseModel)
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
VALID = b'{"id":"e1","type":"post.created","time":"2026-11-22T12:34:56Z","community_id":"42"}'
VALID_STRUCTURED = (
    b'{"specversion":"1.0","id":"e1","source":"/app","type":"com.example.post.created.v1",'
    b'"time":"2026-11-22T12:34:56Z","data":{"community_id":"42","user_id":"u1","score":7.5}}'
)


def twin_of(model: type[Model], text: str) -> Model | None:
    try:
        return model.model_validate_json(text)
    except ValidationError:
        return None


def is_overridden(text: str) -> bool:
    """Whether the envelope has a `time` and the data has a wrong one, which nobody reads."""
    try:
        document = json.loads(text)
    except ValueError:
        return False
    data = document.get("data")
    if not isinstance(data, dict) or document.get("time") is None or data.get("time") is None:
        return False
    return not isinstance(data["time"], str) or parse_instant(data["time"]) is None


def assert_structured_twin(
    decoded: Event | Rejection, twin: StructuredInteractionEvent | None
) -> None:
    assert isinstance(decoded, Event) is (twin is not None)
    if isinstance(decoded, Event) and twin is not None:
        assert isinstance(decoded, CloudEvent)
        expected = {**twin.data.model_dump(), "id": twin.id, "source": twin.source}
        expected["type"] = bare_type(twin.type)
        expected["time"] = twin.time if twin.time is not None else twin.data.time
        assert {name: getattr(decoded, name) for name in decoded.__struct_fields__} == expected


def assert_event_or_reason(decoded: object) -> None:
    if isinstance(decoded, Event):
        assert parse_instant(decoded.time) is not None
        assert decoded.received_at is None or parse_instant(decoded.received_at) is not None
        assert 1 <= len(decoded.id) <= 256
        assert 1 <= len(decoded.community_id) <= 256
    else:
        assert isinstance(decoded, Rejection)
        assert decoded.reason in RejectionReason
        assert decoded.reason is not RejectionReason.BAD_ARRIVAL
        assert decoded.detail


HEADER_NAMES = [
    "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "CE_Id", "ce_",
    "content-type", "Content-Type", "traceparent",
]  # fmt: skip
HEADER_VALUES = [
    "1.0", "e1", "/app", "post.created", "2026-11-22T12:34:56Z", "application/json",
    "application/cloudevents+json", "Application/CloudEvents",
    "application/cloudevents-batch+json",
]  # fmt: skip
header_names = st.sampled_from([*HEADER_NAMES, ""])
header_values = (
    st.none()
    | st.binary(max_size=8)
    | st.sampled_from([content.encode() for content in HEADER_VALUES])
)
headers = st.lists(st.tuples(header_names, header_values), max_size=7)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A valid event in which some bytes are others, gone, or more."""
    value = bytearray(draw(st.sampled_from([VALID, VALID_STRUCTURED])))
    for _ in range(draw(st.integers(0, 4))):
        start = draw(st.integers(0, len(value)))
        end = start + draw(st.sampled_from([0, 1, 1, 2, 10]))
        value[start:end] = draw(st.binary(max_size=3) | st.sampled_from([b'"', b"{", b"\\", b","]))
    return bytes(value)


@st.composite
def nested(draw: st.DrawFn) -> bytes:
    depths = [1, 10, MAXIMUM_DEPTH - 1, MAXIMUM_DEPTH, 500, 990, 5_000, 13_000]
    depth = draw(st.sampled_from(depths))
    opening, closing = draw(st.sampled_from([("[", "]"), ('{"a":', "}"), ("[{},", "]")]))
    inner = draw(st.sampled_from(["", "1", '"]"']))
    closed = draw(st.sampled_from([depth, 0, depth - 1]))
    content = opening * depth + inner + closing * closed
    name = draw(st.sampled_from(["else", "user_id", "score", "data"]))
    return VALID[:-1] + f',"{name}":{content}}}'.encode()


@settings(max_examples=300)
@given(st.binary(max_size=200) | mutated() | nested(), headers)
@example(b'"' + b'\\"' * 32_000, [])
@example(b"[" * 65_536, [])
@example(b'{"a":' * 13_000, [("content-type", b"application/cloudevents+json")])
@example(b" " * 65_536, [])
@example(b"1" * 65_536, [])
@example(b'{"id":' + b"9" * 60_000 + b"}", [])
def test_any_bytes_give_an_event_or_a_reason(value: bytes, given_headers: Headers) -> None:
    assert_event_or_reason(decode(value, given_headers))


def assert_flat_twin(text: str) -> None:
    decoded, twin = decode(text.encode()), twin_of(InteractionEvent, text)
    assert isinstance(decoded, Event) is (twin is not None)
    if isinstance(decoded, Event) and twin is not None:
        assert {name: getattr(decoded, name) for name in Event.__struct_fields__} == {
            name: getattr(twin, name) for name in InteractionEvent.model_fields
        }


@dataclass
class Fetched:
    """A record as a fetch gives it."""

    value: bytes | None
    headers: list[tuple[str, bytes]]
    timestamp: int


values = st.none() | st.binary(max_size=99) | mutated() | flat_texts().map(str.encode)
arrivals = st.integers(0, 1 << 41) | st.sampled_from([EARLIEST, EARLIEST - 1, LATEST, LATEST + 1])
fetched = st.builds(Fetched, values, st.just([]) | headers, arrivals)


@given(st.lists(fetched, max_size=8))
def test_many_records_are_read_as_each_would_be_alone(records: list[Fetched]) -> None:
    arrived, rejected = decode_records(records)

    expected_events, expected_letters = [], []
    for place, record in enumerate(records):
        timed = decode_timed(record.value, record.headers)
        if isinstance(timed, Rejection):
            expected_letters.append((place, timed))
        elif EARLIEST <= record.timestamp <= LATEST:
            expected_events.append((record.timestamp, *timed))
        else:
            detail = f"record timestamp {record.timestamp}"
            expected_letters.append((place, Rejection(RejectionReason.BAD_ARRIVAL, detail)))
    assert (arrived, rejected) == (expected_events, expected_letters)


@settings(max_examples=400)
@given(flat_texts())
def test_a_flat_event_and_its_twin_are_taken_or_refused_together(text: str) -> None:
    assert_flat_twin(text)


@pytest.mark.parametrize("name", ["amount", "score", "completion", "id", "else"])
@pytest.mark.parametrize("number", NUMBERS)
def test_every_number_is_taken_or_refused_by_both(name: str, number: str) -> None:
    assert_flat_twin(VALID.decode()[:-1] + f',"{name}":{number}}}')


@settings(max_examples=400)
@given(structured_texts())
def test_a_structured_event_and_its_twin_are_taken_or_refused_together(text: str) -> None:
    assume(not is_overridden(text))
    twin = twin_of(StructuredInteractionEvent, text)
    assert_structured_twin(decode(text.encode(), STRUCTURED), twin)


@settings(max_examples=300)
@given(structured_texts())
def test_a_file_needs_no_header_to_tell_a_structured_event(text: str) -> None:
    decoded = decode(text.encode(), STRUCTURED)
    if isinstance(decoded, Event):
        assert decode(text.encode()) == decoded


@settings(max_examples=300)
@given(st.data(), data_texts())
def test_a_binary_event_is_the_structured_one_with_its_envelope_in_headers(
    data: st.DataObject, value: str
) -> None:
    envelope = {name: GOOD[name] for name in ENVELOPE}
    for name in data.draw(st.sets(st.sampled_from(list(ENVELOPE)), max_size=2)):
        if data.draw(st.booleans()):
            envelope[name] = data.draw(ENVELOPE[name])
        else:
            del envelope[name]
    in_headers = [(f"ce_{name}", json.loads(text).encode()) for name, text in envelope.items()]
    assume(in_headers)
    text = object_text([*envelope.items(), ("data", value)])
    assume(not is_overridden(text))
    twin = twin_of(StructuredInteractionEvent, text)
    assert_structured_twin(decode(value.encode(), in_headers), twin)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_json_is_refused_even_where_the_twin_does_not_look(number: str) -> None:
    text = VALID.decode()[:-1] + f',"else":{number}}}'
    decoded = decode(text.encode())
    assert isinstance(decoded, Rejection)
    assert decoded.reason is RejectionReason.BAD_JSON
    assert twin_of(InteractionEvent, text) is not None


def test_a_number_that_the_twin_finds_too_long_is_json_all_the_same() -> None:
    text = VALID.decode()[:-1] + f',"else":{"9" * 5_000}}}'
    assert isinstance(decode(text.encode()), Event)
    assert twin_of(InteractionEvent, text) is None


def test_the_twin_knows_no_bound_on_bytes() -> None:
    text = VALID.decode()[:-1] + ',"else":"' + "x" * MAXIMUM_VALUE_BYTES + '"}'
    assert isinstance(decode(text.encode()), Rejection)
    assert twin_of(InteractionEvent, text) is not None


def test_the_twin_takes_one_empty_level_more() -> None:
    text = VALID.decode()[:-1] + ',"else":' + "[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH + "}"
    assert isinstance(decode(text.encode()), Rejection)
    assert twin_of(InteractionEvent, text) is not None


@pytest.mark.parametrize("time", ['"yesterday"', "7"])
def test_the_envelopes_time_hides_a_wrong_one_in_the_data_but_not_from_the_twin(time: str) -> None:
    text = VALID_STRUCTURED.decode().replace('{"community_id"', f'{{"time":{time},"community_id"')
    decoded = decode(text.encode(), STRUCTURED)
    assert isinstance(decoded, CloudEvent)
    assert decoded.time == "2026-11-22T12:34:56Z"
    assert twin_of(StructuredInteractionEvent, text) is None


@pytest.mark.parametrize("depth", [0, 200, 400])
def test_how_deep_the_interpreters_stack_stands_changes_no_answer(depth: int) -> None:
    value = VALID[:-1] + b',"else":' + b"[" * 199 + b"]" * 199 + b"}"

    def at(levels: int) -> Event | Rejection:
        return at(levels - 1) if levels else decode(value)

    assert isinstance(at(depth), Event)
    assert isinstance(decode(value.replace(b"[" * 199, b"[" * 600)), Rejection)
