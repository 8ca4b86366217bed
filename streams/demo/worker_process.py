"""A worker in a process of its own, and what it says of itself over HTTP."""

import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from streams.broker.processes import end_process, start_bound_process
from streams.web import PORT_FILE

_STOP_PATIENCE = 25.0

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]
"""Metric values by name and labels."""


class WorkerError(Exception):
    """The worker ended or does not get ready; the message carries its last lines."""


class WorkerProcess:
    """A running `pulse worker`, tied to this process's life."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], data: Path | None = None
    ) -> None:
        """Start it; its log stands in `folder`, and its data, where there is no `data` folder."""
        self._data = data or folder
        self._log = folder / "worker.log"
        folder.mkdir(parents=True, exist_ok=True)
        command = [
            sys.executable,
            "-m",
            "streams",
            "worker",
            "--web-host",
            "127.0.0.1",
            "--web-port",
            "0",
            "--data-dir",
            str(self._data),
        ]
        root = Path(__file__).parents[2]
        path = os.pathsep.join(filter(None, (str(root), environment.get("PYTHONPATH"))))
        self.process = start_bound_process(
            command,
            folder=folder,
            output=self._log,
            environment={**environment, "PYTHONPATH": path},
        )

    def wait_until_ready(self, patience: float = 60.0) -> None:
        """Return when /readyz says so; WorkerError when the worker ends or time is over."""
        deadline = time.monotonic() + patience
        while not self._is_ready():
            self.check()
            if time.monotonic() > deadline:
                raise WorkerError(f"the worker was not ready in {patience:.0f} s\n{self.tail()}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raise WorkerError where the worker has ended."""
        code = self.process.poll()
        if code is not None:
            raise WorkerError(f"the worker ended with exit code {code}\n{self.tail()}")

    def samples(self) -> Samples:
        """Return all metrics; empty where the worker does not answer just now."""
        text = self._get("/metrics")
        if text is None:
            return {}
        return {
            (sample.name, tuple(sorted(sample.labels.items()))): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def tail(self, lines: int = 12) -> str:
        """Return the last lines of its log."""
        if not self._log.exists():
            return ""
        text = self._log.read_text(encoding="utf-8", errors="replace")
        return "\n".join(f"    {line}" for line in text.splitlines()[-lines:])

    def stop(self) -> None:
        """Stop it in good order, within a bound."""
        end_process(self.process, _STOP_PATIENCE)

    def _is_ready(self) -> bool:
        return self._get("/readyz") is not None

    def _get(self, path: str) -> str | None:
        try:
            port = (self._data / PORT_FILE).read_text(encoding="utf-8").strip()
            url = f"http://127.0.0.1:{port}{path}"
            with urllib.request.urlopen(url, timeout=5) as answer:
                return str(answer.read().decode())
        except (OSError, urllib.error.URLError):
            return None


@contextmanager
def worker_process(folder: Path, environment: Mapping[str, str]) -> Iterator[WorkerProcess]:
    """Run a worker for the length of a `with` block."""
    worker = WorkerProcess(folder, environment)
    try:
        yield worker
    finally:
        worker.stop()


def total(samples: Samples, name: str, **labels: str) -> float:
    """Add up a metric over all series that carry `labels`."""
    wanted = set(labels.items())
    return sum(
        value
        for (found, series), value in samples.items()
        if found == name and wanted <= set(series)
    )
