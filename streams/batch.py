"""One batch of source records, read: events to fold, dead letters to write."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from models.decode import decode_timed
from models.instants import EARLIEST, LATEST
from models.rejections import Rejection, RejectionReason
from rules.engine import Arrived
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


def read_batch(records: Iterable[SourceRecord]) -> Batch:
    """Decode `records`; what cannot be read becomes a dead letter with its bytes unchanged."""
    batch = Batch()
    take = batch.events.append
    for record in records:
        timed = decode_timed(record.value, record.headers)
        if isinstance(timed, Rejection):
            _reject(batch, record, timed)
            continue
        arrival = record.timestamp
        if not EARLIEST <= arrival <= LATEST:
            detail = f"record timestamp {arrival}"
            _reject(batch, record, Rejection(RejectionReason.BAD_ARRIVAL, detail))
            continue
        take((arrival, *timed))
    return batch


def _reject(batch: Batch, record: SourceRecord, rejection: Rejection) -> None:
    facts = {
        "pulse-reason": rejection.reason.value,
        "pulse-detail": rejection.detail[:_LONGEST_DETAIL],
        "pulse-topic": record.topic,
        "pulse-partition": str(record.partition),
        "pulse-offset": str(record.offset),
        "pulse-timestamp": str(record.timestamp),
    }
    headers = [
        *record.headers,
        *((name, text.encode("utf-8", "replace")) for name, text in facts.items()),
    ]
    batch.refused.append(len(batch.events) + len(batch.letters))
    batch.letters.append((record.key, record.value, headers))
    batch.rejected[rejection.reason] += 1
