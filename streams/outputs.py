"""Writes the outputs of a fold as the records that stand for them."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from models.alerts import Snapshot, TierChange, Transition
from models.documents import encode
from models.state import OutboxEntry
from models.topics import ALERTS, ALERTS_STATE, MEMBER_ALERTS, MEMBERS, SNAPSHOTS
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
        if isinstance(output, TierChange):
            document = recorder.circle(output)
            key = f"{output.community_id}|{output.member_id}"
            self.others.append((MEMBERS.name, key.encode(), encode(document)))
        elif isinstance(output, Snapshot):
            document = snapshot_record(output)
            key = f"{output.community_id}|{document['day']}"
            self.others.append((SNAPSHOTS.name, key.encode(), encode(document)))
        elif isinstance(output, Transition):
            self._announce(recorder, output)
        else:
            document = recorder.digest(output)
            self.alerts.append((ALERTS.name, output.community_id.encode(), encode(document)))
            self.announced.append((output.rule_id, "digest"))

    def _announce(self, recorder: Recorder, transition: Transition) -> None:
        document = recorder.alert(transition)
        value = encode(document)
        topic = ALERTS if transition.member_id is None else MEMBER_ALERTS
        self.alerts.append((topic.name, transition.community_id.encode(), value))
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
