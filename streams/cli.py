"""The command line: parses arguments, calls, prints; decides nothing (contract, section 6).

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
"""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from rules.configuration import Configuration
from rules.documents import DocumentError
from streams import __version__
from streams.catalogue import shipped_catalogue
from streams.settings import load_configuration

app = typer.Typer(
    name="pulse",
    help="Early warning for online communities: events in, alerts with their playbooks out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
rules_app = typer.Typer(help="Rules, playbooks and configuration.", no_args_is_help=True)
topics_app = typer.Typer(help="The topics on the cluster.", no_args_is_help=True)
schema_app = typer.Typer(help="The published schemas.", no_args_is_help=True)
alerts_app = typer.Typer(help="The alert topics.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")
app.add_typer(topics_app, name="topics")
app.add_typer(schema_app, name="schema")
app.add_typer(alerts_app, name="alerts")

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", help="YAML file; else the one that PULSE_CONFIG names."),
]


def say(text: str) -> None:
    """Print a line for people, on standard error."""
    typer.echo(text, err=True)


def fail(problem: str, code: int) -> NoReturn:
    """End with one clear message on standard error."""
    say(f"pulse: {problem}")
    raise typer.Exit(code)


def configure(path: Path | None) -> Configuration:
    """Load the configuration, or end with file, key and reason (exit 2)."""
    try:
        return load_configuration(path, shipped_catalogue())
    except DocumentError as error:
        fail(str(error), 2)


@contextmanager
def cluster_errors() -> Iterator[None]:
    """Turn what can go wrong with Kafka and files into one line and an exit code."""
    from streams.lines import FileError  # noqa: PLC0415 (aiokafka takes its time to import)
    from streams.topics import ClusterError, TopicsError  # noqa: PLC0415

    try:
        yield
    except DocumentError as error:
        fail(str(error), 2)
    except TopicsError as error:
        fail("\npulse: ".join(error.problems), 1)
    except (ClusterError, FileError) as error:
        fail(str(error), 1)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"pulse {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Early warning for online communities."""


@app.command()
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

    _check_file(events)
    configure(config)
    signal.signal(signal.SIGTERM, _interrupt)
    logging.basicConfig(level=logging.CRITICAL)
    try:
        with cluster_errors():
            options = DemoOptions(events, config, out, partitions)
            run_demo(options, shipped_catalogue(), _print)
    except PrerequisiteMissing as error:
        fail(str(error), 2)
    except (BrokerError, DemoError, WorkerError, OSError) as error:
        fail(str(error), 1)


