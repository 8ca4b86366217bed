"""The comparison is fair: the tutorial agent counts right as long as nobody hurts it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.broker import Broker

from .history import Size
from .plan import Counts
from .rounds import Job
from .tutorial import run_tutorial

NO_FAULTS = Counts(kills=0, stops=0, pauses=0, broker_restarts=0)


@pytest.mark.broker
@pytest.mark.slow
def test_without_faults_no_pane_of_the_tutorial_agent_is_wrong(
    broker: Broker, tmp_path: Path
) -> None:
    job = Job(4, Size(3_000, days=30, communities=40), NO_FAULTS)
    # One worker: of four runs with three one failed, supposedly by a rebalance as they started.
    result = run_tutorial(job, broker, tmp_path, print, workers=1)
    assert result.finished
    assert (result.wrong, result.twice, result.lost) == (0, 0, 0)
    assert result.panes > 200
