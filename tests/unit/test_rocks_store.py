"""The local store on disk: what it keeps, and that it never stands in the way of a start."""

from __future__ import annotations

import logging
import random
import subprocess
import sys
from pathlib import Path

import pytest

from streams.local_store import LocalStoreError
from streams.read_back import ReadBacks
from streams.rocks_store import RocksStore
from tests.simulation.test_repairs import random_log
from tests.stores import MemoryStore
from tests.unit.test_mirror import all_of, in_memory, logged

WRITER = """
import os, sys
from pathlib import Path
from streams.rocks_store import RocksStore
section = RocksStore(Path(sys.argv[1]), b"one").section(7)
for number in range(1000):
    section.write([(b"a%d" % number, b"x"), (b"b%d" % number, b"x")])
os.kill(os.getpid(), 9)
"""


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
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    ended = subprocess.run(command, cwd=Path(__file__).parents[2], check=False, timeout=60)
    assert ended.returncode == -9
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


def test_after_distrust_it_is_empty(tmp_path: Path) -> None:
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


def test_a_damaged_one_is_dropped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = RocksStore(tmp_path, b"one")
    store.section(0).write([(b"a", b"1")])
    store.close()
    for file in tmp_path.glob("MANIFEST-*"):
        file.write_bytes(b"junk")
    store = RocksStore(tmp_path, b"one")
    assert content(store, 0) == {}
    assert "drops the local store" in caplog.text
    store.close()


def test_one_in_use_is_named_with_the_way_out(tmp_path: Path) -> None:
    store = RocksStore(tmp_path, b"one")
    with pytest.raises(LocalStoreError, match="in use by another process: give each worker"):
        RocksStore(tmp_path, b"one")
    store.close()
