"""Files that are either wholly the old one or wholly the new one."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


def write_whole(path: Path, text: str) -> Path:
    """Put `text` at `path` at once: a reader never sees half of it. OSError where that fails."""
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as directory:
        draft = Path(directory) / path.name
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    return path


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that takes the place of `path` where the block ends without an error.

    For what is written piece by piece. OSError where that fails.
    """
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
