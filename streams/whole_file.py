"""Files that are either wholly the old one or wholly the new one."""

import tempfile
from pathlib import Path


def write_whole(path: Path, text: str) -> Path:
    """Put `text` at `path` at once: a reader never sees half of it. OSError where that fails."""
    with tempfile.TemporaryDirectory(prefix=".draft-", dir=path.parent) as directory:
        draft = Path(directory) / path.name
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    return path
