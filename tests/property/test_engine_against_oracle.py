"""The engine against the oracle: two readings of the contract must agree on random histories.

`PULSE_ORACLE_SEEDS=500` tries that many histories instead of the 40 of `make test`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from itertools import zip_longest
from typing import Any

import pytest

from models.decode import decode
from models.instants import format_instant, parse_instant
from rules.configuration import parse_configuration
from rules.effects import Outcome
from rules.policy import Policies
from rules.records import Recorder
from streams.catalogue import shipped_catalogue
from streams.replay import Replay
from tests.oracle.expected import Expected, Tally
from tests.oracle.oracle import Oracle
from tests.oracle.scenarios import Scenario, scenario, shrink

# Taken out of the environment: what begins with PULSE_ there is configuration to the product.
SEEDS = int(os.environ.pop("PULSE_ORACLE_SEEDS", "40"))
SECONDS_TO_SHRINK = 60

cached_scenario = cache(scenario)


def instant(text: str) -> int:
    moment = parse_instant(text)
    assert moment is not None
    return moment


def seen(record: dict[str, Any]) -> Expected:
    """A record of the engine as the oracle would note it."""
    data = record["data"]
    is_digest = record["type"] == "pulse.alert.digest.v1"
    by_close = data.get("reason") in ("threshold", "recovered", "inconclusive")
    evaluation = data["evaluation"] if by_close else {}
    return Expected(
        kind=record["type"].removeprefix("pulse.alert.").removesuffix(".v1"),
        rule=data["rule"]["id"],
        community=data["community_id"],
        member=data.get("member_id"),
        day=data["day"],
        seq=data.get("seq"),
        reason=data.get("reason"),
        count=data.get("count"),
        id=record["id"],
        time=record["time"],
        value=evaluation.get("value"),
        baseline=evaluation.get("baseline"),
        verdict=evaluation.get("verdict"),
        member_ids=tuple(data["member_ids"]) if is_digest else None,
    )


def of_the_engine(
    lines: Iterable[bytes], history: Scenario, partitions: int
) -> tuple[list[Expected], Tally]:
    catalogue = shipped_catalogue()
    configuration = parse_configuration("scenario", history.configuration, catalogue)
    recorder = Recorder(catalogue, configuration.deployment)
    replay = Replay(Policies(configuration, catalogue), recorder, partitions)
    until = None if history.until is None else instant(history.until)
    records = [seen(record) for record in replay.run(((x, decode(x)) for x in lines), until)]
    counts, summary = replay.summary.tally, replay.summary
    return records, Tally(
        read=summary.lines,
        rejected=sum(summary.rejected.values()),
        duplicates=counts.of(Outcome.DUPLICATE),
        unknown_types=counts.of(Outcome.SKIPPED),
        late=counts.of(Outcome.LATE),
        dropped=counts.of(Outcome.DROPPED),
        clock_ahead=counts.ahead,
    )


def of_the_oracle(
    lines: Iterable[bytes], history: Scenario, partitions: int
) -> tuple[list[Expected], Tally]:
    oracle = Oracle(history.configuration, partitions).run(lines, history.until)
    # The oracle always writes milliseconds.
    records = [replace(e, time=format_instant(instant(e.time))) for e in oracle.alerts]
    return records, oracle.tally


def difference(lines: list[bytes], history: Scenario, partitions: int) -> str:
    """The first difference between the two, in words; empty where there is none."""
    records, counts = of_the_engine(lines, history, partitions)
    expected_records, expected_counts = of_the_oracle(lines, history, partitions)
    for number, (one, other) in enumerate(zip_longest(records, expected_records)):
        if one != other:
            return f"record {number}:\n  engine {one}\n  oracle {other}"
    if counts != expected_counts:
        return f"numbers:\n  engine {counts}\n  oracle {expected_counts}"
    return ""


def smallest(history: Scenario, partitions: int) -> list[bytes]:
    """The fewest lines on which the two differ, as far as a minute of trying goes."""
    end = time.monotonic() + SECONDS_TO_SHRINK

    def differs(lines: list[bytes]) -> bool:
        return time.monotonic() < end and bool(difference(lines, history, partitions))

    return shrink(history.lines, differs)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("partitions", [1, 3])
def test_engine_and_oracle_agree_record_by_record(seed: int, partitions: int) -> None:
    history = cached_scenario(seed)
    if difference(history.lines, history, partitions):
        lines = smallest(history, partitions)
        pytest.fail(
            f"seed {seed}, {partitions} partitions: {difference(lines, history, partitions)}\n"
            f"configuration: {json.dumps(history.configuration, ensure_ascii=False)}\n"
            f"until: {history.until}\n"
            f"{len(lines)} lines:\n" + "\n".join(line.decode("utf-8", "replace") for line in lines),
            pytrace=False,
        )
