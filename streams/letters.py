"""Dead letters: a record that cannot be read, as it was, with why and where it stood."""

from typing import Final

from models.rejections import Rejection
from streams.faust_internals import SourceRecord

Letter = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""A dead letter: the original key and value, and its headers."""

_LONGEST_DETAIL: Final = 500


def dead_letter(topic: str, partition: int, record: SourceRecord, rejection: Rejection) -> Letter:
    """Return the dead letter of a record of this topic and partition."""
    facts = {
        "pulse-reason": rejection.reason.value,
        "pulse-detail": rejection.detail[:_LONGEST_DETAIL],
        "pulse-topic": topic,
        "pulse-partition": str(partition),
        "pulse-offset": str(record.offset),
        "pulse-timestamp": str(record.timestamp),
    }
    headers = [
        *record.headers,
        *((name, text.encode("utf-8", "replace")) for name, text in facts.items()),
    ]
    return record.key, record.value, headers
