"""What a peer needs besides the sources here: built once, kept in the user's cache."""

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path

from streams.broker.processes import end_process, start_bound_process

_STAMP = ".complete"
_LOG = "setup.log"


class SetupError(Exception):
    """A peer that could not be built; the message is one clear line for the user."""


def cached(
    name: str,
    ingredients: Sequence[Path],
    make: Callable[[Path, Callable[[str], None]], None],
    report: Callable[[str], None],
) -> Path:
    """Return `pulse/<name>` in the user's cache, made anew where an ingredient has changed.

    It counts as complete by its last file, so what was broken off is made anew too. Only one
    benchmark runs at a time, so nobody else does the same meanwhile.
    """
    folder = _cache_folder() / name
    stamp = folder / _STAMP
    digest = hashlib.sha256(b"\0".join(file.read_bytes() for file in ingredients)).hexdigest()
    if not stamp.is_file() or stamp.read_text() != digest:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        make(folder, report)
        stamp.write_text(digest)
    return folder


def run_step(command: Sequence[str | Path], folder: Path, tool: str, complaint: str) -> None:
    """Run one step to its end; SetupError tells what `complaint` finds first in its output."""
    log = folder / _LOG
    process = start_bound_process(command, folder=folder, output=log)
    try:
        process.wait()
    finally:
        end_process(process, patience=5)
    if process.returncode != 0:
        said = log.read_text(errors="replace")
        found = re.search(complaint, said)
        lines = said.strip().splitlines() or ["it said nothing"]
        raise SetupError(f"{tool} failed: {found[1] if found else lines[-1]} (see {log})")


def _cache_folder() -> Path:
    # The XDG specification says that a relative path is to be ignored.
    named = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "pulse"
