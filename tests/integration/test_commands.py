"""The commands against a cluster, as a stranger calls them."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from models.topics import ALERTS, DEAD_LETTERS, EVENTS, MEMBER_ALERTS
from streams.broker import Broker
from streams.catalogue import shipped_catalogue
from streams.demo.worker_process import WorkerProcess
from streams.metrics import METRIC_NAMES
from streams.web import PORT_FILE

from .deployment import command, deployed, wait_until
from .events import busy_history, event, line
from .expected import alert_sequences, sequences

pytestmark = pytest.mark.broker

UNMISTAKABLE = "community-in-no-label"


def get(worker: WorkerProcess, folder: Path, path: str) -> tuple[int, str]:
    """Ask the worker for a page, as soon as it listens; the status and the text."""
    port_file = folder / PORT_FILE
    wait_until(port_file.is_file, "the port written", worker)
    url = f"http://127.0.0.1:{port_file.read_text().strip()}{path}"
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_produce_from_standard_input_then_a_worker_then_tail_and_explain(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    lines = [*busy_history(2_000, days=60, communities=2), b"{ no event", b""]
    file.write_bytes(b"\n".join(lines) + b"\n\n")
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        deployment.pulse("produce", "-", text=file.read_bytes())
        assert len(deployment.read(EVENTS.name)) == 2_001
        with deployment.worker() as worker:
            deployment.wait_until_applied(worker, 2_001)

        replayed = tmp_path / "cli.ndjson"
        deployment.pulse("replay", file, "--partitions", "4", "--out", replayed)
        expected = replayed.read_bytes().splitlines()
        assert sequences(deployment, deployment.alerts()) == alert_sequences(expected)
        (letter,) = deployment.read(DEAD_LETTERS.name)
        assert letter.value == b"{ no event"

        readable = deployment.pulse("alerts", "tail", "--from-beginning", "--no-follow")
        assert len(readable.splitlines()) == len(expected)
        assert re.match(r"2025-\d\d-\d\d \d\d:\d\d:\d\d  (FIRING|digest)  ", readable)
        raw = deployment.pulse("alerts", "tail", "--from-beginning", "--no-follow", "--json")
        assert sorted(raw.encode().splitlines()) == sorted(expected)

        tailed = tmp_path / "tailed.ndjson"
        tailed.write_text(raw, encoding="utf-8")
        explained = command(deployment.servers, "explain", tailed, folder=tmp_path)
        assert explained.returncode == 0, explained.stdout.decode()
        assert len(explained.stdout.splitlines()) == len(expected)
        assert deployment.read(ALERTS.name)
        assert deployment.read(MEMBER_ALERTS.name)


def test_ctrl_c_ends_produce_while_its_standard_input_says_nothing(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams", "produce", "-"],
            cwd=tmp_path, env=deployment.environment,
            stdin=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdin is not None
        assert process.stderr is not None
        # More than the pipe holds: when it is written, the command is reading.
        process.stdin.write(b"\n".join(busy_history(2_000, days=60, communities=2)) + b"\n")
        process.stdin.flush()

        process.send_signal(signal.SIGINT)

        try:
            assert process.wait(20) == 130
        finally:
            process.kill()
        assert process.stderr.read() == b"pulse: interrupted\n"
        process.stdin.close()
        process.stderr.close()


def test_the_worker_tells_its_health_its_readiness_and_its_figures(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    kinds = ["post.created", "share.created", "custom.thing", "heartbeat"]
    file.write_bytes(
        b"\n".join(
            line(event(f"{day} {kind}", kind, f"2025-03-{day:02d}T12:00:00Z", UNMISTAKABLE))
            for day in range(1, 31)
            for kind in kinds
        )
    )
    with deployed(broker, topic_prefix, tmp_path) as deployment:
        sent = deployment.produce(file)
        with deployment.worker(ready=False) as worker:
            folder = tmp_path / "worker-1"
            # The port listens before the worker has joined its group.
            assert get(worker, folder, "/readyz") == (
                503,
                "waiting for partitions and their state\n",
            )
            assert get(worker, folder, "/healthz")[0] == 200
            worker.wait_until_ready()
            assert get(worker, folder, "/readyz") == (200, "ready, 4 partitions\n")
            deployment.wait_until_applied(worker, sent)
            status, text = get(worker, folder, "/metrics")
            assert get(worker, folder, "/playbooks/optimize-referral-mechanism")[0] == 200
            assert get(worker, folder, "/playbooks/no-such-thing")[0] == 404
            assert get(worker, folder, "/table")[0] == 404

    assert status == 200
    exposed = set(re.findall(r"^# TYPE (pulse_\w+) ", text, re.MULTILINE))
    # The client library adds to each counter and histogram when it was created.
    assert {name for name in exposed if not name.endswith("_created")} == METRIC_NAMES
    assert 'pulse_alerts_total{rule="share-conversion-low",status="firing"} 1.0' in text
    assert UNMISTAKABLE not in text


def test_rules_check_runs_the_shipped_rule_tests_and_the_given_configuration(
    broker: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "pulse.yaml"
    file.write_text("rules: {member-silent: {silent_days: 14}}\n", encoding="utf-8")

    checked = command(broker.bootstrap_servers, "rules", "check", "--tests", file, folder=tmp_path)

    said = checked.stdout.decode().splitlines()
    assert checked.returncode == 0, checked.stderr.decode()
    assert f"ok  configuration {file}" in said
    assert len([each for each in said if each.startswith("ok  rule ")]) == len(shipped_catalogue())
    assert len([each for each in said if each.startswith("passed  ")]) >= 150
    assert [each for each in said if each.startswith("FAILED")] == []


def test_schema_export_writes_documents_that_parse(broker: Broker, tmp_path: Path) -> None:
    exported = command(broker.bootstrap_servers, "schema", "export", "schemas", folder=tmp_path)

    assert exported.returncode == 0, exported.stderr.decode()
    written = sorted(str(path.relative_to(tmp_path)) for path in (tmp_path / "schemas").iterdir())
    assert sorted(exported.stdout.decode().splitlines()) == written
    assert "schemas/asyncapi.yaml" in written
    for path in (tmp_path / "schemas").glob("*.json"):
        assert json.loads(path.read_text(encoding="utf-8"))["$schema"].endswith("2020-12/schema")
