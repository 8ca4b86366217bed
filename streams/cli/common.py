"""What the commands share: how they speak, how they fail, how they are configured."""

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from rules.configuration import Configuration
from rules.documents import DocumentError
from streams.catalogue import shipped_catalogue
from streams.settings import load_configuration

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


def print_line(line: str) -> None:
    """Print a line of output at once."""
    print(line, flush=True)  # noqa: T201 (what the command is for)


def check_file(path: str | None) -> None:
    """End with exit 2 where `path` is neither absent, nor standard input, nor there to be read.

    A pipe is as good as a file: shells write `<(zcat events.gz)`.
    """
    if path in (None, "-"):
        return
    try:
        is_folder = stat.S_ISDIR(Path(str(path)).stat().st_mode)
    except FileNotFoundError:
        fail(f"{path}: no such file", 2)
    except OSError as error:
        fail(f"{path}: {error.strerror}", 2)
    if is_folder:
        fail(f"{path}: is a folder", 2)


def check_output(option: str, out: Path | None, source: str | None = None) -> None:
    """End with exit 2 where `out` is a folder, or the file `source`, which is read."""
    if out is None:
        return
    if out.is_dir():
        fail(f"{option}: {out} is a folder", 2)
    if source not in (None, "-") and out.is_file() and out.samefile(str(source)):
        fail(f"{option}: {out} is the file that is read", 2)


def leave_pipe() -> NoReturn:
    """End quietly: the reader of our output has gone."""
    forget_output()
    raise typer.Exit(1)


def forget_output() -> None:
    """Let go of standard output, which failed: Python would complain again at its exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
