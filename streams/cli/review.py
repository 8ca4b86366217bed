"""The command that reviews communities out of their snapshots."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from streams.catalogue import shipped_catalogue
from streams.cli.common import (
    ConfigOption,
    check_file,
    cluster_errors,
    configure,
    fail,
    leave_pipe,
    print_line,
    say,
)

reviews = typer.Typer()

_LANGUAGES: Final = ("en", "zh")
_LIBRARIES: Final = ("jinja2", "matplotlib", "pandas", "statsmodels")


@reviews.command()
def review(
    community: Annotated[str, typer.Argument(help="Its id; `all` reviews every community.")],
    first: Annotated[
        str | None,
        typer.Option("--from", help="First day (YYYY-MM-DD); else 28 days are reviewed."),
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last day; else the last one that was judged.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("reviews"),
    language: Annotated[str | None, typer.Option(help="en or zh; else both.")] = None,
    source: Annotated[
        str | None,
        typer.Option(
            help="Snapshots as NDJSON, plain or .gz, as `pulse replay --snapshots` writes them; "
            "- is standard input; else the snapshots topic."
        ),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Write the five-part review of a community: what its snapshots say, for people.

    Member behaviour, content effect, campaign return, ecosystem health and outlook over some days,
    compared with as many days before: a page (HTML) and a text (Markdown) in each language.
    """
    days = (_day("--from", first), _day("--to", last))
    if None not in days and days[0] > days[1]:  # type: ignore[operator]
        fail(f"--from: {first} is after --to {last}", 2)
    if language not in (None, *_LANGUAGES):
        fail(f"--language: {language!r} is not one of {', '.join(_LANGUAGES)}", 2)
    check_file(source)
    configuration = configure(config)
    catalogue = shipped_catalogue()
    with _review_libraries(), cluster_errors():
        from streams.connection import read_connection  # noqa: PLC0415
        from streams.review.run import write_reviews  # noqa: PLC0415
        from streams.review.source import from_file, from_topic  # noqa: PLC0415
        from streams.review.write import Writer  # noqa: PLC0415

        if source is None:
            histories = from_topic(read_connection(), configuration, community)
        else:
            histories = from_file(source, community)
        languages = _LANGUAGES if language is None else (language,)
        writer = Writer(out, languages, catalogue, configuration.deployment.base_url)
        try:
            for path in write_reviews(histories, days, catalogue, writer, say):
                print_line(str(path))
        except BrokenPipeError:
            leave_pipe()
        except OSError as error:
            fail(f"{error.filename or out}: {error.strerror}", 1)


def _day(option: str, text: str | None) -> int | None:
    from models.days import day_from_iso  # noqa: PLC0415

    try:
        return None if text is None else day_from_iso(text)
    except ValueError as error:
        fail(f"{option}: {error}", 2)


@contextmanager
def _review_libraries() -> Iterator[None]:
    """Say in one line what to install where the extra is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        library = (error.name or "").partition(".")[0]
        if library not in _LIBRARIES:
            raise
        fail(f"{library} is missing: install pulse-early-warning[review]", 1)
