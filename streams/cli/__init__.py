"""The command line: parses arguments, calls, prints; decides nothing (contract, section 6).

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 130 interrupted.
"""

import errno
import sys
from typing import Annotated, Final

import typer

from streams.cli.common import forget_output, say
from streams.cli.files import files
from streams.cli.groups import alerts_app, rules_app, schema_app, topics_app
from streams.cli.review import reviews
from streams.cli.service import service
from streams.compiled import BUILD

_INTERRUPTED: Final = 130
_FULL: Final = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    name="pulse",
    help="Early warning for online communities: events in, alerts with their playbooks out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
)
app.add_typer(service)
app.add_typer(files)
app.add_typer(reviews)
app.add_typer(rules_app, name="rules")
app.add_typer(topics_app, name="topics")
app.add_typer(schema_app, name="schema")
app.add_typer(alerts_app, name="alerts")


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"pulse {BUILD}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Early warning for online communities."""


def main() -> None:
    """Run the command line; what is interrupted says so and exits with 130."""
    try:
        code = app(standalone_mode=False)
    except (KeyboardInterrupt, typer.Abort):
        code = _INTERRUPTED
    except OSError as error:
        if error.errno not in _FULL:
            raise
        forget_output()
        say(f"pulse: {error.filename or 'standard output'}: {error.strerror}")
        sys.exit(1)
    except Exception as error:
        show = getattr(error, "show", None)
        if show is None:
            raise
        show()
        sys.exit(2)
    # Typer itself turns Ctrl-C in a command into this code, without a word.
    if code == _INTERRUPTED:
        say("pulse: interrupted")
    sys.exit(code)
