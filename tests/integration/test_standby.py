"""Workers that stand by for each other's partitions take them over without reading them anew."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from streams.broker import Broker
from streams.broker.processes import kill_process
from streams.demo.worker_process import WorkerProcess

from .deployment import Deployment, deployed, wait_until
from .expected import check_outputs
from .test_lifecycle import owned_partitions, wait_until_shared
from .test_local_store import (
    LINES,
    history,
    part_of,
    read_of_changelog,
    size_of_changelog,
    wait_until_applied,
)

pytestmark = [pytest.mark.broker, pytest.mark.slow]

SESSION = 15.0
"""Seconds after which the group gives up a worker that is silent (`streams.worker`)."""


def stands_by(worker: WorkerProcess, partitions: int) -> bool:
    """Tell whether it follows so many partitions, and all of them to their ends."""
    lags = [
        lag for (name, _), lag in worker.samples().items() if name == "pulse_standby_lag_records"
    ]
    return len(lags) == partitions and not any(lags)


def wait_until_ready_for_each_other(
    deployment: Deployment, first: WorkerProcess, second: WorkerProcess
) -> None:
    wait_until_shared(deployment, first, second)
    for worker in (first, second):
        wait_until(
            lambda worker=worker: stands_by(worker, deployment.partitions // 2),  # type: ignore[misc]
            "standing by",
            worker,
        )


@pytest.mark.parametrize("state", [{}, {"store": "disk", "hot_communities": 8}], ids=str)
def test_a_standby_takes_over_with_what_it_has_read(
    broker: Broker, topic_prefix: str, tmp_path: Path, state: dict[str, Any]
) -> None:
    file = history(tmp_path)
    settings = {"state": {**state, "standby_replicas": 1}}
    with deployed(broker, topic_prefix, tmp_path, settings) as deployment:
        deployment.produce(part_of(file, 0, 20_000))
        with deployment.worker() as survivor, deployment.worker() as victim:
            wait_until_ready_for_each_other(deployment, survivor, victim)
            wait_until_applied(20_000, survivor, victim)
            wait_until_ready_for_each_other(deployment, survivor, victim)
            before, written = read_of_changelog(survivor), size_of_changelog(deployment)
            kill_process(victim.process)
            killed = time.monotonic()
            wait_until(
                lambda: owned_partitions(survivor) == deployment.partitions, "a takeover", survivor
            )
            took = time.monotonic() - killed
            assert took < SESSION + 10
            assert read_of_changelog(survivor) - before < written / 20
            deployment.produce(part_of(file, 20_000, LINES))
            wait_until_applied(LINES, survivor)

        check_outputs(deployment, file)


def test_who_stays_with_a_partition_keeps_its_state_in_memory(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """Without standbys: what a worker reads when another has gone is what that one had."""
    file = history(tmp_path)
    with deployed(broker, topic_prefix, tmp_path, partitions=4) as deployment:
        deployment.produce(part_of(file, 0, 20_000))
        with deployment.worker() as first:
            wait_until_applied(20_000, first)
            assert read_of_changelog(first) == 0
            with deployment.worker() as second:
                wait_until_shared(deployment, first, second)
                assert read_of_changelog(first) == 0
                assert read_of_changelog(second) > 0
            wait_until(lambda: owned_partitions(first) == 4, "all partitions again", first)
            assert 0 < read_of_changelog(first) < size_of_changelog(deployment) * 0.8
            deployment.produce(part_of(file, 20_000, LINES))
            wait_until_applied(LINES, first)

        check_outputs(deployment, file)
