"""The workers of a round and their supervisor: three are kept running, whatever becomes of them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from streams.broker.processes import end_process, kill_process

LOOK_EVERY = 0.1
SELF_ENDED_PAUSE = 0.5
STOP_PATIENCE = 30.0
VARIES = re.compile(r"exit code -?\d+: (.*CRITICAL pulse )?|chaos-\w+\.| \d+(?= s)| partition \d+")


class Started(Protocol):
    """A worker that runs: its process, and what it knows of itself."""

    @property
    def process(self) -> subprocess.Popen[bytes]: ...

    def owned(self) -> set[int]:
        """The partitions that it holds; empty where it does not say."""

    def last_words(self) -> str:
        """The last line of its log."""


Start = Callable[[Path], Started]
Say = Callable[[str], None]


@dataclass
class Slot:
    """One of the places that are kept filled."""

    number: int
    worker: Started
    lives: int = 1
    restart_at: float | None = None
    """When the supervisor fills it again, after a fault; None while the worker should run."""
    paused_until: float | None = None


@dataclass
class Fleet:
    """Keeps the workers running, as a supervisor would, and is told which of them to hurt."""

    folder: Path
    start: Start
    size: int
    say: Say
    self_ended: list[str] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="supervisor", daemon=True)

    def open(self) -> None:
        """Start the workers and the supervisor."""
        for number in range(self.size):
            self.slots.append(Slot(number, self._begin(number, 1)))
        self._thread.start()

    def close(self) -> None:
        """Stop the supervisor, then the workers, in good order and beside each other."""
        self._ended.set()
        self._thread.join()
        threads = [
            threading.Thread(target=end_process, args=(slot.worker.process, STOP_PATIENCE))
            for slot in self.slots
        ]
        for slot in self.slots:
            _signal(slot.worker.process, signal.SIGCONT)
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def pick(self, number: int) -> int:
        """The number of a worker that runs: this one, or the next one that does."""
        with self._lock:
            return self._running(number).number

    def owned(self, number: int) -> set[int]:
        """The partitions that a worker holds; empty where it does not answer."""
        with self._lock:
            slot = self.slots[number]
            return set() if slot.paused_until else slot.worker.owned()

    def kill(self, number: int, restart_after: float) -> float:
        """Kill a worker without warning; when that was."""
        with self._lock:
            slot = self._running(number)
            at = time.time()
            kill_process(slot.worker.process)
            slot.paused_until = None
            slot.restart_at = time.monotonic() + restart_after
            return at

    def stop(self, number: int, restart_after: float) -> None:
        """Ask a worker to end; it is killed where it does not."""
        with self._lock:
            slot = self._running(number)
            _signal(slot.worker.process, signal.SIGCONT)
            slot.paused_until = None
            slot.restart_at = float("inf")
        end_process(slot.worker.process, STOP_PATIENCE)
        with self._lock:
            slot.restart_at = time.monotonic() + restart_after

    def pause(self, number: int, seconds: float) -> None:
        """Let a worker stand still for so long; the supervisor wakes it."""
        with self._lock:
            slot = self._running(number)
            _signal(slot.worker.process, signal.SIGSTOP)
            slot.paused_until = time.monotonic() + seconds

    def settled(self) -> bool:
        """Whether every worker is meant to run, and runs."""
        with self._lock:
            return all(
                slot.restart_at is None
                and slot.paused_until is None
                and slot.worker.process.poll() is None
                for slot in self.slots
            )

    def _running(self, number: int) -> Slot:
        """The slot `number`, or the next one whose worker runs."""
        for shift in range(len(self.slots)):
            slot = self.slots[(number + shift) % len(self.slots)]
            if slot.restart_at is None and slot.worker.process.poll() is None:
                return slot
        # All are down: the first one back is hurt at once.
        slot = self.slots[number % len(self.slots)]
        self._fill(slot)
        return slot

    def _begin(self, number: int, life: int) -> Started:
        return self.start(self.folder / f"worker-{number + 1}.{life}")

    def _fill(self, slot: Slot) -> None:
        slot.lives += 1
        slot.worker = self._begin(slot.number, slot.lives)
        slot.restart_at = slot.paused_until = None

    def _supervise(self) -> None:
        while not self._ended.wait(LOOK_EVERY):
            with self._lock:
                for slot in self.slots:
                    self._look_after(slot)

    def _look_after(self, slot: Slot) -> None:
        now = time.monotonic()
        if slot.paused_until is not None and now >= slot.paused_until:
            slot.paused_until = None
            _signal(slot.worker.process, signal.SIGCONT)
            self.say(f"worker {slot.number + 1} goes on (SIGCONT)")
        if slot.restart_at is not None:
            if now >= slot.restart_at:
                self._fill(slot)
        elif slot.worker.process.poll() is not None:
            words = f"exit code {slot.worker.process.returncode}: {slot.worker.last_words()}"
            self.self_ended.append(words)
            self.say(f"worker {slot.number + 1} ended itself, {words}")
            slot.paused_until = None
            slot.restart_at = now + SELF_ENDED_PAUSE


def reasons(self_ended: list[str]) -> Counter[str]:
    """Why workers ended themselves, without what differs from case to case."""
    return Counter(VARIES.sub("", words).strip() for words in self_ended)


def _signal(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if process.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
