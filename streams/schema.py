"""`pulse schema export`: the contract of the topics as files, for those who write or read them.

One JSON Schema 2020-12 per record, and one AsyncAPI 3 document with the topics around them. The
same version of Pulse always writes the same bytes.
"""

import re
from pathlib import Path
from typing import Any, Final

import yaml

from models.documents import encode
from models.rejections import RejectionReason
from models.schemas import RECORDS, component_schemas, file_name, json_schema, json_text
from models.schemas.examples import FLAT_EVENT
from models.topics import (
    ALERTS,
    ALERTS_STATE,
    DEAD_LETTERS,
    EVENTS,
    MEMBER_ALERTS,
    MEMBERS,
    SNAPSHOTS,
    TOPICS,
    Topic,
)
from rules.configuration import KafkaSection
from streams import __version__
from streams.whole_file import write_whole

ASYNCAPI_FILE: Final = "asyncapi.yaml"
_BINDING: Final = "0.4.0"
_JSON: Final = "application/json"
_CLOUD_EVENT: Final = "application/cloudevents+json"
_ACTIONS: Final = {"in": "receive", "out": "send"}

Document = dict[str, Any]


def export(directory: Path) -> list[Path]:
    """Write every schema and the AsyncAPI document to `directory`; return the files, sorted.

    The directory is made where it is missing. A file is either wholly the old or wholly the new
    one. OSError where it cannot be written.
    """
    directory.mkdir(parents=True, exist_ok=True)
    texts = {file_name(record): json_text(json_schema(record)) for record in RECORDS}
    texts[ASYNCAPI_FILE] = _yaml(asyncapi())
    return [write_whole(directory / name, text) for name, text in sorted(texts.items())]


