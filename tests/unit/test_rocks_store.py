"""The local store on disk: what it keeps, and that it never stands in the way of a start."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from streams import rocks_store
from streams.local_store import LocalStoreError
from streams.read_back import ReadBacks
from streams.rocks_store import RocksStore
from tests.logs import all_of, in_memory, logged, random_log
from tests.stores import MemoryStore

WRITER = """
import os, sys
from pathlib import Path
from streams.rocks_store import RocksStore
section = RocksStore(Path(sys.argv[1]), b"one").section(7)
for number in range(1000):
    section.write([(b"a%d" % number, b"x"), (b"b%d" % number, b"x")])
os.kill(os.getpid(), 9)
"""

FULL_DISK = """
import resource, signal, sys
from pathlib import Path
from streams.local_store import LocalStoreError
from streams.rocks_store import RocksStore
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
section = RocksStore(Path(sys.argv[1]), b"one").section(7)
section.write([(b"first", b"x")])
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
try:
    for number in range(100):
        section.write([(b"%d" % number, b"x" * 10_000)])
except LocalStoreError as error:
    print(error)
"""


def run_in_process(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, str(folder)],
        cwd=Path(__file__).parents[2],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )


def content(store: RocksStore | MemoryStore, partition: int) -> dict[bytes, bytes]:
    return dict(store.section(partition).scan(b""))


def test_it_does_what_the_one_in_memory_does(tmp_path: Path) -> None:
    dice, real, model = random.Random(5), RocksStore(tmp_path / "s", b"one"), MemoryStore()
    partitions = [0, 1, 255, 256, 65_535]
    keys = [bytes(dice.choices([0, 97, 98, 255], k=dice.randint(1, 4))) for _ in range(40)]
    for _ in range(300):
        partition = dice.choice(partitions)
        changes = [
            (dice.choice(keys), dice.choice([None, b"", dice.randbytes(5)])) for _ in range(4)
        ]
        cleared = [key for key in dice.sample(keys, 2) if dice.random() < 0.1]
        for store in (real, model):
            store.section(partition).write(changes, cleared)
    for partition in partitions:
        assert content(real, partition) == content(model, partition)
        assert list(real.section(partition).scan(b"a")) == list(model.section(partition).scan(b"a"))
        for key in keys:
            assert real.section(partition).get(key) == model.section(partition).get(key)
    real.close()


def test_changelog_partitions_are_found_again_in_it(tmp_path: Path) -> None:
    logs = {number: random_log(random.Random(number)) for number in range(4)}
    store = RocksStore(tmp_path, b"one")
    for number, log in logs.items():
        ReadBacks(store, 1).open(number).absorb(logged(log))
    store.close()
    store = RocksStore(tmp_path, b"one")
    for number, log in logs.items():
        found = ReadBacks(store, 1).open(number)
        assert all_of(found.recovered) == all_of(in_memory(logged(log)).recovered)
    store.close()


def test_a_killed_process_leaves_all_that_it_wrote(tmp_path: Path) -> None:
    assert run_in_process(WRITER, tmp_path).returncode == -9
    store = RocksStore(tmp_path, b"one")
    assert len(content(store, 7)) == 2_000
    store.close()


def test_that_of_another_changelog_is_dropped_in_one_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = RocksStore(tmp_path, b"one")
    store.section(0).write([(b"a", b"1")])
    store.close()
    with caplog.at_level(logging.WARNING):
        store = RocksStore(tmp_path, b"two")
    assert content(store, 0) == {}
    assert [record.message for record in caplog.records] == [
        "drops the local store, reads the changelog from its start: it is of another changelog"
    ]
    store.close()


def test_a_store_that_is_distrusted_is_empty_at_the_next_start(tmp_path: Path) -> None:
    store = RocksStore(tmp_path, b"one")
    store.section(0).write([(b"a", b"1")])
    store.distrust()
    store.close()
    store = RocksStore(tmp_path, b"one")
    assert content(store, 0) == {}
    store.section(0).write([(b"a", b"2")])
    store.close()
    store = RocksStore(tmp_path, b"one")
    assert content(store, 0) == {b"a": b"2"}
    store.close()


def test_an_error_of_the_database_leads_to_an_empty_one_at_the_next_start(tmp_path: Path) -> None:
    store = RocksStore(tmp_path, b"one")
    store.section(0).write([(b"a", b"1")])
    store.close()
    with pytest.raises(LocalStoreError, match=str(tmp_path)):
        store.section(0).get(b"a")
    store = RocksStore(tmp_path, b"one")
    assert content(store, 0) == {}
    store.close()


def test_a_full_disk_is_named_and_the_next_start_is_a_clean_one(tmp_path: Path) -> None:
    """The limit on the size of files stands in for the disk's."""
    ended = run_in_process(FULL_DISK, tmp_path)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.startswith(f"the local store in {tmp_path}: IO error: ")
    assert "File too large" in ended.stdout
    store = RocksStore(tmp_path, b"one")
    assert content(store, 7) == {}
    store.close()


