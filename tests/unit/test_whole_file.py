"""Files that are replaced at once; and what is no file, or a link, which never is."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.whole_file import whole_file, write_whole


def piece_by_piece(path: Path, text: str) -> None:
    with whole_file(path) as file:
        file.write(text.encode())


def write_half(path: Path) -> None:
    with whole_file(path) as file:
        file.write(b"new")
        raise InterruptedError


WRITERS = pytest.mark.parametrize("write", [write_whole, piece_by_piece])
Write = Callable[[Path, str], object]


@WRITERS
def test_a_file_is_written_and_replaced(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "out"
    for text in ("one\n", "two\n"):
        write(path, text)
        assert path.read_text("utf-8") == text
    assert list(tmp_path.iterdir()) == [path]


def test_a_block_that_fails_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(InterruptedError):
        write_half(path)
    assert path.read_text("utf-8") == "old"
    assert list(tmp_path.iterdir()) == [path]


@WRITERS
def test_a_pipe_or_device_is_written_to_and_stays_what_it_is(write: Write, tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        write(path, "text\n")
        assert os.read(reader, 100) == b"text\n"
    finally:
        os.close(reader)
    assert path.is_fifo()
    assert list(tmp_path.iterdir()) == [path]


@WRITERS
def test_a_link_stays_and_what_it_names_is_replaced(write: Write, tmp_path: Path) -> None:
    path, named = tmp_path / "link", tmp_path / "named"
    path.symlink_to("named")
    write(path, "text\n")
    assert path.is_symlink()
    assert named.read_text("utf-8") == "text\n"


@WRITERS
def test_a_folder_is_refused_by_name(write: Write, tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError) as caught:
        write(tmp_path, "text\n")
    assert caught.value.filename == str(tmp_path)
