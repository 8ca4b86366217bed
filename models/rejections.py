"""Why a record cannot be read: the closed list of reasons.

Each value is the `pulse-reason` header of the dead-letter topic and the `reason` label of
`pulse_events_rejected_total` (contract, section 2).
"""

from dataclasses import dataclass
from enum import StrEnum


class RejectionReason(StrEnum):
    """One word per kind of fault; a new kind is a new member, never a free text."""

    TOO_LARGE = "too_large"
    """The value is over 64 KiB."""
    EMPTY = "empty"
    """The record has no value (a tombstone)."""
    BAD_UTF8 = "bad_utf8"
    """The value is not UTF-8."""
    BAD_JSON = "bad_json"
    """The value is not one JSON text, or nests too deeply."""
    NOT_AN_OBJECT = "not_an_object"
    """The value is JSON, but not an object."""
    MISSING_FIELD = "missing_field"
    """A required field is absent."""
    WRONG_TYPE = "wrong_type"
    """A field has a JSON type other than its own."""
    BAD_LENGTH = "bad_length"
    """An identifier is empty or longer than 256 characters."""
    BAD_TIME = "bad_time"
    """An instant is not RFC 3339 with offset, or outside the years 2 to 9999."""
    BAD_VALUE = "bad_value"
    """A field has the right type and an impossible value."""
    BAD_ENVELOPE = "bad_envelope"
    """The CloudEvents envelope is not version 1.0 or lacks an attribute that it must have."""
    BAD_ARRIVAL = "bad_arrival"
    """The record carries no usable timestamp."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """What was wrong with one record: the reason for machines, the detail for people."""

    reason: RejectionReason
    detail: str
