"""A worker that fails before it has begun says why in its last line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from streams.broker.ports import free_ports

ROOT = Path(__file__).parents[2]

# `pulse worker` waits for a cluster first; here it goes away after that.
PROGRAM = """
import logging, sys
from pathlib import Path
from rules.configuration import Configuration
from streams.catalogue import shipped_catalogue
from streams.connection import Connection
from streams.runner import run
from streams.worker import PulseWorker, WorkerOptions
logging.basicConfig(level="INFO")
options = WorkerOptions("127.0.0.1", 0, Path(sys.argv[2]))
worker = PulseWorker(Configuration(), shipped_catalogue(), Connection((sys.argv[1],)), 1, options)
run(worker.app, worker.web)
"""


def test_the_reason_stands_behind_all_that_stops(tmp_path: Path) -> None:
    (port,) = free_ports("127.0.0.1", 1)
    command = [sys.executable, "-c", PROGRAM, f"127.0.0.1:{port}", str(tmp_path)]

    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )

    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert "KafkaConnectionError: Unable to bootstrap" in last
    assert last.endswith("this worker ends, a restart goes on exactly")
