"""One batch of source records, read: events to fold, dead letters to write."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from models.decode import decode_records
from models.events import Arrived
from models.rejections import Rejection, RejectionReason
from streams.faust_internals import SourceRecord
from streams.publish import Letter

_LONGEST_DETAIL: Final = 500


@dataclass(slots=True)
class Batch:
    """What the records of one fetch are: `rejected` counts the letters by reason."""

    events: list[Arrived] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    rejected: Counter[RejectionReason] = field(default_factory=Counter)


def read_batch(topic: str, partition: int, records: Iterable[SourceRecord]) -> Batch:
    """Decode `records` of a partition; what cannot be read becomes a dead letter as it is."""
    events, rejected = decode_records(records)
    batch = Batch(events)
    for record, rejection in rejected:
        batch.letters.append(_letter(topic, partition, record, rejection))
        batch.rejected[rejection.reason] += 1
    return batch


def _letter(topic: str, partition: int, record: SourceRecord, rejection: Rejection) -> Letter:
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
