"""What is hurt: workers of Pulse, and Faust's tutorial agent beside them."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from streams.broker.processes import start_bound_process
from streams.demo.worker_process import WorkerProcess

FAULT = re.compile(r"\w+(Error|Exception)\b")
"""The last line of a traceback; what stands below it is Faust's farewell."""


class PulseStarted:
    """A `pulse worker`."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        # `worker-1.2` is the second life of the first: it finds the data of the one before.
        self._worker = WorkerProcess(folder, environment, folder.with_suffix(""))

    @property
    def process(self) -> subprocess.Popen[bytes]:
        return self._worker.process

    def lags(self) -> dict[int, float]:
        """How many records of each of its partitions are unread."""
        return {
            int(dict(labels)["partition"]): value
            for (name, labels), value in self._worker.samples().items()
            if name == "pulse_consumer_lag_records"
        }

    def owned(self) -> set[int]:
        return set(self.lags())

    def last_words(self) -> str:
        return self._worker.tail(1).strip()


class TutorialStarted:
    """A worker of the tutorial agent (tests/bench), with Pulse's session time-out."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._log = folder / "worker.log"
        options = ["--datadir", str(folder), "worker", "--without-web", "--loglevel", "warn"]
        self.process = start_bound_process(
            [sys.executable, "-m", "tests.chaos.tutorial_worker", *options],
            folder=folder,
            output=self._log,
            environment=environment,
        )

    def owned(self) -> set[int]:
        return set()

    def last_words(self) -> str:
        text = self._log.read_text(encoding="utf-8", errors="replace") if self._log.exists() else ""
        errors = [line for line in text.splitlines() if FAULT.match(line)]
        return errors[-1].strip() if errors else ""
