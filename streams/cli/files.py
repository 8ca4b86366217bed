"""The commands that read files: produce, replay, explain."""

from pathlib import Path
from typing import Annotated

import typer

from streams.catalogue import shipped_catalogue
from streams.cli.common import (
    ConfigOption,
    check_file,
    check_output,
    cluster_errors,
    configure,
    fail,
    forget_output,
    leave_pipe,
    say,
)

files = typer.Typer()


@files.command()
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

    check_file(file)
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


@files.command()
def replay(
    file: Annotated[str, typer.Argument(help="NDJSON, plain or .gz; - is standard input.")],
    config: ConfigOption = None,
    until: Annotated[
        str | None, typer.Option(help="Move the clock on to this instant (RFC 3339) at the end.")
    ] = None,
    partitions: Annotated[
        int, typer.Option(min=1, max=10_000, help="Split the file as Kafka would by community.")
    ] = 1,
    out: Annotated[
        Path | None, typer.Option(help="Write the alert records here; else standard output.")
    ] = None,
    snapshots: Annotated[
        Path | None,
        typer.Option(help="Also write the snapshot of each judged day here, for `pulse review`."),
    ] = None,
) -> None:
    """Judge a file with the same engine, without Kafka: alert records as NDJSON."""
    from models.instants import parse_instant  # noqa: PLC0415
    from streams.replay_file import replay_file  # noqa: PLC0415

    check_file(file)
    check_output("--out", out, file)
    check_output("--snapshots", snapshots, file)
    configuration = configure(config)
    instant = parse_instant(until) if until is not None else None
    if until is not None and instant is None:
        fail(f"--until: not an instant of RFC 3339 with offset: {until!r}", 2)
    if snapshots is not None and out is not None and snapshots.resolve() == out.resolve():
        fail(f"--snapshots: {snapshots} is where --out writes the alert records", 2)
    catalogue = shipped_catalogue()
    with cluster_errors():
        try:
            replay_file(
                file, configuration, catalogue, instant, partitions, out, say, snapshots=snapshots
            )
        except BrokenPipeError:
            leave_pipe()
        except OSError as error:
            if out is None and error.filename is None:
                forget_output()
            fail(f"{error.filename or out or 'standard output'}: {error.strerror}", 1)


@files.command()
def explain(
    file: Annotated[str, typer.Argument(help="Alert records as NDJSON; - is standard input.")],
) -> None:
    """Recompute the verdict of each alert record from the record alone, and say why."""
    from streams.explain_file import explain_file  # noqa: PLC0415

    check_file(file)
    with cluster_errors():
        mismatches = explain_file(file, shipped_catalogue(), typer.echo)
    if mismatches:
        fail(f"{mismatches} records do not match", 1)
