"""Events that were sent in transactions: what was aborted has not happened, and nothing stalls."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from streams.broker import Broker
from streams.demo.worker_process import total

from .deployment import Deployment, deployed, wait_until
from .events import event, line

pytestmark = pytest.mark.broker

TRANSACTIONS = 60


def post(number: int) -> dict[str, Any]:
    return event(f"e{number}", "post.created", "2025-03-01T12:00:00Z", "guild")


def send_in_transactions(deployment: Deployment, first: int, *, wholly: bool) -> int:
    """Three events a transaction, every third one aborted; return how many are committed.

    Each transaction takes one more offset for its marker. `wholly` ends with one that is aborted.
    """
    producer = deployment.producer(transactional_id=f"{deployment.prefix}app")
    producer.init_transactions()
    committed = 0
    for number in range(first, first + TRANSACTIONS + wholly):
        producer.begin_transaction()
        for each in range(3):
            producer.send(deployment.events_topic, line(post(3 * number + each)), b"guild")
        if (number - first) % 3 == 0:
            producer.abort_transaction()
        else:
            producer.commit_transaction()
            committed += 3
    producer.close()
    return committed


def test_only_what_was_committed_counts_and_markers_are_no_lag(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path, partitions=1) as deployment:
        committed = send_in_transactions(deployment, 0, wholly=True)
        with deployment.worker() as worker:
            samples = deployment.wait_until_caught_up(worker)
            assert total(samples, "pulse_events_total") == committed

            # They come one by one now, each behind the marker of the one before.
            committed += send_in_transactions(deployment, 1_000, wholly=False)
            wait_until(
                lambda: total(worker.samples(), "pulse_events_total") == committed,
                f"{committed} events counted",
                worker,
            )
            deployment.wait_until_caught_up(worker)
            # No consumer was opened to look into a hole that the fetch itself had shown.
            assert total(worker.samples(), "pulse_gaps_reread_total") == 0
