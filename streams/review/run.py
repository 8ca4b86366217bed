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

    Communities without a judged day there are said, and left out. FileError where that is all of
    them, OSError where a file cannot be written.
    """
    periods, without = _periods(histories, days)
    if without:
        others = ", ".join(without[:_NAMED]) + (", …" if len(without) > _NAMED else "")
        problem = f"no day was judged in the days asked for: {others}"
        if not periods:
            raise FileError(problem)
        say(problem)
    paths: list[Path] = []
    with bar("writing reviews", len(periods)) as move:
        for number, (history, period) in enumerate(periods, 1):
            paths += writer.write(review(history, period, catalogue, project))
            move(number)
    return paths


def _periods(
    histories: Histories, days: tuple[int | None, int | None]
) -> tuple[list[tuple[History, Period]], list[str]]:
    """Return the period of each community that has one, and the names of the others."""
    found, without = [], []
    for name, history in histories.items():
        try:
            found.append((history, period_of(history, *days)))
        except NoSuchPeriodError:
            without.append(name)
    return found, without
