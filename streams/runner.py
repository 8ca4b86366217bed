"""Runs the worker's process: until a signal or a failure, with a stop that ends."""

import asyncio
import gc
import logging
import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NoReturn

import faust
from faust.types import ServiceT

LOG = logging.getLogger("pulse")

STOP_BOUND: Final = 20.0
"""Seconds a graceful stop may take. Faust's can hang; exactness does not depend on it."""


def end_process(problem: str) -> NoReturn:
    """End the process at once with `problem` as its last line; a restart goes on exactly."""
    LOG.critical("%s; this worker ends, a restart goes on exactly", problem)
    logging.shutdown()
    sys.stderr.flush()
    os._exit(1)


@contextmanager
def ending_on_failure(what: str | None = None) -> Iterator[None]:
    """End the process where this fails: Faust would log it, and go on or wait for ever.

    Where it has a name, `what`, the log says where it failed; else one line tells all.
    """
    try:
        yield
    except asyncio.CancelledError:
        raise
    except Exception as error:
        if what is not None:
            LOG.exception("%s failed", what)
        end_process(f"{type(error).__name__}: {error}")


class BoundedWorker(faust.Worker):
    """Faust's runner, with a stop that ends: when the bound is over, the process exits hard."""

    async def stop(self) -> None:
        """Stop gracefully, or hard after `STOP_BOUND` seconds."""
        timer = threading.Timer(STOP_BOUND, _exit_hard, [1 if self.crashed else 0])
        timer.daemon = True
        timer.start()
        await super().stop()
        timer.cancel()


def _exit_hard(code: int) -> None:
    LOG.warning("the stop took over %d s; exiting hard, nothing is lost", STOP_BOUND)
    os._exit(code)


def collect_seldom() -> None:
    """Let the collector of cycles leave alone what there is, and look at the rest seldom.

    A fetch is tens of thousands of records that all die together: collecting every 700 allocations,
    as Python does by default, looks at them again and again.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 50)


def run(app: faust.App, web: ServiceT) -> NoReturn:
    """Run until a signal or a failure; SystemExit with the exit code."""
    collect_seldom()
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    runner = BoundedWorker(
        app,
        web,
        loop=loop,
        quiet=True,
        override_logging=False,
        redirect_stdouts=False,
    )
    runner.spinner = None
    try:
        runner.execute_from_commandline()
    except SystemExit as ended:
        # Faust logs what failed, and then dozens of services that stop.
        if ended.code:
            cause = ended.__context__
            end_process(f"{type(cause).__name__}: {cause}")
        raise
    raise SystemExit(0)
