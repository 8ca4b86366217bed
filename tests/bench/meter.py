"""Reads a process's CPU time and memory from outside, often, and without asking it anything."""

import bisect
import threading
import time
from types import TracebackType
from typing import Self

import psutil

_INTERVAL = 0.02


class Meter:
    """Samples a process for the length of a `with` block."""

    def __init__(self, process_id: int) -> None:
        self._process = psutil.Process(process_id)
        self._instants: list[float] = []
        self._cpu_seconds: list[float] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample, name="meter", daemon=True)
        self.peak_bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def cpu_seconds(self, begin: float, end: float) -> float:
        """User and system time spent between two instants (seconds since 1970)."""
        return self._cpu_at(end) - self._cpu_at(begin)

    def _cpu_at(self, instant: float) -> float:
        """Between two samples the process is taken to have worked evenly."""
        after = bisect.bisect_left(self._instants, instant)
        if not 0 < after < len(self._instants):
            raise ValueError("the process was not sampled at that instant")
        earlier, later = self._instants[after - 1], self._instants[after]
        spent, until = self._cpu_seconds[after - 1], self._cpu_seconds[after]
        return spent + (until - spent) * (instant - earlier) / (later - earlier)

    def _sample(self) -> None:
        while not self._over.wait(_INTERVAL):
            try:
                with self._process.oneshot():
                    times = self._process.cpu_times()
                    memory = self._process.memory_info().rss
            except psutil.NoSuchProcess:
                return
            self._instants.append(time.time())
            self._cpu_seconds.append(times.user + times.system)
            self.peak_bytes = max(self.peak_bytes, memory)
