"""The kinds of field that published records are made of, each with its JSON Schema."""

from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, WithJsonSchema

from models.days import day_from_iso
from models.instants import parse_instant

_INSTANT_PATTERN: Final = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?"
    r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$"
)


def _checked_instant(text: str) -> str:
    if parse_instant(text) is None:
        raise ValueError("not an instant of RFC 3339 with offset")
    return text


def _checked_day(text: str) -> str:
    day_from_iso(text)
    return text


Identifier = Annotated[str, Field(min_length=1, max_length=256)]
"""A name that the platform gave: 1 to 256 characters."""

Instant = Annotated[
    str,
    AfterValidator(_checked_instant),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": _INSTANT_PATTERN}),
]
"""RFC 3339 with offset; kept as the text that it is, and checked as `models.instants` reads it."""

Day = Annotated[
    str,
    Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", json_schema_extra={"format": "date"}),
    AfterValidator(_checked_day),
]
"""A local calendar day, `YYYY-MM-DD`."""

Days = Annotated[list[Day], Field(min_length=2, max_length=2)]
"""A window: its first and its last day, both included."""

Count = Annotated[int, Field(ge=0)]

Number = Annotated[
    int | Annotated[float, Field(allow_inf_nan=False)], WithJsonSchema({"type": "number"})
]
"""Any JSON number; whole numbers stay whole."""

Digits = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
"""Sixteen hexadecimal digits: an alert id or a fingerprint."""


def examples(*documents: dict[str, Any]) -> dict[str, Any]:
    """Return `documents` as the examples of a model's JSON Schema."""
    return {"examples": list(documents)}


class Open(BaseModel):
    """An object that may gain fields: readers ignore what they do not know."""

    model_config = ConfigDict(strict=True, frozen=True, extra="allow")
