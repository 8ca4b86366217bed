"""The published schemas take what the contract shows, refuse what comes near it, and stay open."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from models.fingerprints import alert_id, fingerprint
from models.schemas import RECORDS, json_schema
from models.schemas.examples import (
    DIGEST,
    FIRING,
    FLAT_EVENT,
    MEMBER_FIRING,
    MEMBER_RESOLVED,
    RESOLVED,
    SNAPSHOT,
    STRUCTURED_EVENT,
)
from tests.schemas.changes import REMOVED, changed

SCHEMAS = {record: json_schema(record) for record in RECORDS}
VALIDATORS = {record: Draft202012Validator(schema) for record, schema in SCHEMAS.items()}
EXAMPLES = [
    pytest.param(record, example, id=f"{record}-{number}")
    for record, schema in SCHEMAS.items()
    for number, example in enumerate(schema["examples"])
]
ALERTS = [FIRING, RESOLVED, MEMBER_FIRING, MEMBER_RESOLVED]

CONTRACT_EVENT = """
{"id": "9f2c", "type": "reply.created", "time": "2026-11-22T12:34:56.789Z", "community_id": "42",
  "user_id": "u7"}
"""
# The dots of the contract's example are filled in.
CONTRACT_ALERT = """
{
  "specversion": "1.0", "type": "pulse.alert.firing.v1", "id": "5d0c5d0c5d0c5d0c:1",
  "source": "/pulse/default",
  "subject": "communities/42", "partitionkey": "42", "time": "2026-11-22T01:00:00Z",
  "data": {
    "alert_id": "5d0c5d0c5d0c5d0c", "seq": 1, "status": "firing", "reason": "threshold",
    "rule": {"id": "speech-density-drop", "version": 1}, "day": "2026-11-21",
    "community_id": "42", "member_id": null, "severity": "warning",
    "labels": {"alertname": "CommunitySpeechDensityDrop", "severity": "warning",
      "community_id": "42"},
    "annotations": {"summary": "s", "description": "d",
      "runbook_url": "https://pulse.example.org/r"},
    "startsAt": "2026-11-22T01:00:00Z", "endsAt": null, "fingerprint": "97b20ea9e81132c4",
    "generatorURL": "https://pulse.example.org/g",
    "playbook": {"id": "launch-topic-challenge", "version": 1, "title": "Launch a topic challenge",
      "title_zh": "启动话题挑战赛", "url": "https://pulse.example.org/p"},
    "evaluation": {"verdict": "FIRE", "value": 61, "baseline": 80, "change_percent": -23.75,
      "window": ["2026-11-15", "2026-11-21"], "baseline_window": ["2026-11-08", "2026-11-14"],
      "threshold": {"drop_percent": 20, "floor": 20, "from": "default"},
      "timezone": "UTC", "late_events": 0}
  }
}
"""

NEAR_MISSES = [
    ("interaction-event.v1", FLAT_EVENT, "id", REMOVED),
    ("interaction-event.v1", FLAT_EVENT, "id", ""),
    ("interaction-event.v1", FLAT_EVENT, "id", "x" * 257),
    ("interaction-event.v1", FLAT_EVENT, "id", 9),
    ("interaction-event.v1", FLAT_EVENT, "type", None),
    ("interaction-event.v1", FLAT_EVENT, "time", "2026-11-22T12:34:56"),
    ("interaction-event.v1", FLAT_EVENT, "time", "2026-11-22"),
    ("interaction-event.v1", FLAT_EVENT, "time", 1795350896),
    ("interaction-event.v1", FLAT_EVENT, "community_id", 42),
    ("interaction-event.v1", FLAT_EVENT, "user_id", 7),
    ("interaction-event.v1", FLAT_EVENT, "actor_kind", "robot"),
    ("interaction-event.v1", FLAT_EVENT, "received_at", "soon"),
    ("interaction-event.v1", FLAT_EVENT, "amount", "12.50"),
    ("interaction-event.v1", FLAT_EVENT, "score", 10.5),
    ("interaction-event.v1", FLAT_EVENT, "score", True),
    ("interaction-event.v1", FLAT_EVENT, "completion", -0.1),
    ("interaction-event-structured.v1", STRUCTURED_EVENT, "specversion", "0.3"),
    ("interaction-event-structured.v1", STRUCTURED_EVENT, "source", ""),
    ("interaction-event-structured.v1", STRUCTURED_EVENT, "time", REMOVED),
    ("interaction-event-structured.v1", STRUCTURED_EVENT, "time", None),
    ("interaction-event-structured.v1", STRUCTURED_EVENT, "data", "eyJ9"),
    ("interaction-event-structured.v1", STRUCTURED_EVENT, "data/community_id", REMOVED),
    ("interaction-event-data.v1", {"community_id": "42"}, "time", "noon"),
    ("alert-event.v1", FIRING, "specversion", "1.1"),
    ("alert-event.v1", FIRING, "id", "60421852e0d49ce2:0"),
    ("alert-event.v1", FIRING, "type", "pulse.alert.resolved.v1"),
    ("alert-event.v1", FIRING, "type", "pulse.alert.pending.v1"),
    ("alert-event.v1", FIRING, "data/seq", 0),
    ("alert-event.v1", RESOLVED, "data/seq", 1),
    ("alert-event.v1", FIRING, "data/status", "resolved"),
    ("alert-event.v1", FIRING, "data/reason", "recovered"),
    ("alert-event.v1", RESOLVED, "data/reason", "threshold"),
    ("alert-event.v1", RESOLVED, "data/endsAt", None),
    ("alert-event.v1", RESOLVED, "data/endsAt", REMOVED),
    ("alert-event.v1", FIRING, "data/endsAt", "2026-11-23T01:00:00Z"),
    ("alert-event.v1", FIRING, "data/member_id", REMOVED),
    ("alert-event.v1", FIRING, "data/severity", "page"),
    ("alert-event.v1", FIRING, "data/labels/alertname", REMOVED),
    ("alert-event.v1", FIRING, "data/labels/value", 61),
    ("alert-event.v1", FIRING, "data/annotations/runbook_url", REMOVED),
    ("alert-event.v1", FIRING, "data/playbook", REMOVED),
    ("alert-event.v1", FIRING, "data/playbook", None),
    ("alert-event.v1", FIRING, "data/fingerprint", "97B20EA9E81132C4"),
    ("alert-event.v1", FIRING, "data/evaluation", REMOVED),
    ("alert-event.v1", FIRING, "data/evaluation/verdict", "MAYBE"),
    ("alert-event.v1", FIRING, "data/evaluation/value", "61"),
    ("alert-event.v1", FIRING, "data/evaluation/window", ["2026-11-15"]),
    ("alert-event.v1", FIRING, "data/evaluation/threshold/from", "file"),
    ("alert-event.v1", FIRING, "data/evaluation/threshold/from", REMOVED),
    ("alert-event.v1", FIRING, "data/evaluation/timezone", REMOVED),
    ("alert-event.v1", FIRING, "data/evaluation/late_events", -1),
    ("alert-event.v1", FIRING, "data/day", "2026-11-21T00:00:00Z"),
    ("digest-event.v1", DIGEST, "id", "92da6d98cf6a5a61:1"),
    ("digest-event.v1", DIGEST, "data/count", 0),
    ("digest-event.v1", DIGEST, "data/member_ids", []),
    ("digest-event.v1", DIGEST, "data/member_ids", [f"u{n}" for n in range(101)]),
    ("digest-event.v1", DIGEST, "data/playbook", REMOVED),
    ("snapshot.v1", SNAPSHOT, "measures/post.created", "2"),
    ("snapshot.v1", SNAPSHOT, "verdicts/member-silent/verdict", "fire"),
    ("snapshot.v1", SNAPSHOT, "verdicts/member-silent/evaluation", REMOVED),
    ("snapshot.v1", SNAPSHOT, "closed_at", "2026-11-22T01:00:00"),
    ("snapshot.v1", SNAPSHOT, "late_events", None),
]
# What JSON Schema cannot say, the models say.
CONTRADICTIONS = [
    ("interaction-event.v1", FLAT_EVENT, "time", "2026-02-30T00:00:00Z"),
    ("interaction-event.v1", FLAT_EVENT, "time", "2026-11-22T12:34:60Z"),
    ("alert-event.v1", FIRING, "id", "bfc8242431d64e77:1"),
    ("alert-event.v1", FIRING, "subject", "communities/43"),
    ("alert-event.v1", FIRING, "partitionkey", "43"),
    ("alert-event.v1", FIRING, "data/labels/community_id", "43"),
    ("alert-event.v1", FIRING, "data/labels/severity", "info"),
    ("alert-event.v1", FIRING, "data/day", "2026-11-31"),
    ("alert-event.v1", MEMBER_FIRING, "subject", "communities/42"),
    ("alert-event.v1", MEMBER_FIRING, "data/labels/member_id", REMOVED),
    ("alert-event.v1", MEMBER_FIRING, "data/member_id", None),
    ("digest-event.v1", DIGEST, "data/count", 3),
    ("digest-event.v1", DIGEST, "partitionkey", "43"),
]


def named(rows: list[tuple[str, dict[str, Any], str, Any]]) -> list[Any]:
    return [
        pytest.param(
            record,
            changed(document, path, value),
            id=f"{record}-{path}-{'removed' if value is REMOVED else json.dumps(value)[:30]}",
        )
        for record, document, path, value in rows
    ]


def objects(document: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document, itself included."""
    if isinstance(document, dict):
        yield document
        for part in document.values():
            yield from objects(part)
    elif isinstance(document, list):
        for part in document:
            yield from objects(part)


