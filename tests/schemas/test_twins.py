"""What Pulse reads and writes is what it publishes: models against decoder and engine."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter, ValidationError

from models.alerts import Digest, Snapshot, TierChange, Transition
from models.decode import decode
from models.documents import encode
from models.events import Event
from models.instants import parse_instant
from models.schemas import RECORDS, AlertEvent, InteractionEvent, json_schema
from models.schemas.examples import FLAT_EVENT, STRUCTURED_EVENT
from rules.configuration import parse_configuration
from rules.engine import fold
from rules.policy import Policies
from rules.records import Recorder, snapshot_record
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.lines import arrival_of
from streams.sample import sample
from tests.schemas.changes import REMOVED, changed

STRUCTURED_HEADERS = (("content-type", b"application/cloudevents+json"),)
FLAT = Draft202012Validator(json_schema("interaction-event.v1"))
STRUCTURED = Draft202012Validator(json_schema("interaction-event-structured.v1"))
INSTANTS = [
    "2026-11-22T12:34:56Z",
    "2026-11-22t12:34:56.7894561z",
    "2026-11-22 12:34:56+08:00",
    "2026-11-22T12:34:56",
    "2026-11-22T12:34:56+24:00",
    "2026-11-22T12:34:60Z",
    "2026-02-29T00:00:00Z",
    "2024-02-29T00:00:00-00:00",
    "٢٠٢٦-11-22T12:34:56Z",
    "2026-11-22T12:34:56Z\n",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59Z",
    "",
]
FIELDS = [
    *("id", "type", "time", "community_id", "user_id", "actor_kind", "received_at", "amount"),
    *("campaign_id", "share_id", "inviter_id", "target_user_id", "score", "completion", "else"),
]
CONTENTS = st.one_of(
    st.just(REMOVED),
    st.none(),
    st.booleans(),
    st.integers(-2, 12),
    st.floats(-2, 12),
    st.sampled_from(["", "person", "bot", "x" * 256, "x" * 257, "社" * 256, "post.created"]),
    st.sampled_from(INSTANTS),
    st.text(max_size=20),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["community_id", "time"]), st.none(), max_size=1),
)


def spoiled(document: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    for path, value in changes.items():
        present = path.split("/")[-1] in (document["data"] if "/" in path else document)
        if value is not REMOVED or present:
            document = changed(document, path, value)
    return document


def fits(record: str, document: dict[str, Any]) -> bool:
    try:
        RECORDS[record].model_validate_json(json.dumps(document))
    except ValidationError:
        return False
    return True


@given(st.dictionaries(st.sampled_from(FIELDS), CONTENTS, max_size=3))
def test_the_published_flat_event_and_the_decoder_take_the_same_records(
    changes: dict[str, Any],
) -> None:
    document = spoiled(FLAT_EVENT, changes)
    readable = isinstance(decode(json.dumps(document).encode()), Event)
    assert fits("interaction-event.v1", document) is readable
    if readable:
        assert FLAT.is_valid(document)


@given(
    st.dictionaries(
        st.sampled_from(
            ["specversion", "id", "source", "type", "time", "data", "subject"]
            + [f"data/{name}" for name in FIELDS if name not in ("id", "type", "time")]
        ),
        CONTENTS,
        max_size=3,
    ).filter(lambda changes: "data" not in changes or len(changes) == 1)
)
def test_the_published_structured_event_and_the_decoder_take_the_same_records(
    changes: dict[str, Any],
) -> None:
    document = spoiled(STRUCTURED_EVENT, changes)
    readable = isinstance(decode(json.dumps(document).encode(), STRUCTURED_HEADERS), Event)
    assert fits("interaction-event-structured.v1", document) is readable
    if readable:
        assert STRUCTURED.is_valid(document)


@given(st.sampled_from(INSTANTS) | st.datetimes(timezones=st.timezones()).map(str))
def test_a_published_instant_is_one_that_the_decoder_reads(text: str) -> None:
    document = {**FLAT_EVENT, "time": text}
    readable = parse_instant(text) is not None
    assert fits("interaction-event.v1", document) is readable
    if readable:
        assert FLAT.is_valid(document)


@cache
def written() -> dict[str, list[dict[str, Any]]]:
    """What the engine writes of the built-in sample, as the bytes say, by published record."""
    simulated = sample(scale=0)
    catalogue = shipped_catalogue()
    configuration = parse_configuration("sample", simulated.configuration, catalogue)
    recorder = Recorder(catalogue, configuration.deployment)
    partition = Partition(Policies(configuration, catalogue))
    records: dict[str, list[dict[str, Any]]] = {record: [] for record in RECORDS}
    for line in simulated.lines:
        event = decode(line)
        if not isinstance(event, Event):
            continue
        time = parse_instant(event.time)
        assert time is not None
        for output in fold(partition, [(arrival_of(event), time, event)]).outputs:
            if isinstance(output, Transition):
                name, document = "alert-event.v1", recorder.alert(output)
            elif isinstance(output, Digest):
                name, document = "digest-event.v1", recorder.digest(output)
            elif isinstance(output, TierChange):
                name, document = "member-circle.v1", recorder.circle(output)
            else:
                assert isinstance(output, Snapshot)
                name, document = "snapshot.v1", snapshot_record(output)
            records[name].append(json.loads(encode(document)))
    return records


@pytest.mark.parametrize(
    "record", ["alert-event.v1", "digest-event.v1", "member-circle.v1", "snapshot.v1"]
)
def test_what_the_engine_writes_fits_what_is_published(record: str) -> None:
    validator = Draft202012Validator(json_schema(record))
    assert written()[record]
    for document in written()[record]:
        model = RECORDS[record].model_validate_json(json.dumps(document))
        assert json.loads(model.model_dump_json(by_alias=True, exclude_unset=True)) == document
    for document in written()[record][::10]:
        validator.validate(document)


def test_the_sample_shows_alerts_of_every_kind() -> None:
    alerts = TypeAdapter(list[AlertEvent]).validate_json(json.dumps(written()["alert-event.v1"]))
    kinds = {(alert.data.status.value, alert.data.member_id is None) for alert in alerts}
    assert kinds == {
        (status, subject) for status in ("firing", "resolved") for subject in (True, False)
    }


def test_every_field_of_the_decoded_event_is_published() -> None:
    assert set(InteractionEvent.model_fields) == set(Event.__struct_fields__)