def asyncapi() -> Document:
    """Return the AsyncAPI 3.0.0 document of all topics, seen from Pulse: it receives and sends."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Pulse",
            "version": __version__,
            "description": (
                "Pulse reads the interaction events of online communities, judges rules at the "
                "close of each community's day, and publishes alerts that name the playbook which "
                "answers them. Topic names may carry a configured prefix. Fields are only ever "
                "added; a break gets a .v2 beside the .v1."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": _JSON,
        "servers": {"kafka": _server()},
        "channels": {_channel_name(topic): _channel(topic) for topic in TOPICS},
        "operations": {
            _ACTIONS[topic.direction] + _capitalised(_channel_name(topic)): _operation(topic)
            for topic in TOPICS
        },
        "components": {"schemas": component_schemas()},
    }


def _server() -> Document:
    return {
        "host": "{bootstrapServer}",
        "protocol": "kafka",
        "description": "Your Kafka cluster; the worker's KAFKA_BOOTSTRAP_SERVERS.",
        "variables": {
            "bootstrapServer": {
                "default": "localhost:9092",
                "description": "Host and port of one of its brokers.",
            }
        },
    }


def _channel(topic: Topic) -> Document:
    defaults = KafkaSection()
    settings: Document = {"cleanup.policy": [topic.cleanup_policy]}
    if topic.retention_ms is not None:
        settings["retention.ms"] = topic.retention_ms
    return {
        "address": topic.name,
        "title": topic.name,
        "description": topic.purpose,
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": _messages(topic),
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": defaults.partitions,
                "replicas": defaults.replication_factor,
                "topicConfiguration": settings,
                "bindingVersion": _BINDING,
            }
        },
    }


def _operation(topic: Topic) -> Document:
    channel = f"#/channels/{_channel_name(topic)}"
    return {
        "action": _ACTIONS[topic.direction],
        "channel": {"$ref": channel},
        "summary": topic.purpose,
        "messages": [{"$ref": f"{channel}/messages/{name}"} for name in _messages(topic)],
    }


def _messages(topic: Topic) -> Document:
    """Return the kinds of record that `topic` carries; KeyError for a topic without any."""
    return {
        EVENTS.name: _event_messages,
        ALERTS.name: lambda topic: {
            "alert": _record(topic, "alert-event.v1", "Alert transition", _CLOUD_EVENT),
            "digest": _record(topic, "digest-event.v1", "Digest of silent members", _CLOUD_EVENT),
        },
        ALERTS_STATE.name: _alert_messages,
        MEMBER_ALERTS.name: _alert_messages,
        SNAPSHOTS.name: lambda topic: {
            "snapshot": _record(topic, "snapshot.v1", "Snapshot of one judged day", _JSON)
        },
        MEMBERS.name: lambda topic: {
            "circle": _record(topic, "member-circle.v1", "A member's circle", _JSON)
        },
        DEAD_LETTERS.name: _dead_letter_messages,
    }[topic.name](topic)


def _event_messages(topic: Topic) -> Document:
    binary = _record(
        topic, "interaction-event-data.v1", "Interaction event, CloudEvents binary", _JSON
    )
    binary["headers"] = _headers(
        {
            "ce_specversion": {"const": "1.0"},
            "ce_id": {"minLength": 1, "maxLength": 256},
            "ce_source": {"minLength": 1},
            "ce_type": {"examples": ["org.example.community.reply.created.v1"]},
        },
        ce_time={"format": "date-time"},
    )
    binary["examples"] = [
        {
            "headers": {
                "ce_specversion": "1.0",
                "ce_id": "9f2c",
                "ce_source": "https://forum.example.org",
                "ce_type": "org.example.community.reply.created.v1",
                "ce_time": "2026-11-22T12:34:56.789Z",
            },
            "payload": example["payload"],
        }
        for example in binary["examples"]
    ]
    return {
        "flat": _record(topic, "interaction-event.v1", "Interaction event, flat JSON", _JSON),
        "structured": _record(
            topic,
            "interaction-event-structured.v1",
            "Interaction event, CloudEvents structured",
            _CLOUD_EVENT,
        ),
        "binary": binary,
    }


def _alert_messages(topic: Topic) -> Document:
    return {"alert": _record(topic, "alert-event.v1", "Alert transition", _CLOUD_EVENT)}


def _dead_letter_messages(topic: Topic) -> Document:
    digits = {"pattern": "^-?[0-9]+$"}
    headers = _headers(
        {
            "pulse-reason": {
                "enum": [reason.value for reason in RejectionReason],
                "description": "Why the record cannot be read: one word of a closed list.",
            },
            "pulse-detail": {"description": "What exactly is wrong, for people."},
            "pulse-topic": {"description": "The topic it came from."},
            "pulse-partition": {**digits, "description": "The partition it came from."},
            "pulse-offset": {**digits, "description": "Its offset there."},
            "pulse-timestamp": {
                **digits,
                "description": "Its timestamp there, in milliseconds since 1970.",
            },
        }
    )
    example = {
        "headers": {
            "pulse-reason": RejectionReason.MISSING_FIELD.value,
            "pulse-detail": "`community_id` is missing",
            "pulse-topic": EVENTS.name,
            "pulse-partition": "3",
            "pulse-offset": "48151",
            "pulse-timestamp": "1795350896789",
        },
        "payload": encode(
            {name: value for name, value in FLAT_EVENT.items() if name != "community_id"}
        ).decode(),
    }
    return {
        "deadLetter": {
            "name": "dead-letter",
            "title": "Record that cannot be read",
            "contentType": "application/octet-stream",
            "headers": headers,
            "payload": {"type": "string", "description": "The original bytes, unchanged."},
            "bindings": _key(topic),
            "examples": [example],
        }
    }


def _record(topic: Topic, record: str, title: str, content_type: str) -> Document:
    """Return the message of one published record, with the examples of its schema."""
    message: Document = {"name": record, "title": title, "contentType": content_type}
    headers: Document = {}
    if content_type == _CLOUD_EVENT:
        header = f"{_CLOUD_EVENT}; charset=UTF-8"
        message["headers"] = _headers(
            {"content-type": {"pattern": "^application/cloudevents", "examples": [header]}}
        )
        headers = {"headers": {"content-type": header}}
    message["payload"] = {"$ref": f"#/components/schemas/{RECORDS[record].__name__}"}
    message["bindings"] = _key(topic)
    message["examples"] = [
        {**headers, "payload": example} for example in json_schema(record)["examples"]
    ]
    return message


def _headers(required: dict[str, Document], **optional: Document) -> Document:
    """Return the schema of record headers, which are all strings."""
    properties = {
        name: {"type": "string", **facts} for name, facts in (required | optional).items()
    }
    return {"type": "object", "properties": properties, "required": list(required)}


def _key(topic: Topic) -> Document:
    key = {"type": "string", "description": topic.key}
    return {"kafka": {"key": key, "bindingVersion": _BINDING}}


def _channel_name(topic: Topic) -> str:
    """Return the topic's name in camel case, without its version."""
    first, *others = re.split(r"[.-]", re.sub(r"\.v[0-9]+$", "", topic.name))
    return first + "".join(map(_capitalised, others))


def _capitalised(word: str) -> str:
    return word[:1].upper() + word[1:]


class _Dumper(yaml.SafeDumper):
    """Writes shared parts out in full: anchors are for machines."""

    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _yaml(document: Document) -> str:
    text: str = yaml.dump(document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return text