@app.command()
def worker(
    web_port: Annotated[
        int, typer.Option(help="Port of /metrics, /healthz and /readyz; 0 takes any free one.")
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
    and started anywhere; the data folder only holds what belongs to the running process.

    Exit codes: 0 stopped by a signal, 1 failed (a restart goes on exactly), 2 wrong
    configuration. The last line of the log says why.
    """
    configuration = configure(config)
    _set_up_logging(log_level)
    from streams.run_worker import PortTakenError, run_worker  # noqa: PLC0415

    with cluster_errors():
        try:
            run_worker(configuration, web_host, web_port, data_dir, patience, say)
        except PortTakenError as error:
            fail(str(error), 2)


@app.command()
def rebuild(config: ConfigOption = None) -> None:
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
        for line in forget(client, configuration):
            typer.echo(line)


@app.command()
def produce(
    file: Annotated[str, typer.Argument(help="NDJSON, plain or .gz; - is standard input.")],
    config: ConfigOption = None,
) -> None:
    """Send a file of events to the events topic.

    Key = community, record timestamp = arrival. A line that cannot be read goes as it is, without
    key, at the arrival of the line before.
    """
    from models.topics import EVENTS  # noqa: PLC0415
    from streams.connection import read_connection  # noqa: PLC0415
    from streams.produce import produce as send  # noqa: PLC0415
    from streams.progress import file_bar  # noqa: PLC0415
    from streams.topics import administration, partitions_of  # noqa: PLC0415

    _check_file(file)
    configuration = configure(config)
    topic = configuration.kafka.topic_prefix + EVENTS.name
    with cluster_errors():
        connection = read_connection()
        with administration(connection, say) as client:
            if partitions_of(client, topic) is None:
                fail(f"topic {topic} is missing; create it with: pulse topics apply", 1)
        with file_bar("sending events", file) as watch:
            produced = send(connection, topic, file, watch)
    say(f"sent {produced.lines:,} lines to {topic}, {produced.unreadable:,} of them unreadable")


@app.command()
def replay(
    file: Annotated[str, typer.Argument(help="NDJSON, plain or .gz; - is standard input.")],
    config: ConfigOption = None,
    until: Annotated[
        str | None, typer.Option(help="Move the clock on to this instant (RFC 3339) at the end.")
    ] = None,
    partitions: Annotated[
        int, typer.Option(min=1, help="Split the file as Kafka would by community.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Write the alert records here; else standard output.")
    ] = None,
) -> None:
    """Judge a file with the same engine, without Kafka: alert records as NDJSON."""
    from models.instants import parse_instant  # noqa: PLC0415
    from streams.replay_file import replay_file  # noqa: PLC0415

    _check_file(file)
    configuration = configure(config)
    instant = parse_instant(until) if until is not None else None
    if until is not None and instant is None:
        fail(f"--until: not an instant of RFC 3339 with offset: {until!r}", 2)
    with cluster_errors():
        try:
            replay_file(file, configuration, shipped_catalogue(), instant, partitions, out, say)
        except BrokenPipeError:
            _leave_pipe()
        except OSError as error:
            fail(f"{error.filename or out or 'standard output'}: {error.strerror}", 1)


@rules_app.command("check")
def rules_check(
    files: Annotated[
        list[str] | None,
        typer.Argument(help="Configurations, definitions, playbooks or rule tests to check too."),
    ] = None,
    tests: Annotated[bool, typer.Option("--tests", help="Run the rule tests as well.")] = False,
) -> None:
    """Validate the shipped rules and playbooks, the configuration, and the given files."""
    from streams.check_rules import check_rules  # noqa: PLC0415

    checked = check_rules(files or [], run_tests=tests)
    for line in checked.lines:
        typer.echo(line)
    for problem in checked.problems:
        say(f"pulse: {problem}")
    if checked.problems:
        raise typer.Exit(2)
    if checked.failures:
        raise typer.Exit(1)


@app.command()
def explain(
    file: Annotated[str, typer.Argument(help="Alert records as NDJSON; - is standard input.")],
) -> None:
    """Recompute the verdict of each alert record from the record alone, and say why."""
    from streams.explain_file import explain_file  # noqa: PLC0415

    _check_file(file)
    with cluster_errors():
        mismatches = explain_file(file, shipped_catalogue(), typer.echo)
    if mismatches:
        fail(f"{mismatches} records do not match", 1)


@topics_app.command("apply")
def topics_apply(
    config: ConfigOption = None,
    alter: Annotated[
        bool, typer.Option("--alter", help="Mend the clean-up policy of existing topics.")
    ] = False,
    patience: Annotated[
        float, typer.Option(min=0, help="Seconds for which an unreachable cluster is tried.")
    ] = 60.0,
) -> None:
    """Create the topics that are missing, and check those that exist."""
    from streams.connection import read_connection  # noqa: PLC0415
    from streams.topics import administration, apply_topics  # noqa: PLC0415

    configuration = configure(config)
    with (
        cluster_errors(),
        administration(read_connection(), say, patience) as client,
    ):
        for line in apply_topics(client, configuration, alter=alter):
            typer.echo(line)


@schema_app.command("export")
def schema_export(
    directory: Annotated[Path, typer.Argument(help="Folder to write to.")] = Path("schemas"),
) -> None:
    """Write JSON Schema of every record, and an AsyncAPI 3 document."""
    from streams.schema import export  # noqa: PLC0415

    try:
        for path in export(directory):
            typer.echo(path)
    except OSError as error:
        fail(f"{error.filename or directory}: {error.strerror}", 1)


@alerts_app.command("tail")
def alerts_tail(
    config: ConfigOption = None,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="Begin with the oldest record.")
    ] = False,
    follow: Annotated[
        bool, typer.Option("--follow/--no-follow", help="Wait for more at the end.")
    ] = True,
    json: Annotated[bool, typer.Option("--json", help="Print the records as they are.")] = False,
) -> None:
    """Follow the alert topics, one readable line a record."""
    from streams.connection import read_connection  # noqa: PLC0415
    from streams.tail import tail  # noqa: PLC0415

    configuration = configure(config)
    with cluster_errors():
        try:
            tail(
                read_connection(),
                configuration,
                _print,
                from_beginning=from_beginning,
                follow=follow,
                raw=json,
            )
        except BrokenPipeError:
            _leave_pipe()


def _print(line: str) -> None:
    print(line, flush=True)  # noqa: T201 (what the command is for)


def _check_file(path: str | None) -> None:
    if path not in (None, "-") and not Path(str(path)).is_file():
        fail(f"{path}: no such file", 2)


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


def _leave_pipe() -> NoReturn:
    # The reader has gone; Python would complain again when it flushes at exit.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise typer.Exit(1)


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
    for name in ("faust", "mode", "aiokafka", "kafka", "asyncio", "streams.faust_internals"):
        logging.getLogger(name).setLevel(max(number, logging.WARNING) if number > 10 else number)


def main() -> None:
    """Run the command line; what is interrupted says so and exits with 130."""
    try:
        sys.exit(app(standalone_mode=False))
    except (KeyboardInterrupt, typer.Abort):
        say("pulse: interrupted")
        sys.exit(130)
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        sys.exit(2)
