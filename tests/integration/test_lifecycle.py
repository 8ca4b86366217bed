"""Workers stop, die and share: what they publish stays what the replay gives (Laws 1 and 2)."""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from models.topics import ALERTS, MEMBER_ALERTS
from streams.broker import Broker
from streams.demo.worker_process import WorkerProcess
from streams.runner import STOP_BOUND

from .deployment import (
    Deployment,
    deployed,
    kill_in_the_middle,
    records_counted,
    wait_until,
)
from .events import busy_history
from .expected import check_outputs

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def history(folder: Path, lines: int) -> Path:
    file = folder / "events.ndjson"
    file.write_bytes(b"\n".join(busy_history(lines, days=120, communities=20)))
    return file


def owned_partitions(worker: WorkerProcess) -> int:
    samples = worker.samples()
    return sum(name == "pulse_consumer_lag_records" for name, _ in samples)


def test_a_worker_that_is_told_to_stop_exits_in_time(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path, 10_000)
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        deployment.produce(file)
        with deployment.worker() as worker:
            begun = time.monotonic()
            worker.process.send_signal(signal.SIGTERM)
            assert worker.process.wait(STOP_BOUND + 5) == 0, worker.tail(30)
            assert time.monotonic() - begun < STOP_BOUND + 5

        with deployment.worker() as worker:
            deployment.wait_until_caught_up(worker)

        check_outputs(deployment, file)


def test_a_killed_worker_loses_nothing_and_repeats_the_same_bytes(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path, 60_000)
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        deployment.produce(file)
        with deployment.worker() as worker:
            before = kill_in_the_middle(worker)
        with deployment.worker() as worker:
            samples = deployment.wait_until_caught_up(worker)
        after = records_counted(samples)
        assert 0 < after < 60_000, f"{before:,.0f} applied before the kill, {after:,.0f} after"

        check_outputs(deployment, file)


def test_a_worker_takes_over_the_partitions_of_a_killed_one(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path, 30_000)
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        with deployment.worker() as survivor, deployment.worker() as victim:
            wait_until_shared(deployment, survivor, victim)
            deployment.produce(file)
            kill_in_the_middle(victim)
            deployment.wait_until_caught_up(survivor)

        check_outputs(deployment, file)
        assert deployment.read(ALERTS.name)
        assert deployment.read(MEMBER_ALERTS.name)


def wait_until_shared(deployment: Deployment, first: WorkerProcess, second: WorkerProcess) -> None:
    wait_until(
        lambda: owned_partitions(first) == owned_partitions(second) == deployment.partitions // 2,
        "the partitions shared",
        second,
    )
