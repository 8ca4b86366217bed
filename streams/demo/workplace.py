"""Where a demo works: a folder of its own, cleared of what a killed run left behind."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def workplace(environment: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Give an empty folder in the user's cache, and remove it afterwards.

    A folder is named after its process; those of processes that are gone are removed first.
    OSError where nothing can be written.
    """
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    base = (named if named.is_absolute() else Path.home() / ".cache") / "pulse" / "demo"
    base.mkdir(parents=True, exist_ok=True)
    for left in base.iterdir():
        if left.name.isdigit() and not _lives(int(left.name)):
            shutil.rmtree(left, ignore_errors=True)
    folder = base / str(os.getpid())
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _lives(process: int) -> bool:
    with suppress(ProcessLookupError):
        try:
            os.kill(process, 0)
        except PermissionError:
            return True
        return True
    return False
