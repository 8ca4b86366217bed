"""Events told in days, what is recorded of their rules, and a worker that begins anew."""

from __future__ import annotations

from models.alerts import Transition
from models.decode import decode_timed
from models.events import Arrived
from models.instants import DAY, format_instant
from models.recovered import Recovered
from models.rejections import Rejection
from rules.effects import Output
from rules.policy import Policies
from rules.records import Record, Recorder
from rules.state import Partition
from streams.changelog import marker_record, stored_partition
from streams.journal import Journal
from streams.restoration import restore
from tests.builders import DEPLOYMENT, catalogue, instant

START = instant("2025-01-01T12:00:00Z")


def event(day: int, kind: str, user: str, number: int = 0) -> Arrived:
    """An event of the community 42, so many days (and milliseconds) after the first."""
    time = START + day * DAY + number
    text = (
        f'{{"id":"{day} {user} {number} {kind}","type":"{kind}","community_id":"42",'
        f'"user_id":"{user}","time":"{format_instant(time)}"}}'
    )
    timed = decode_timed(text.encode())
    assert not isinstance(timed, Rejection)
    return time, *timed


def restarted(partition: Partition, changed: Policies) -> Partition:
    """The partition as a worker with another configuration finds it in the changelog."""
    recovered, journal = Recovered(), Journal()
    journal.begin(0)
    records = [
        *journal.records(partition),
        marker_record(stored_partition(partition, 0, 1), journal.stamp),
    ]
    for offset, (key, value) in enumerate(records):
        recovered.absorb(key, value, offset)
    return restore(recovered, changed)[0]


def records(outputs: list[Output], rule_id: str) -> list[Record]:
    """The records of one rule's alerts among what was decided."""
    recorder = Recorder(catalogue(), DEPLOYMENT)
    return [
        recorder.alert(output)
        for output in outputs
        if isinstance(output, Transition) and output.rule_id == rule_id
    ]
