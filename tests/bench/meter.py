"""Reads a worker's CPU time and memory from outside, often, and without asking it anything.

Of its process with all threads, and of its child processes where it has any.
"""

import bisect
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self

import psutil

_INTERVAL = 0.02
_LOOKS_PER_SEARCH = 50
"""Child processes are looked for once a second: finding them costs far more than reading them."""


class Meter:
    """Samples a process for the length of a `with` block; and `core`, if it is alone on one."""

    def __init__(self, process_id: int, core: int | None = None) -> None:
        self._core = core
        self._busy_seconds: list[float] = []
        self._process = psutil.Process(process_id)
        self._children: list[psutil.Process] = []
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
        return self._at(end, self._cpu_seconds) - self._at(begin, self._cpu_seconds)

    def foreign_share(self, begin: float, end: float) -> float | None:
        """Which part of its core others had in that time; None where it has no core of its own."""
        if self._core is None:
            return None
        busy = self._at(end, self._busy_seconds) - self._at(begin, self._busy_seconds)
        return max(0.0, busy - self.cpu_seconds(begin, end)) / (end - begin)

    def _at(self, instant: float, seconds: Sequence[float]) -> float:
        """Between two samples the process is taken to have worked evenly."""
        after = bisect.bisect_left(self._instants, instant)
        if not 0 < after < len(self._instants):
            raise ValueError("the process was not sampled at that instant")
        earlier, later = self._instants[after - 1], self._instants[after]
        spent, until = seconds[after - 1], seconds[after]
        return spent + (until - spent) * (instant - earlier) / (later - earlier)

    def _sample(self) -> None:
        looks = 0
        while not self._over.wait(_INTERVAL):
            try:
                if looks % _LOOKS_PER_SEARCH == 0:
                    self._children = self._process.children(recursive=True)
                seconds, memory = _usage(self._process)
            except psutil.NoSuchProcess:
                return
            for child in self._children:
                with suppress(psutil.NoSuchProcess):
                    more_seconds, more_memory = _usage(child)
                    seconds += more_seconds
                    memory += more_memory
            looks += 1
            self._instants.append(time.time())
            self._cpu_seconds.append(seconds)
            if self._core is not None:
                self._busy_seconds.append(_busy(self._core))
            self.peak_bytes = max(self.peak_bytes, memory)


def _busy(core: int) -> float:
    times = psutil.cpu_times(percpu=True)[core]
    # What a hypervisor took counts as others' too; guests are part of user time.
    kinds = ("user", "nice", "system", "irq", "softirq", "steal")
    return sum(float(getattr(times, kind, 0.0)) for kind in kinds)


def _usage(process: psutil.Process) -> tuple[float, int]:
    with process.oneshot():
        times = process.cpu_times()
        return times.user + times.system, process.memory_info().rss
