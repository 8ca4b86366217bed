"""A worker with a local store, started again: what it reads of the changelog, and what it gives."""

from __future__ import annotations

import resource
import shutil
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from streams.broker import Broker
from streams.broker.processes import kill_process
from streams.demo.worker_process import WorkerProcess, total
from streams.topics import changelog_name

from .deployment import Deployment, deployed, read_topics, records_counted, wait_until
from .events import busy_history
from .expected import check_outputs

pytestmark = [pytest.mark.broker, pytest.mark.slow]

LINES = 30_000
COMMUNITIES = 20
DISK = {"state": {"store": "disk", "hot_communities": 8}}


def history(folder: Path) -> Path:
    file = folder / "events.ndjson"
    file.write_bytes(b"\n".join(busy_history(LINES, days=120, communities=COMMUNITIES)))
    return file


def part_of(file: Path, start: int, end: int) -> Path:
    part = file.with_name(f"part-{start}-{end}.ndjson")
    with file.open("rb") as lines:
        part.write_bytes(b"".join(islice(lines, start, end)))
    return part


def read_of_changelog(worker: WorkerProcess) -> float:
    return total(worker.samples(), "pulse_recovery_records_total")


def size_of_changelog(deployment: Deployment) -> int:
    """How many records stand in it; each recovery adds a few."""
    return len(read_topics(deployment.servers, [changelog_name(deployment.loaded())]))


def wait_until_applied(end: int, *workers: WorkerProcess) -> None:
    """Return when workers have together applied so many records of the topic's beginning."""

    def applied() -> bool:
        return end <= sum(total(w.samples(), "pulse_partition_applied_offset") for w in workers)

    wait_until(applied, f"{end} records applied", workers[0])


def communities_in_memory(worker: WorkerProcess) -> tuple[float, float]:
    found = worker.samples()
    return total(found, "pulse_communities_in_memory"), total(found, "pulse_communities")


def test_a_restart_reads_only_what_others_wrote_since(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path)
    with deployed(broker, topic_prefix, tmp_path, DISK) as deployment:
        deployment.produce(part_of(file, 0, 10_000))
        with deployment.worker(folder="first") as worker:
            wait_until_applied(10_000, worker)
            hot, known = communities_in_memory(worker)
            assert hot <= 8
            assert known == COMMUNITIES
        with deployment.worker(folder="first") as worker:
            assert read_of_changelog(worker) == 0
            assert communities_in_memory(worker) == (0, COMMUNITIES)
            deployment.produce(part_of(file, 10_000, 15_000))
            wait_until_applied(15_000, worker)

        before = size_of_changelog(deployment)
        with deployment.worker(folder="second") as worker:
            assert read_of_changelog(worker) >= before
            deployment.produce(part_of(file, 15_000, 20_000))
            wait_until_applied(20_000, worker)

        whole = size_of_changelog(deployment)
        with deployment.worker(folder="first") as worker:
            assert 0 < read_of_changelog(worker) <= whole - before
            deployment.produce(part_of(file, 20_000, LINES))
            wait_until_applied(LINES, worker)

        check_outputs(deployment, file)


def test_a_killed_worker_goes_on_with_its_local_store(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path)
    with deployed(broker, topic_prefix, tmp_path, DISK) as deployment:
        deployment.produce(file)
        for least in (3_000, 6_000):
            with deployment.worker(folder="one") as worker:
                wait_until(
                    lambda worker=worker, least=least: records_counted(worker.samples()) >= least,  # type: ignore[misc]
                    f"{least} records applied",
                    worker,
                )
                kill_process(worker.process)
            written = size_of_changelog(deployment)
        with deployment.worker(folder="one") as worker:
            # Of the batch in hand of each partition, at most.
            assert read_of_changelog(worker) < written / 2
            samples = deployment.wait_until_caught_up(worker)
        assert 0 < records_counted(samples) < LINES

        check_outputs(deployment, file)


def test_a_local_store_of_another_changelog_is_dropped(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path)
    with deployed(broker, topic_prefix, tmp_path, DISK, partitions=2) as deployment:
        deployment.produce(file)
        with deployment.worker(folder="one") as worker:
            deployment.wait_until_caught_up(worker)
        deployment.pulse("rebuild")
        with deployment.worker(folder="one") as worker:
            assert read_of_changelog(worker) == 0
            deployment.wait_until_caught_up(worker)
            lines = worker.tail(500).splitlines()
        dropped = [line for line in lines if "drops the local store" in line]
        assert len(dropped) == 1
        assert dropped[0].endswith("it is of another changelog")

        check_outputs(deployment, file)


def test_a_data_folder_that_is_in_use_is_a_matter_of_configuration(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    with (
        deployed(broker, topic_prefix, tmp_path, DISK, partitions=1) as deployment,
        deployment.worker(folder="one"),
    ):
        code, said = deployment.fails(
            "worker", "--web-port", "0", "--data-dir", str(tmp_path / "one")
        )
    assert code == 2
    assert "is in use by another process: give each worker a data folder of its own" in said


def test_a_lost_local_store_is_read_from_the_changelog(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    file = history(tmp_path)
    with deployed(broker, topic_prefix, tmp_path, DISK, partitions=2) as deployment:
        deployment.produce(part_of(file, 0, 20_000))
        with deployment.worker(folder="one") as worker:
            wait_until_applied(20_000, worker)
        shutil.rmtree(tmp_path / "one" / "state")
        with deployment.worker(folder="one") as worker:
            assert read_of_changelog(worker) > 0
            deployment.produce(part_of(file, 20_000, LINES))
            wait_until_applied(LINES, worker)

        check_outputs(deployment, file)


@pytest.mark.parametrize("settings", [{}, DISK], ids=["memory", "disk"])
def test_a_data_folder_that_cannot_be_written_is_a_matter_of_configuration(
    broker: Broker, topic_prefix: str, tmp_path: Path, settings: dict[str, Any]
) -> None:
    folder = tmp_path / "file" / "data"
    (tmp_path / "file").write_bytes(b"")
    with deployed(broker, topic_prefix, tmp_path, settings, partitions=1) as deployment:
        code, said = deployment.fails("worker", "--web-port", "0", "--data-dir", str(folder))
    assert code == 2
    assert said.splitlines()[-1] == f"pulse: cannot write to {folder}: Not a directory"


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="needs Linux")
def test_a_full_disk_ends_the_worker_and_the_next_one_reads_the_changelog(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    """The limit on the size of files stands in for the disk's."""
    file = history(tmp_path)
    with deployed(broker, topic_prefix, tmp_path, DISK, partitions=2) as deployment:
        with deployment.worker(folder="one") as worker:
            limit = 50_000
            resource.prlimit(worker.process.pid, resource.RLIMIT_FSIZE, (limit, limit))
            deployment.produce(part_of(file, 0, 20_000))
            assert worker.process.wait(timeout=60) == 1
            last = worker.tail(1)
        assert f"LocalStoreError: the local store in {tmp_path / 'one' / 'state'}: " in last
        assert "File too large" in last
        with deployment.worker(folder="one") as worker:
            assert read_of_changelog(worker) > 0
            lines = worker.tail(500)
            deployment.produce(part_of(file, 20_000, LINES))
            wait_until_applied(LINES, worker)
        assert "drops the local store" in lines
        assert "it failed when it was used last" in lines

        check_outputs(deployment, file)
