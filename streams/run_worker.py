"""Starts a worker: the cluster reached, the topics checked, the port bound, then Faust."""

import logging
from collections.abc import Callable
from pathlib import Path

from rules.configuration import Configuration
from streams import __version__
from streams.catalogue import shipped_catalogue
from streams.connection import read_connection
from streams.runner import run
from streams.seams import InternalsError
from streams.topics import ClusterError, administration, check_topics
from streams.web import PORT_FILE
from streams.worker import PulseWorker, WorkerOptions

LOG = logging.getLogger("pulse")


class PortTakenError(Exception):
    """The web port cannot be listened on."""


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
    topics are missing or wrong, PortTakenError where the port is taken.
    """
    connection = read_connection()
    with administration(connection, report, patience) as client:
        partitions = check_topics(client, configuration)
    options = WorkerOptions(web_host, web_port, data_dir)
    try:
        worker = PulseWorker(configuration, shipped_catalogue(), connection, partitions, options)
    except InternalsError as error:
        raise ClusterError(
            f"Faust or aiokafka is not the one Pulse was written for: {error}"
        ) from None
    except OSError as error:
        raise PortTakenError(f"cannot listen on {web_host}:{web_port}: {error.strerror}") from None
    data_dir.mkdir(parents=True, exist_ok=True)
    _write_port(data_dir / PORT_FILE, worker.web_port)
    worker.watch(connection)
    LOG.info("worker %s, http port %d", __version__, worker.web_port)
    run(worker.app, worker.web)


def _write_port(file: Path, port: int) -> None:
    # Renamed into place: who waits for the file must not find it empty.
    partial = file.with_name(file.name + ".partial")
    partial.write_text(f"{port}\n", encoding="utf-8")
    partial.replace(file)
