"""Files that are either wholly the old one or wholly the new one."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, text: str) -> Path:
    """Put `text` at `path` at once: a reader never sees half of it. OSError where that fails."""
    place = _place_of(path)
    if _is_no_file(place):
        place.write_text(text, encoding="utf-8", newline="\n")
        return path
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=place.parent) as directory:
        draft = Path(directory) / place.name
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(place)
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `path` where the block ends without an error.

    For what is written piece by piece. OSError where that fails.
    """
    place = _place_of(path)
    if _is_no_file(place):
        with place.open("wb") as device:
            yield device
        return
    partial = place.with_name(place.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(place)
    finally:
        partial.unlink(missing_ok=True)


def _place_of(path: Path) -> Path:
    """Return where the bytes go: a link stays, and what it names is replaced."""
    return Path(os.path.realpath(path)) if path.is_symlink() else path


def _is_no_file(place: Path) -> bool:
    """Tell whether something else stands there, which must not be replaced: /dev/null, a pipe."""
    return place.exists() and not place.is_file()
