"""Lines of a file of events: plain, gzip or standard input; a file that is wrong gets one line."""

from __future__ import annotations

import gzip
import io
import sys
from pathlib import Path

import pytest

from models.events import Event
from models.rejections import Rejection
from streams.lines import FileError, arrival_of, read_events, read_lines

EVENT = b'{"id":"1","type":"heartbeat","time":"2026-11-22T12:00:00Z","community_id":"42"}'
NOON = 1_795_348_800_000


def lines_of(content: bytes, path: Path) -> list[bytes]:
    path.write_bytes(content)
    return list(read_lines(str(path)))


CONTENTS = [
    ("two lines", b"one\ntwo\n", [b"one", b"two"]),
    ("no newline at the end", b"one\ntwo", [b"one", b"two"]),
    ("ends of Windows", b"one\r\ntwo\r\n", [b"one", b"two"]),
    ("empty lines", b"\n\none\n\r\n  \n\ttwo\n\n", [b"one", b"\ttwo"]),
    ("nothing", b"", []),
    ("newlines only", b"\n\r\n\n", []),
    ("a carriage return inside", b"one\rtwo\n", [b"one\rtwo"]),
    ("other line ends of Unicode", "one\u2028two\x85\n".encode(), ["one\u2028two\x85".encode()]),
    ("bytes that are no text", b"\xff\x00\n\xfe", [b"\xff\x00", b"\xfe"]),
    ("one byte", b"\x1f", [b"\x1f"]),
    ("a long line", b"x" * 1_000_000 + b"\ny", [b"x" * 1_000_000, b"y"]),
]


@pytest.mark.parametrize(
    ("content", "lines"), [pytest.param(*row[1:], id=row[0]) for row in CONTENTS]
)
def test_a_file_is_read_line_by_line(content: bytes, lines: list[bytes], tmp_path: Path) -> None:
    assert lines_of(content, tmp_path / "events.ndjson") == lines
    assert lines_of(gzip.compress(content), tmp_path / "events.ndjson.gz") == lines


def test_gzip_is_told_by_its_bytes_and_not_by_the_name(tmp_path: Path) -> None:
    assert lines_of(gzip.compress(b"one\n"), tmp_path / "events.ndjson") == [b"one"]
    assert lines_of(b"one\n", tmp_path / "events.ndjson.gz") == [b"one"]


def test_gzip_files_one_after_another_are_one_file(tmp_path: Path) -> None:
    content = gzip.compress(b"one\ntw") + gzip.compress(b"o\n")
    assert lines_of(content, tmp_path / "events.gz") == [b"one", b"two"]


class Pipe(io.BytesIO):
    """What can be read only once."""

    def seekable(self) -> bool:
        return False


class Input:
    """A standard input that holds `content`."""

    def __init__(self, content: bytes) -> None:
        self.buffer = io.BufferedReader(Pipe(content))


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_hyphen_is_standard_input(packed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    content = b"one\r\n\ntwo"
    monkeypatch.setattr(sys, "stdin", Input(gzip.compress(content) if packed else content))
    heard: list[int] = []
    assert list(read_lines("-", heard.append)) == [b"one", b"two"]
    assert not sys.stdin.buffer.closed
    assert heard == [], "nobody knows how much is still to come"


def failure(path: Path) -> str:
    with pytest.raises(FileError) as caught:
        list(read_lines(str(path)))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing.ndjson"
    assert failure(path) == f"{path}: No such file or directory"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert failure(tmp_path) == f"{tmp_path}: Is a directory"


PACKED = gzip.compress(b"".join(b"%d\n" % number for number in range(100_000)))


@pytest.mark.parametrize("kept", [2, 5, 10, 18, len(PACKED) // 2, len(PACKED) - 8, len(PACKED) - 1])
def test_a_gzip_file_that_is_cut_short_is_named(kept: int, tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(PACKED[:kept])
    assert failure(path).startswith(f"{path}: Compressed file ended before")


def test_what_stands_before_the_cut_is_read(tmp_path: Path) -> None:
    path = tmp_path / "cut.gz"
    path.write_bytes(PACKED[: len(PACKED) // 2])
    lines = read_lines(str(path))
    assert [next(lines) for _ in range(100)] == [b"%d" % number for number in range(100)]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PACKED[:5_000] + b"\xff" * 100 + PACKED[5_100:], id="spoiled inside"),
        pytest.param(PACKED + b"more", id="followed by something else"),
        pytest.param(PACKED[:-8] + bytes(8), id="of a wrong checksum"),
        pytest.param(b"\x1f\x8b\xff" + PACKED[3:], id="of an unknown method"),
    ],
)
def test_a_gzip_file_that_is_spoiled_is_named(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "spoiled.gz"
    path.write_bytes(content)
    assert failure(path).startswith(f"{path}: ")
    assert len(failure(path)) > len(f"{path}: ")


def test_each_line_comes_with_its_event_or_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(EVENT + b"\nnot one\n")
    (line, event), (other, rejection) = read_events(str(path))
    assert line == EVENT
    assert isinstance(event, Event)
    assert other == b"not one"
    assert isinstance(rejection, Rejection)


@pytest.mark.parametrize(
    ("received_at", "arrival"), [(None, NOON), ("2026-11-22T13:00:00Z", NOON + 3_600_000)]
)
def test_an_event_arrives_when_it_was_received_else_when_it_happened(
    received_at: str | None, arrival: int
) -> None:
    event = Event("1", "heartbeat", "2026-11-22T12:00:00Z", "42", received_at=received_at)
    assert arrival_of(event) == arrival


def test_the_reading_is_watched(tmp_path: Path) -> None:
    path = tmp_path / "events.ndjson"
    path.write_bytes(b"line\n" * 50_000)
    heard: list[int] = []
    assert sum(1 for _ in read_lines(str(path), heard.append)) == 50_000
    assert heard == sorted(heard)
    assert 0 < heard[-1] <= path.stat().st_size
    assert 10 <= len(heard) <= 100, "each line costs enough without"
