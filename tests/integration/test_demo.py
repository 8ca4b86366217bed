"""The demo on a broker that is somebody's: it shows what it should and leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from streams.broker import Broker

from .deployment import PATIENCE, administrator, outside
from .events import busy_history

pytestmark = [pytest.mark.broker, pytest.mark.slow]


def start_demo(broker: Broker, folder: Path, file: Path, *more: str) -> subprocess.Popen[bytes]:
    output = (folder / "demo.log").open("wb")
    environment = {**outside(broker.bootstrap_servers), "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-m", "streams", "demo", "--events", str(file), *more]
    with output:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdout=output, stderr=subprocess.STDOUT
        )


def log_of(folder: Path) -> str:
    return (folder / "demo.log").read_text(encoding="utf-8")


def left_behind(broker: Broker, process: subprocess.Popen[bytes], folder: Path) -> list[str]:
    """Topics and groups of this demo, and what stands in its work place."""
    with administrator(broker.bootstrap_servers) as client:
        names = [*client.list_topics(), *(group["group_id"] for group in client.list_groups())]
    own = [name for name in names if name.startswith(f"demo-{process.pid}-")]
    return own + [path.name for path in (folder / "cache" / "pulse" / "demo").iterdir()]


def test_a_demo_of_a_file_shows_its_alerts_sums_up_and_removes_its_topics(
    broker: Broker, tmp_path: Path
) -> None:
    file, out = tmp_path / "events.ndjson", tmp_path / "alerts.ndjson"
    lines = [*busy_history(3_000, days=60, communities=3), b"no event"]
    file.write_bytes(b"\n".join(lines))

    process = start_demo(broker, tmp_path, file, "--out", str(out))
    code = process.wait(PATIENCE)

    log = log_of(tmp_path)
    assert code == 0, log
    alerts = len(out.read_bytes().splitlines())
    assert alerts > 0
    for said in ["sent 3,001 lines", "(bad_json 1)", "→ Launch a topic challenge"]:
        assert said in log
    assert f"explained from the records alone: {alerts:,} of {alerts:,}" in log
    assert left_behind(broker, process, tmp_path) == []


def test_ctrl_c_in_the_middle_leaves_no_process_and_no_topic(
    broker: Broker, tmp_path: Path
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(b"\n".join(busy_history(120_000, days=120, communities=20)))
    process = start_demo(broker, tmp_path, file)
    deadline = time.monotonic() + PATIENCE
    while "FIRING" not in log_of(tmp_path):
        assert process.poll() is None, log_of(tmp_path)
        assert time.monotonic() < deadline, log_of(tmp_path)
        time.sleep(0.02)
    children = psutil.Process(process.pid).children(recursive=True)
    assert children

    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE) == 130, log_of(tmp_path)
    assert log_of(tmp_path).endswith("pulse: interrupted\n")
    assert "Traceback" not in log_of(tmp_path)
    _, alive = psutil.wait_procs(children, timeout=5)
    assert alive == []
    assert left_behind(broker, process, tmp_path) == []
