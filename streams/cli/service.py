"""The commands that run the service: demo, worker, rebuild."""

import logging
import signal
import sys
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from streams.catalogue import shipped_catalogue
from streams.cli.common import (
    ConfigOption,
    check_file,
    check_output,
    cluster_errors,
    configure,
    fail,
    print_line,
    say,
)

service = typer.Typer()


@service.command()
def demo(
    events: Annotated[
        str | None,
        typer.Option(help="NDJSON file of your own events (.gz too); else a simulated sample."),
    ] = None,
    config: ConfigOption = None,
    out: Annotated[Path | None, typer.Option(help="Also write the alert records here.")] = None,
    partitions: Annotated[int, typer.Option(min=1, max=64, help="Of the events topic.")] = 4,
) -> None:
    """The whole service on this machine: broker, topics, events, worker, alerts, summary.

    Uses the cluster at KAFKA_BOOTSTRAP_SERVERS if set, else starts a real Kafka broker for the
    run. Ends by itself and leaves nothing running.
    """
    from streams.broker import BrokerError, PrerequisiteMissing  # noqa: PLC0415
    from streams.demo import DemoError, DemoOptions, run_demo  # noqa: PLC0415
    from streams.demo.worker_process import WorkerError  # noqa: PLC0415

    check_file(events)
    check_output("--out", out, events)
    if out is not None and not out.parent.is_dir():
        # Said now, and not after the minutes that the demo takes.
        fail(f"--out: {out.parent}: no such folder", 2)
    configure(config)
    signal.signal(signal.SIGTERM, _interrupt)
    logging.basicConfig(level=logging.CRITICAL)
    try:
        with cluster_errors():
            options = DemoOptions(events, config, out, partitions)
            run_demo(options, shipped_catalogue(), print_line)
    except PrerequisiteMissing as error:
        fail(str(error), 2)
    except (BrokerError, DemoError, WorkerError, OSError) as error:
        fail(str(error), 1)


@service.command()
def worker(
    web_port: Annotated[
        int,
        typer.Option(
            min=0, max=65_535, help="Port of /metrics, /healthz and /readyz; 0 takes any free one."
        ),
    ] = 6066,
    data_dir: Annotated[
        Path, typer.Option(help="Folder of this worker; no two workers may share one.")
    ] = Path("pulse-data"),
    config: ConfigOption = None,
    web_host: Annotated[str, typer.Option(help="Address to listen on.")] = "0.0.0.0",  # noqa: S104
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds for which an unreachable cluster is tried.")
    ] = 60.0,
    log_level: Annotated[str, typer.Option(help="debug, info, warning or error.")] = "info",
) -> None:
    """Run one Faust worker: reads events, keeps state, publishes alerts.

    Start as many as you like, each with a port and a data folder of its own: they share the
    partitions of the events topic. `pulse topics apply` must have created the topics.

    The cluster is named by the environment: KAFKA_BOOTSTRAP_SERVERS (host:port, several by
    commas), KAFKA_SECURITY_PROTOCOL, KAFKA_SASL_MECHANISM, KAFKA_SASL_USERNAME,
    KAFKA_SASL_PASSWORD_FILE, KAFKA_SSL_CAFILE, KAFKA_SSL_CERTFILE, KAFKA_SSL_KEYFILE.
    What the worker remembers is kept in a changelog topic on the cluster, so it can be killed
    and started anywhere; the data folder only holds what belongs to the running process, and with
    `state: {store: disk}` a copy of the state, which is read from the changelog where it is lost.

    Exit codes: 0 stopped by a signal, 1 failed (a restart goes on exactly), 2 wrong
    configuration. The last line of the log says why.
    """
    configuration = configure(config)
    _set_up_logging(log_level)
    from streams.run_worker import UnusableError, run_worker  # noqa: PLC0415

    with cluster_errors():
        try:
            run_worker(configuration, web_host, web_port, data_dir, patience, say)
        except UnusableError as error:
            fail(str(error), 2)


@service.command()
def rebuild(
    config: ConfigOption = None,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds to wait for workers that were just stopped.")
    ] = 30.0,
) -> None:
    """Forget the state: the next worker makes it anew from the events topic.

    Needed after a change that the state cannot follow (time zone of a community, number of
    partitions, an older format); the worker then says so. Stop all workers first. Alerts that
    were published before come again with the same ids.
    """
    from streams.connection import read_connection  # noqa: PLC0415
    from streams.rebuild import rebuild as forget  # noqa: PLC0415
    from streams.topics import administration  # noqa: PLC0415

    configuration = configure(config)
    with cluster_errors(), administration(read_connection(), say) as client:
        for line in forget(client, configuration, patience):
            typer.echo(line)


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _set_up_logging(level: str) -> None:
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        fail(f"--log-level: unknown level {level!r}", 2)
    logging.basicConfig(
        level=number,
        stream=sys.stderr,
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # The clients speak of every connection; their warnings are enough unless debugging.
    for name in ("faust", "mode", "aiokafka", "kafka", "asyncio", "streams.watermark_consumer"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING) if number > 10 else number)
