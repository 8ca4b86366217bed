"""`pulse replay` gives records on while days close, so that centuries of closes fit into memory."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from models.decode import decode
from rules.policy import Policies
from rules.records import Record, Recorder
from streams.replay import Replay
from tests.builders import DEPLOYMENT, catalogue, configured, instant

COMMUNITIES = ("anna", "bert", "carl", "dora")
CENTURY_LATER = "2126-03-01T00:00:00Z"
DAYS = 36_524
"""From 1 March 2026 to the last of February 2126."""


def line(identity: str, community: str, time: str) -> bytes:
    event = {"id": identity, "type": "share.created", "time": time, "community_id": community}
    return json.dumps({**event, "user_id": "u"}).encode()


def first_day() -> list[bytes]:
    return [line(name, name, "2026-03-01T12:00:00Z") for name in COMMUNITIES]


def replayed(
    lines: list[bytes], *, until: str | None = None, partitions: int = 1
) -> tuple[Replay, Iterator[Record]]:
    policies = Policies(configured("{}"), catalogue())
    replay = Replay(policies, Recorder(catalogue(), DEPLOYMENT), partitions)
    events = [(value, decode(value)) for value in lines]
    return replay, replay.run(events, None if until is None else instant(until))


@pytest.mark.parametrize(
    ("far", "until"),
    [
        pytest.param([line("far", "anna", CENTURY_LATER)], None, id="a record far ahead"),
        pytest.param([], CENTURY_LATER, id="--until far ahead"),
    ],
)
@pytest.mark.parametrize("partitions", [1, 3])
def test_the_first_record_comes_long_before_the_last_day_is_closed(
    far: list[bytes], until: str | None, partitions: int
) -> None:
    replay, records = replayed([*first_day(), *far], until=until, partitions=partitions)
    next(records)
    assert 0 < len(replay.summary.tally.delays) < DAYS / 10


def test_the_closes_of_all_partitions_come_in_one_order() -> None:
    until = "2027-06-01T00:00:00Z"
    _, together = replayed(first_day(), until=until)
    _, apart = replayed(first_day(), until=until, partitions=3)
    records = list(apart)
    assert records == list(together)
    assert [record["partitionkey"] for record in records[:4]] == list(COMMUNITIES)
