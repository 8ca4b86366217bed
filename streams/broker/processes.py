"""Child processes that never outlive this one."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def start_bound_process(
    command: Sequence[str | Path],
    *,
    folder: Path,
    output: Path,
    environment: Mapping[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `command` in `folder`, its output appended to a file, tied to this process's life.

    The child has a session of its own, so Ctrl-C in the terminal reaches only us, who then stop it
    in good order. On Linux the kernel kills the child when we die, even by `kill -9`
    (PR_SET_PDEATHSIG); elsewhere the caller's `atexit` has to do.

    Raises:
        OSError: the program cannot be started.
    """
    started: Future[subprocess.Popen[bytes]] = Future()
    # The kernel watches the thread that forked, not the process: a short-lived caller's end would
    # kill the child. This thread waits as long as the child runs.
    keeper = threading.Thread(
        target=_keep,
        args=(command, folder, output, environment, started),
        name="process-keeper",
        daemon=True,
    )
    keeper.start()
    return started.result()


def end_process(process: subprocess.Popen[bytes], patience: float) -> None:
    """Ask `process` to end, and kill it and its whole session after `patience` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(patience)
    except subprocess.TimeoutExpired:
        kill_process(process)


def kill_process(process: subprocess.Popen[bytes]) -> None:
    """Kill `process` and everything in its session at once, and wait for its end."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _keep(
    command: Sequence[str | Path],
    folder: Path,
    output: Path,
    environment: Mapping[str, str] | None,
    started: "Future[subprocess.Popen[bytes]]",
) -> None:
    try:
        with output.open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - the programs are ours, no shell is involved
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent(),  # noqa: PLW1509 - one system call, no lock taken
            )
    except BaseException as error:  # noqa: BLE001 - handed to the caller, whichever it is
        started.set_exception(error)
        return
    started.set_result(process)
    process.wait()


def _die_with_parent() -> Callable[[], None] | None:
    if sys.platform != "linux":
        return None
    # Loaded before the fork: the child may not import.
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def bind_to_parent() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return bind_to_parent
