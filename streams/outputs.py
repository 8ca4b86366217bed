"""Writes the outputs of a fold as the records that stand for them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from models.alerts import Digest, Snapshot, Transition
from models.documents import encode
from models.state import OutboxEntry
from models.topics import ALERTS, ALERTS_STATE, MEMBER_ALERTS, SNAPSHOTS
from rules.effects import Output
from rules.records import Recorder, snapshot_record

_BREATH: Final = 100
"""Outputs written before the event loop gets a turn."""


@dataclass(slots=True)
class Outputs:
    """The outputs of one fold, as records: `alerts` go through the outbox, `others` do not."""

    alerts: list[OutboxEntry] = field(default_factory=list)
    others: list[OutboxEntry] = field(default_factory=list)
    announced: list[tuple[str, str]] = field(default_factory=list)

    def add(self, recorder: Recorder, output: Output) -> None:
        """Write one more output."""
        key = output.community_id.encode()
        if isinstance(output, Snapshot):
            document = snapshot_record(output)
            key += f"|{document['day']}".encode()
            self.others.append((SNAPSHOTS.name, key, encode(document)))
        elif isinstance(output, Digest):
            document = recorder.digest(output)
            self.alerts.append((ALERTS.name, key, encode(document)))
            self.announced.append((output.rule_id, "digest"))
        else:
            self._announce(recorder, output, key)

    def _announce(self, recorder: Recorder, transition: Transition, key: bytes) -> None:
        document = recorder.alert(transition)
        value = encode(document)
        topic = ALERTS if transition.member_id is None else MEMBER_ALERTS
        self.alerts.append((topic.name, key, value))
        identity = document["data"]["alert_id"].encode()
        self.alerts.append((ALERTS_STATE.name, identity, value))
        self.announced.append((transition.rule_id, transition.status))


async def write_outputs(recorder: Recorder, outputs: Iterable[Output]) -> Outputs:
    """Return `outputs` as records, in their order; the event loop gets a turn now and then."""
    written = Outputs()
    for number, output in enumerate(outputs, 1):
        if number % _BREATH == 0:
            await asyncio.sleep(0)
        written.add(recorder, output)
    return written
