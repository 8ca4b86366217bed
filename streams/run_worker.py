"""Starts a worker: the cluster reached, the topics checked, the port bound, then Faust."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rules.configuration import Configuration
from streams.catalogue import shipped_catalogue
from streams.compiled import BUILD
from streams.connection import read_connection
from streams.local_store import LocalStore, LocalStoreError
from streams.runner import run
from streams.seams import InternalsError
from streams.topics import ClusterError, administration, changelog_identity, check_topics
from streams.web import PORT_FILE
from streams.worker import PulseWorker, WorkerOptions

LOG = logging.getLogger("pulse")

STORE_FOLDER = "state"
"""Where the local store is in the data folder."""


class UnusableError(Exception):
    """The web port cannot be listened on, or the data folder not be used."""


def run_worker(
    configuration: Configuration,
    web_host: str,
    web_port: int,
    data_dir: Path,
    patience: float,
    report: Callable[[str], None],
) -> None:
    """Run one worker until a signal or a failure; it ends by SystemExit.

    ClusterError when the cluster stays unreachable for `patience` seconds, TopicsError where
    topics are missing or wrong, UnusableError where the port or the data folder is taken.
    """
    connection = read_connection()
    with administration(connection, report, patience) as client:
        partitions = check_topics(client, configuration)
        identity = changelog_identity(client, configuration, partitions)
    options = WorkerOptions(web_host, web_port, data_dir)
    try:
        store = _open_store(configuration, data_dir, identity)
        catalogue = shipped_catalogue()
        worker = PulseWorker(configuration, catalogue, connection, partitions, options, store)
    except InternalsError as error:
        raise ClusterError(
            f"Faust or aiokafka is not the one Pulse was written for: {error}"
        ) from None
    except OSError as error:
        raise UnusableError(f"cannot listen on {web_host}:{web_port}: {error.strerror}") from None
    with _writing_to(data_dir):
        _write_port(data_dir / PORT_FILE, worker.web_port)
    worker.watch(connection)
    LOG.info("worker %s, http port %d", BUILD, worker.web_port)
    run(worker.app, worker.web)


def _open_store(configuration: Configuration, data_dir: Path, identity: bytes) -> LocalStore | None:
    if configuration.state.store == "memory":
        return None
    from streams.rocks_store import RocksStore  # noqa: PLC0415 (a library that few need)

    try:
        with _writing_to(data_dir):
            return RocksStore(data_dir / STORE_FOLDER, identity)
    except LocalStoreError as error:
        raise UnusableError(str(error)) from None


@contextmanager
def _writing_to(data_dir: Path) -> Iterator[None]:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise UnusableError(f"cannot write to {data_dir}: {error.strerror}") from None


def _write_port(file: Path, port: int) -> None:
    # Renamed into place: who waits for the file must not find it empty.
    partial = file.with_name(file.name + ".partial")
    partial.write_text(f"{port}\n", encoding="utf-8")
    partial.replace(file)
