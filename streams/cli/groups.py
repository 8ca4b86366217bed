"""The commands in groups: rules, topics, schema, alerts."""

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.common import (
    ConfigOption,
    check_output,
    cluster_errors,
    configure,
    fail,
    leave_pipe,
    print_line,
    say,
)

rules_app = typer.Typer(help="Rules, playbooks and configuration.", no_args_is_help=True)
topics_app = typer.Typer(help="The topics on the cluster.", no_args_is_help=True)
schema_app = typer.Typer(help="The published schemas.", no_args_is_help=True)
alerts_app = typer.Typer(help="The alert topics.", no_args_is_help=True)


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


@rules_app.command("catalogue")
def rules_catalogue(
    out: Annotated[
        Path | None, typer.Option(help="Write the page here; else standard output.")
    ] = None,
) -> None:
    """Describe every shipped rule, its settings and playbooks, as a page in Markdown."""
    from rules.catalogue_page import catalogue_page  # noqa: PLC0415
    from streams.catalogue import shipped_catalogue  # noqa: PLC0415
    from streams.whole_file import write_whole  # noqa: PLC0415

    check_output("--out", out)
    page = catalogue_page(shipped_catalogue())
    if out is None:
        typer.echo(page, nl=False)
        return
    try:
        write_whole(out, page)
    except OSError as error:
        fail(f"{out}: {error.strerror}", 1)


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
                print_line,
                from_beginning=from_beginning,
                follow=follow,
                raw=json,
            )
        except BrokenPipeError:
            leave_pipe()
