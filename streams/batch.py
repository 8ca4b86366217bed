"""One batch of source records, read: events to fold, dead letters to write."""

from collections import Counter
from collections.abc import Sequence
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
    """What the records of one fetch are: `rejected` counts the letters by reason.

    `refused` are the places of the letters' records among all records of the batch.
    """

    events: list[Arrived] = field(default_factory=list)
    letters: list[Letter] = field(default_factory=list)
    refused: list[int] = field(default_factory=list)
    rejected: Counter[RejectionReason] = field(default_factory=Counter)

    def cut(self, events: int) -> tuple[int, "Batch", "Batch"]:
        """Cut the batch before the event of this number: records before it, and the two parts.

        What was rejected is counted with the first part.
        """
        letters, place = 0, events
        while letters < len(self.refused) and self.refused[letters] <= place:
            letters += 1
            place += 1
        later = [refused - place for refused in self.refused[letters:]]
        head = Batch(self.events[:events], self.letters[:letters], [], self.rejected)
        return place, head, Batch(self.events[events:], self.letters[letters:], later)


def read_batch(topic: str, partition: int, records: Sequence[SourceRecord]) -> Batch:
    """Decode `records` of a partition; what cannot be read becomes a dead letter as it is."""
    events, rejected = decode_records(records)
    batch = Batch(events)
    for place, rejection in rejected:
        batch.refused.append(place)
        batch.letters.append(_letter(topic, partition, records[place], rejection))
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
