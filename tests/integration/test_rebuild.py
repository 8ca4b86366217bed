"""A change that the state cannot follow is refused by name, and `pulse rebuild` mends it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from streams.broker import Broker
from streams.demo.worker_process import WorkerError

from .deployment import Deployment, deployed
from .events import busy_history

pytestmark = pytest.mark.broker

LINES = 3_000


def move_to_shanghai(deployment: Deployment) -> None:
    settings = yaml.safe_load(deployment.configuration.read_text(encoding="utf-8"))
    settings["time"]["timezone"] = "Asia/Shanghai"
    text = yaml.safe_dump(settings, allow_unicode=True)
    deployment.configuration.write_text(text, encoding="utf-8")


def test_a_changed_time_zone_is_refused_until_the_state_is_made_anew(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(busy_history(LINES, days=90, communities=3)))
    with deployed(broker, topic_prefix, tmp_path, partitions=2) as deployment:
        deployment.produce(file)
        with deployment.worker() as worker:
            deployment.wait_until_applied(worker, LINES)
            code, said = deployment.fails("rebuild", "--patience", "0")
            assert code == 1
            assert "1 workers run in group" in said
            assert "stop them first" in said
        in_utc = {record.value for record in deployment.alerts()}

        move_to_shanghai(deployment)
        zone = "time zone is Asia/Shanghai now"
        with pytest.raises(WorkerError, match=zone) as refused, deployment.worker():
            pytest.fail("the worker got ready on days of another time zone")
        assert "count them anew with: pulse rebuild" in str(refused.value)

        said = deployment.pulse("rebuild")
        assert f"deleted {topic_prefix}pulse-state-changelog" in said
        with deployment.worker() as worker:
            deployment.wait_until_applied(worker, LINES)
        wanted = set(deployment.replay(file))
        found = {record.value for record in deployment.alerts()}

    assert wanted
    assert wanted != in_utc
    assert found == wanted | in_utc