@pytest.mark.parametrize("record", RECORDS)
def test_a_schema_is_valid_json_schema_of_the_dialect_that_it_names(record: str) -> None:
    assert SCHEMAS[record]["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    Draft202012Validator.check_schema(SCHEMAS[record])


@pytest.mark.parametrize("record", RECORDS)
def test_every_model_has_a_title_and_every_field_one_sentence(record: str) -> None:
    schema = SCHEMAS[record]
    for definition in (schema, *schema.get("$defs", {}).values()):
        assert definition["title"]
        assert definition["description"]
        for field in definition.get("properties", {}).values():
            assert field["description"].endswith(".")


@pytest.mark.parametrize(("record", "example"), EXAMPLES)
def test_an_example_fits_its_schema_and_its_model_and_nothing_of_it_is_lost(
    record: str, example: dict[str, Any]
) -> None:
    VALIDATORS[record].validate(example)
    model = RECORDS[record].model_validate_json(json.dumps(example))
    if record.startswith("interaction"):
        example = {name: part for name, part in example.items() if name != "datacontenttype"}
    assert json.loads(model.model_dump_json(by_alias=True, exclude_unset=True)) == example


@pytest.mark.parametrize(
    ("record", "text"),
    [("interaction-event.v1", CONTRACT_EVENT), ("alert-event.v1", CONTRACT_ALERT)],
)
def test_the_example_of_the_contract_fits(record: str, text: str) -> None:
    VALIDATORS[record].validate(json.loads(text))
    RECORDS[record].model_validate_json(text)


@pytest.mark.parametrize(("record", "document"), named(NEAR_MISSES))
def test_a_near_miss_fits_neither_the_schema_nor_the_model(
    record: str, document: dict[str, Any]
) -> None:
    assert not VALIDATORS[record].is_valid(document)
    with pytest.raises(ValidationError):
        RECORDS[record].model_validate_json(json.dumps(document))


@pytest.mark.parametrize(("record", "document"), named(CONTRADICTIONS))
def test_a_record_that_contradicts_itself_fits_the_schema_and_not_the_model(
    record: str, document: dict[str, Any]
) -> None:
    assert VALIDATORS[record].is_valid(document)
    with pytest.raises(ValidationError):
        RECORDS[record].model_validate_json(json.dumps(document))


def test_the_end_of_an_alert_is_not_numbered_as_its_beginning() -> None:
    document = changed(changed(RESOLVED, "id", "60421852e0d49ce2:1"), "data/seq", 1)
    assert not VALIDATORS["alert-event.v1"].is_valid(document)
    with pytest.raises(ValidationError, match="`seq` is at least 2"):
        RECORDS["alert-event.v1"].model_validate_json(json.dumps(document))


def test_a_later_rung_of_the_churn_ladder_is_numbered_on() -> None:
    document = changed(changed(FIRING, "id", "60421852e0d49ce2:3"), "data/seq", 3)
    VALIDATORS["alert-event.v1"].validate(document)
    RECORDS["alert-event.v1"].model_validate_json(json.dumps(document))


@pytest.mark.parametrize(("record", "example"), EXAMPLES)
def test_a_reader_of_today_takes_the_fields_of_tomorrow(
    record: str, example: dict[str, Any]
) -> None:
    later = json.loads(json.dumps(example))
    for part in list(objects(later)):
        measures = part is later.get("measures")
        verdicts = part is later.get("verdicts")
        if not verdicts:
            part["a_field_of_tomorrow"] = 1 if measures else "new"
    VALIDATORS[record].validate(later)
    RECORDS[record].model_validate_json(json.dumps(later))


@pytest.mark.parametrize("example", ALERTS, ids=lambda example: example["id"])
def test_the_identities_of_an_example_alert_are_the_true_ones(example: dict[str, Any]) -> None:
    data = example["data"]
    parts = (data["rule"]["id"], data["community_id"], data["member_id"], data["started_day"])
    assert data["alert_id"] == alert_id(*parts)
    assert data["fingerprint"] == fingerprint(data["labels"])


def test_the_identity_of_the_example_digest_is_the_true_one() -> None:
    data = DIGEST["data"]
    assert data["alert_id"] == alert_id(data["rule"]["id"], data["community_id"], None, data["day"])


def test_the_schemas_know_nothing_of_rules_or_streams() -> None:
    folder = Path(__file__).resolve().parents[2] / "models" / "schemas"
    imported = {
        name.partition(".")[0]
        for file in folder.glob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    assert imported == {"collections", "json", "models", "pydantic", "typing"}
