"""`pulse review`: histories in, pages out."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from rules.catalogue import Catalogue
from rules.review.compose import review
from rules.review.history import History, NoSuchPeriodError, Period, period_of
from streams.lines import FileError
from streams.progress import bar
from streams.review.projection import project
from streams.review.source import Histories
from streams.review.write import Writer

_NAMED: Final = 5


def write_reviews(
    histories: Histories,
    days: tuple[int | None, int | None],
    catalogue: Catalogue,
    writer: Writer,
    say: Callable[[str], None],
) -> list[Path]:
    """Review each community over the days asked for; return the files that were written.

    Communities that cannot be reviewed over them are said, and left out. FileError where that is
    all of them, OSError where a file cannot be written.
    """
    periods, without = _periods(histories, days)
    problems = [f"{why}: {_some(names)}" for why, names in without.items()]
    if not periods:
        raise FileError("; ".join(problems))
    for problem in problems:
        say(problem)
    paths: list[Path] = []
    with bar("writing reviews", len(periods)) as move:
        for number, (history, period) in enumerate(periods, 1):
            paths += writer.write(review(history, period, catalogue, project))
            move(number)
    return paths


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (", …" if len(names) > _NAMED else "")


def _periods(
    histories: Histories, days: tuple[int | None, int | None]
) -> tuple[list[tuple[History, Period]], dict[str, list[str]]]:
    """Return the period of each community that has one, and the others' names by the reason."""
    found = []
    without: dict[str, list[str]] = {}
    for name, history in histories.items():
        try:
            found.append((history, period_of(history, *days)))
        except NoSuchPeriodError as error:
            without.setdefault(str(error), []).append(name)
    return found, without
