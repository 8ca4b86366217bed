"""Where each decision goes: topics and keys of the contract, and what waits in the outbox."""

from __future__ import annotations

import asyncio
import json

import pytest

from models.alerts import Counts, Snapshot, TierChange
from models.documents import encode
from models.ledger import Tier
from rules.effects import Output
from rules.records import Recorder
from streams.outputs import Outputs, write_outputs
from tests.builders import (
    DEPLOYMENT,
    catalogue,
    day,
    density_alert,
    instant,
    record_of,
    shipped_outputs,
    silence_alert,
    silence_digest,
)

CLOSE = instant("2026-11-22T01:00:00Z")
JUDGED = Snapshot("42", day("2026-11-21"), CLOSE, "UTC", day("2025-03-02"), {}, 0, {})
MOVED = TierChange("42", "u7", Tier.CORE, Tier.ACTIVE, day("2026-11-21"), CLOSE, Counts(), {})
STATE = "community.alerts.state.v1"


def written(*outputs: Output) -> Outputs:
    return asyncio.run(write_outputs(Recorder(catalogue(), DEPLOYMENT), outputs))


@pytest.mark.parametrize(
    ("alert", "topic"),
    [
        pytest.param(density_alert(), "community.alerts.v1", id="of a community"),
        pytest.param(silence_alert(), "community.member-alerts.v1", id="of a member"),
    ],
)
def test_an_alert_goes_to_its_community_and_its_state_to_its_id(alert: Output, topic: str) -> None:
    value = encode(record_of(alert))
    alert_id = json.loads(value)["data"]["alert_id"].encode()
    assert written(alert).alerts == [(topic, b"42", value), (STATE, alert_id, value)]
    assert written(alert).others == []


def test_a_digest_goes_to_its_community_and_is_nobodys_state() -> None:
    value = encode(record_of(silence_digest()))
    assert written(silence_digest()).alerts == [("community.alerts.v1", b"42", value)]
    assert written(silence_digest()).others == []


@pytest.mark.parametrize(
    ("output", "topic", "key"),
    [
        pytest.param(JUDGED, "community.snapshots.v1", b"42|2026-11-21", id="a judged day"),
        pytest.param(MOVED, "community.members.v1", b"42|u7", id="a change of circle"),
    ],
)
def test_what_compaction_keeps_the_last_of_waits_in_no_outbox(
    output: Output, topic: str, key: bytes
) -> None:
    assert written(output).others == [(topic, key, encode(record_of(output)))]
    assert (written(output).alerts, written(output).announced) == ([], [])


def test_what_is_announced_is_named_by_rule_and_status() -> None:
    told = written(density_alert(), JUDGED, silence_alert(), silence_digest()).announced
    assert told == [
        ("speech-density-drop", "firing"),
        ("member-silent", "firing"),
        ("member-silent", "digest"),
    ]


def test_outputs_stand_in_the_order_of_their_decisions() -> None:
    recorder, one_by_one = Recorder(catalogue(), DEPLOYMENT), Outputs()
    for output in shipped_outputs():
        one_by_one.add(recorder, output)
    assert written(*shipped_outputs()) == one_by_one
