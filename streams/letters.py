"""Dead letters: a record that cannot be read, as it was, with why and where it stood."""

from typing import Final, Protocol

from models.decode import Record
from models.rejections import Rejection

Letter = tuple[bytes | None, bytes | None, list[tuple[str, bytes]]]
"""A dead letter: the original key and value, and its headers."""


class Readable(Record, Protocol):
    """What a dead letter keeps of a record."""

    @property
    def key(self) -> bytes | None: ...  # noqa: D102


_LONGEST_DETAIL: Final = 500


def dead_letter(
    topic: str, partition: int, offset: int, record: Readable, rejection: Rejection
) -> Letter:
    """Return the dead letter of a record that stood here."""
    facts = {
        "pulse-reason": rejection.reason.value,
        "pulse-detail": rejection.detail[:_LONGEST_DETAIL],
        "pulse-topic": topic,
        "pulse-partition": str(partition),
        "pulse-offset": str(offset),
        "pulse-timestamp": str(record.timestamp),
    }
    headers = [
        *record.headers,
        *((name, text.encode("utf-8", "replace")) for name, text in facts.items()),
    ]
    return record.key, record.value, headers
