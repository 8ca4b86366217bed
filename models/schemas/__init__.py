"""Published schemas: what each record on a topic looks like, for those who write or read it.

They describe and validate; nothing in Pulse runs on them. `RECORDS` lists them. Fields are only
ever added; a break gets a `.v2` beside the `.v1`.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import (
    GenerateJsonSchema,
    JsonSchemaMode,
    JsonSchemaValue,
    models_json_schema,
)

from models.schemas.alerts import AlertEvent, DigestEvent
from models.schemas.circles import MemberCircle
from models.schemas.interactions import (
    InteractionData,
    InteractionEvent,
    StructuredInteractionEvent,
)
from models.schemas.snapshots import Snapshot

__all__ = [
    "DIALECT",
    "RECORDS",
    "AlertEvent",
    "DigestEvent",
    "InteractionData",
    "InteractionEvent",
    "MemberCircle",
    "Snapshot",
    "StructuredInteractionEvent",
    "component_schemas",
    "file_name",
    "json_schema",
    "json_text",
]

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_ADDRESS: Final = "https://pulse.example.org/schemas/"

RECORDS: Final[dict[str, type[BaseModel]]] = {
    "alert-event.v1": AlertEvent,
    "digest-event.v1": DigestEvent,
    "interaction-event-data.v1": InteractionData,
    "interaction-event-structured.v1": StructuredInteractionEvent,
    "interaction-event.v1": InteractionEvent,
    "member-circle.v1": MemberCircle,
    "snapshot.v1": Snapshot,
}
"""Every published record by name and version."""


class _Generator(GenerateJsonSchema):
    """Keeps the order of the models, and leaves out titles that only repeat a field's name."""

    def sort(self, value: JsonSchemaValue, parent_key: str | None = None) -> JsonSchemaValue:  # noqa: ARG002
        return value

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


def file_name(record: str) -> str:
    """Return the name of the file that holds the JSON Schema of `record`, a key of `RECORDS`."""
    return f"{record}.schema.json"


def json_schema(record: str) -> dict[str, Any]:
    """Return the JSON Schema 2020-12 of `record`, a key of `RECORDS`."""
    schema = RECORDS[record].model_json_schema(schema_generator=_Generator)
    head = {"$schema": DIALECT, "$id": _ADDRESS + file_name(record)}
    return {**head, "title": schema["title"], "description": schema["description"], **schema}


def component_schemas() -> dict[str, Any]:
    """Return the schemas of all records and their parts by model name, for an AsyncAPI document.

    References between them read `#/components/schemas/<name>`.
    """
    mode: JsonSchemaMode = "validation"
    _, schema = models_json_schema(
        [(model, mode) for model in RECORDS.values()],
        ref_template="#/components/schemas/{model}",
        schema_generator=_Generator,
    )
    return dict(sorted(schema["$defs"].items()))


def json_text(document: Mapping[str, Any]) -> str:
    """Write a JSON object for people: indented, in the order of its keys, with a final newline."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"
