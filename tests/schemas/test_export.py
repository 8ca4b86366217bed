"""`pulse schema export`: complete, consistent in itself, and the same bytes each time."""

from __future__ import annotations

import json
import re
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator, Draft202012Validator

from models.rejections import RejectionReason
from models.schemas import RECORDS
from models.topics import TOPICS
from streams.schema import asyncapi, export

DOCUMENT = asyncapi()
MESSAGES = [
    pytest.param(message, id=f"{channel}-{name}")
    for channel, content in DOCUMENT["channels"].items()
    for name, message in content["messages"].items()
]


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if isinstance(part.get("$ref"), str):
            yield part["$ref"]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolved(reference: str) -> Any:
    """What the reference points to; KeyError where that does not exist."""
    assert reference.startswith("#/")
    part: Any = DOCUMENT
    for name in reference[2:].split("/"):
        part = part[name]
    return part


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*")}


def test_an_export_holds_a_schema_per_record_and_the_asyncapi_document(tmp_path: Path) -> None:
    files = export(tmp_path / "new" / "folder")
    names = [*(f"{record}.schema.json" for record in RECORDS), "asyncapi.yaml"]
    assert [file.name for file in files] == sorted(names)
    assert all(file.is_file() for file in files)


def test_two_exports_are_the_same_bytes(tmp_path: Path) -> None:
    export(tmp_path / "one")
    export(tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_an_export_replaces_what_was_there_and_leaves_nothing_else_behind(tmp_path: Path) -> None:
    (tmp_path / "asyncapi.yaml").write_text("old\n" * 100_000, encoding="utf-8")
    files = export(tmp_path)
    assert sorted(tmp_path.iterdir()) == files
    assert yaml.safe_load((tmp_path / "asyncapi.yaml").read_text("utf-8")) == DOCUMENT


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """Let every write beyond `size` bytes of a file fail, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_export_that_fails_half_way_leaves_the_old_files_whole(tmp_path: Path) -> None:
    export(tmp_path)
    before = contents(tmp_path)
    with files_of_at_most(size=50_000), pytest.raises(OSError, match="too large"):
        export(tmp_path)
    assert contents(tmp_path) == before


def test_the_files_read_back_as_json_schema_2020_12_and_asyncapi_3(tmp_path: Path) -> None:
    for file in export(tmp_path):
        text = file.read_text("utf-8")
        if file.suffix == ".json":
            Draft202012Validator.check_schema(json.loads(text))
        else:
            assert yaml.safe_load(text)["asyncapi"] == "3.0.0"
            assert not re.search(r": [&*]id0", text)


def test_the_document_refers_only_to_what_exists_in_it() -> None:
    found = list(references(DOCUMENT))
    assert found
    for reference in found:
        assert resolved(reference)


def test_the_document_names_every_topic_with_its_facts_and_no_other() -> None:
    channels = {channel["address"]: channel for channel in DOCUMENT["channels"].values()}
    assert set(channels) == {topic.name for topic in TOPICS}
    for topic in TOPICS:
        channel = channels[topic.name]
        settings = channel["bindings"]["kafka"]["topicConfiguration"]
        assert channel["bindings"]["kafka"]["topic"] == topic.name
        assert settings["cleanup.policy"] == [topic.cleanup_policy]
        assert settings.get("retention.ms") == topic.retention_ms
        keys = {
            message["bindings"]["kafka"]["key"]["description"]
            for message in channel["messages"].values()
        }
        assert keys == {topic.key}


def test_pulse_receives_what_comes_in_and_sends_what_goes_out() -> None:
    actions = {
        resolved(operation["channel"]["$ref"])["address"]: operation["action"]
        for operation in DOCUMENT["operations"].values()
    }
    assert actions == {
        topic.name: "receive" if topic.direction == "in" else "send" for topic in TOPICS
    }


def test_an_operation_carries_all_messages_of_its_channel() -> None:
    for operation in DOCUMENT["operations"].values():
        channel = resolved(operation["channel"]["$ref"])
        carried = [resolved(message["$ref"]) for message in operation["messages"]]
        assert carried == list(channel["messages"].values())


def test_every_record_is_the_payload_of_a_message() -> None:
    channels = DOCUMENT["channels"].values()
    named = {message["name"] for each in channels for message in each["messages"].values()}
    assert named == {*RECORDS, "dead-letter"}


@pytest.mark.parametrize("message", MESSAGES)
def test_the_examples_of_a_message_fit_its_payload_and_its_headers(message: dict[str, Any]) -> None:
    whole = {"components": DOCUMENT["components"]}
    assert message["examples"]
    for example in message["examples"]:
        # AsyncAPI reads a payload as a superset of draft 7.
        Draft7Validator({**whole, "allOf": [message["payload"]]}).validate(example["payload"])
        if "headers" in message:
            Draft7Validator(message["headers"]).validate(example["headers"])


def test_a_dead_letter_says_why_and_where_it_stood() -> None:
    channel = DOCUMENT["channels"]["communityEventsDlq"]
    headers = channel["messages"]["deadLetter"]["headers"]
    assert headers["required"] == [
        *("pulse-reason", "pulse-detail", "pulse-topic"),
        *("pulse-partition", "pulse-offset", "pulse-timestamp"),
    ]
    assert headers["properties"]["pulse-reason"]["enum"] == [each.value for each in RejectionReason]
