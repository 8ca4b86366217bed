"""An event loop without time, threads or sockets: each step is chosen by the simulation."""

from __future__ import annotations

import asyncio
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from contextvars import Context, ContextVar, copy_context
from typing import Any


class Process:
    """What one process has ready to run, in order, as in any asyncio loop."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ready: deque[asyncio.Handle] = deque()
        self.alive = True
        self.paused = False
        self.stood_still = 0.0
        # A killed process must not be cleaned up by its garbage: `finally` does not run there.
        self.tasks: list[asyncio.Task[Any]] = []

    @property
    def runs(self) -> bool:
        return self.alive and not self.paused and bool(self.ready)


_current: ContextVar[Process] = ContextVar("process")


def current_process() -> Process | None:
    """The process whose step is being run."""
    return _current.get(None)


class Clockwork:
    """Runs the ready steps of processes; within one process in order, among them as told.

    As much of asyncio's loop as tasks, futures and locks ask for.
    """

    def __init__(self) -> None:
        self._loop: Any = self

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        context = context if context is not None else copy_context()
        handle = asyncio.Handle(callback, args, self._loop, context)
        process = context.get(_current)
        if process is not None and process.alive:
            process.ready.append(handle)
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self._loop)

    def start(self, process: Process, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin a task of the process."""
        context = copy_context()
        context.run(_current.set, process)
        task: asyncio.Task[None] = context.run(asyncio.Task, work, loop=self._loop)
        process.tasks.append(task)
        return task

    def create_task(self, work: Coroutine[Any, Any, Any], **_: Any) -> asyncio.Task[Any]:
        """Begin a task of the process whose step is being run."""
        task: asyncio.Task[Any] = asyncio.Task(work, loop=self._loop)
        _current.get().tasks.append(task)
        return task

    def tell(self, process: Process, callback: Callable[..., Any], *args: Any) -> None:
        """Let the process run `callback` when its turn comes."""
        context = copy_context()
        context.run(_current.set, process)
        self.call_soon(callback, *args, context=context)

    def step(self, process: Process) -> None:
        """Run the next ready handle of the process."""
        handle = process.ready.popleft()
        if not handle.cancelled():
            handle._run()

    def bury(self, process: Process) -> None:
        """Throw away what a dead process was about to do."""
        process.alive = False
        for task in process.tasks:
            with suppress(RuntimeError):
                task.get_coro().close()

    def get_debug(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        if isinstance(context.get("exception"), AssertionError):
            raise context["exception"]


@contextmanager
def running(loop: Clockwork) -> Iterator[None]:
    """Let coroutines find the loop."""
    before = events._get_running_loop()
    events._set_running_loop(loop._loop)
    try:
        yield
    finally:
        events._set_running_loop(before)
