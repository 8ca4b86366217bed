"""JSON texts of what goes out: one writer, so that the same content is always the same bytes."""

from collections.abc import Mapping
from typing import Any

import orjson


def encode(document: Mapping[str, Any]) -> bytes:
    """Write a JSON object as UTF-8; keys keep their order, so equal documents are equal bytes."""
    return orjson.dumps(document)


def parse(text: bytes | str) -> Any:
    """Read one JSON text; ValueError where it is none."""
    return orjson.loads(text)
