"""Under `clock: wall` a day closes by the clock on the wall, whatever the records say."""

from __future__ import annotations

import json
import signal
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from models.events import AHEAD_TOLERANCE
from models.instants import HOUR, MINUTE, SECOND, format_instant
from models.topics import ALERTS, SNAPSHOTS
from streams.broker import Broker
from streams.demo.worker_process import total
from streams.holdings import wall_clock

from .deployment import Deployment, deployed, wait_until
from .events import event, line

pytestmark = pytest.mark.broker


def closing_in(milliseconds: int, clock: str) -> tuple[dict[str, Any], str, int]:
    """A configuration under which yesterday closes so soon; yesterday, and the close.

    Yesterday closes at the last midnight plus the lateness; the day before it closed 24 h earlier.
    """
    now = wall_clock()
    midnight = now // (24 * HOUR) * 24 * HOUR
    settings = {"time": {"clock": clock, "lateness": f"{now + milliseconds - midnight}ms"}}
    yesterday = datetime.fromtimestamp(midnight / SECOND, UTC) - timedelta(days=1)
    return settings, yesterday.date().isoformat(), now + milliseconds


def send_now(deployment: Deployment, *events: dict[str, Any], ahead: int = 0) -> None:
    producer = deployment.producer()
    for each in events:
        stamp = wall_clock() + ahead
        producer.send(deployment.events_topic, line(each), b"guild", timestamp_ms=stamp)
    producer.close()


def days_before(day: str, number: int) -> str:
    return (datetime.fromisoformat(day) - timedelta(days=number)).date().isoformat()


def share(day: str) -> dict[str, Any]:
    return event(f"share {day}", "share.created", f"{day}T12:00:00Z", "guild")


def test_silence_is_judged_when_the_day_is_over_and_a_restart_does_not_judge_it_again(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    settings, yesterday, close = closing_in(8 * SECOND, "wall")
    with deployed(broker, topic_prefix, tmp_path, settings) as deployment:
        # Its first day is the one before yesterday: on a first day no share is expected.
        send_now(deployment, share(days_before(yesterday, 1)), share(yesterday))
        with deployment.worker() as worker:
            samples = deployment.wait_until_applied(worker, 2)
            if wall_clock() < close - SECOND:
                assert total(samples, "pulse_day_closes_total") == 0
            wait_until(
                lambda: total(worker.samples(), "pulse_day_closes_total") == 1,
                "the day closed",
                worker,
            )
            worker.process.send_signal(signal.SIGTERM)
            assert worker.process.wait(30) == 0, worker.tail(30)
        with deployment.worker() as worker:
            deployment.wait_until_caught_up(worker)
            seen = worker.samples()
            assert total(seen, "pulse_day_closes_total") == 0

        # A restart may repeat the alerts of the last batch, with the same bytes (Law 2).
        (alert,) = {each.value for each in deployment.read(ALERTS.name)}
        (snapshot,) = deployment.read(SNAPSHOTS.name)
        document = json.loads(alert or b"")
        assert document["data"]["rule"]["id"] == "share-conversion-low"
        assert document["data"]["day"] == yesterday
        assert document["time"] == format_instant(close)
        assert snapshot.key == f"guild|{yesterday}".encode()
        assert close <= snapshot.timestamp < close + 60 * SECOND


@pytest.mark.parametrize(("clock", "closes"), [("wall", 0), ("records", 1)])
def test_a_record_ahead_of_the_wall_closes_days_only_under_the_clock_of_records(
    broker: Broker, topic_prefix: str, tmp_path: Path, clock: str, closes: int
) -> None:
    settings, yesterday, _ = closing_in(30 * MINUTE, clock)
    with deployed(broker, topic_prefix, tmp_path, settings, partitions=1) as deployment:
        send_now(deployment, share(yesterday))
        today = days_before(yesterday, -1)
        # Kafka itself refuses what is more than an hour ahead.
        send_now(deployment, share(today), ahead=HOUR - MINUTE)
        with deployment.worker() as worker:
            samples = deployment.wait_until_applied(worker, 2)
            partition_clock = total(worker.samples(), "pulse_partition_clock_timestamp_seconds")

        assert total(samples, "pulse_day_closes_total") == closes
        assert len(deployment.read(SNAPSHOTS.name)) == closes
        ahead = partition_clock * SECOND - wall_clock()
        assert (ahead <= AHEAD_TOLERANCE) == (clock == "wall")


def test_the_clock_stands_still_while_nothing_was_ever_read(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """An empty topic has no community, so nothing is judged, and the first event begins it."""
    settings, yesterday, close = closing_in(2 * SECOND, "wall")
    with deployed(broker, topic_prefix, tmp_path, settings, partitions=1) as deployment:
        with deployment.worker() as worker:
            wait_until(lambda: wall_clock() > close + SECOND, "the close passed", worker)
            send_now(deployment, share(yesterday))
            samples = deployment.wait_until_applied(worker, 1)
            assert total(samples, "pulse_events_total", outcome="late") == 1
            assert total(samples, "pulse_day_closes_total") == 0
        assert deployment.read(SNAPSHOTS.name) == []
        assert deployment.read(ALERTS.name) == []