def damaged(folder: Path, pattern: str, change: Callable[[bytes], bytes]) -> None:
    (file,) = folder.glob(pattern)
    file.write_bytes(change(file.read_bytes()))


def filled(folder: Path) -> None:
    """Leave a database whose values stand in one file, in many blocks."""
    store = RocksStore(folder, b"one")
    values = [(b"%06d" % number, random.Random(number).randbytes(100)) for number in range(2_000)]
    store.section(0).write(values)
    store._database.flush()
    store._database.compact_range(None, None)
    store.close()


def test_a_store_that_is_damaged_is_dropped(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    filled(tmp_path)
    damaged(tmp_path, "MANIFEST-*", lambda _: b"junk")
    store = RocksStore(tmp_path, b"one")
    assert content(store, 0) == {}
    assert "drops the local store" in caplog.text
    store.close()


def test_damage_in_the_midst_of_it_is_seen_when_it_is_read(tmp_path: Path) -> None:
    """The library's own loop over keys ends at a damaged block as if that were the end."""

    def flipped(content: bytes) -> bytes:
        middle = len(content) // 2
        return content[:middle] + bytes(50) + content[middle + 50 :]

    filled(tmp_path)
    damaged(tmp_path, "*.sst", flipped)
    store = RocksStore(tmp_path, b"one")
    with pytest.raises(LocalStoreError, match="block checksum mismatch"):
        content(store, 0)
    store.close()
    store = RocksStore(tmp_path, b"one")
    assert content(store, 0) == {}
    store.close()


def test_what_is_written_behind_a_scan_that_runs_does_not_disturb_it(tmp_path: Path) -> None:
    store = RocksStore(tmp_path, b"one")
    section = store.section(0)
    section.write([(b"a1", b""), (b"a2", b"")])
    found = []
    for key, _ in section.scan(b"a"):
        found.append(key)
        section.write([(b"a3", b""), (b"a2", None)])
    assert found == [b"a1", b"a2"]
    store.close()


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotADirectoryError):
        RocksStore(tmp_path / "file" / "state", b"one")


def test_one_that_can_be_neither_opened_nor_made_anew_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        message = "IO error: While open a file for lock: LOCK: Permission denied"
        raise Exception(message)  # noqa: TRY002 (as the library does)

    monkeypatch.setattr(rocks_store, "Rdict", fail)
    with pytest.raises(LocalStoreError, match=r"cannot be opened: IO error: .* Permission denied"):
        RocksStore(tmp_path, b"one")


def test_one_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    store = RocksStore(tmp_path, b"one")
    store.section(0).write([(b"a", b"1")])
    store.distrust()
    with pytest.raises(LocalStoreError, match="in use by another process: give each worker"):
        RocksStore(tmp_path, b"one")
    # Nothing is dropped of what is in use.
    assert content(store, 0) == {b"a": b"1"}
    store.close()
