"""The short round of `make chaos` on the session's broker, which itself is left alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.broker import Broker

from .history import Size
from .plan import Counts
from .rounds import Job, run_round

SEED = 11


@pytest.mark.broker
@pytest.mark.slow
@pytest.mark.timeout(280)
def test_three_kills_and_a_rebalance_change_nothing(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """The folder with the workers' logs is pytest's own, which it keeps after a failure."""
    counts = Counts(kills=3, stops=1, pauses=0, broker_restarts=0)
    job = Job(SEED, Size(60_000, days=70, communities=60), counts)

    result = run_round(job, broker, tmp_path, print, topic_prefix)

    told = "\n".join([f"seed {SEED}, logs in {tmp_path}", *result.verdict.lines()])
    assert result.verdict.holds, told
    assert result.finished, f"{told}\nnot everything was read in time"
    assert result.struck["kill -9"] == 3
    assert len(result.truth.alerts) > 2_000
    assert result.verdict.repeats["snapshots"][1] > 3_000
