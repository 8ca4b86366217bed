"""`python -m tests.detection`: how well rules warn before a community goes quiet, in Markdown.

Exit codes: 0 done, 1 failed, 2 wrong usage or no data.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from streams.lines import FileError
from streams.progress import bar
from tests.detection.chance import (
    calendar_scores,
    random_scores,
    scored,
    separation,
    unknown_components,
)
from tests.detection.contenders import INDEX, PERIODS, families, fixed
from tests.detection.episodes import episodes, together
from tests.detection.history import History, read_histories
from tests.detection.report import Findings, Fitted, report
from tests.detection.splits import halves, split

DATA: Final = Path("../shared/data/irc-8.ndjson.gz")
"""The log of eight chat channels, from the root of the repository; it is no part of it."""

DRAWS: Final = 1_000
OFFSET_STEP: Final = 7
STAGES: Final = len(families()) + 1

Move = Callable[[int], None]


def measure(histories: Sequence[History], file: str, draws: int, move: Move) -> Findings:
    """Try everything on the communities, of which there are at least four.

    `move` hears how many of the STAGES are done.
    """
    found = {one.community: episodes(one.speech) for one in histories}
    names = [one.community for one in histories]
    tried = {trial.name: scored(trial, histories, found) for trial in fixed()}
    fitted = []
    for stage, family in enumerate(families(), 1):
        move(stage)
        scores = {trial.name: scored(trial, histories, found) for trial in family.trials}
        splits = [split(family, scores, half, others) for half, others in halves(names)]
        fitted.append(Fitted(family, scores, splits))
    move(STAGES)
    count = together(tried[INDEX.name].values()).alerts
    return Findings(
        file=file,
        events=sum(sum(one.speech) for one in histories),
        fixed=tried,
        calendars={
            period: calendar_scores(period, histories, found, OFFSET_STEP) for period in PERIODS
        },
        lots=list(random_scores(count, draws, histories, found)),
        fitted=fitted,
        separation=separation(histories, found),
        unknown=unknown_components(histories),
    )


def main(arguments: Sequence[str]) -> int:
    """Run the benchmark; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.detection", description=__doc__)
    parser.add_argument("--data", type=Path, default=DATA, help=f"a file of events ({DATA})")
    parser.add_argument("--out", type=Path, help="a file to write the report to, too")
    parser.add_argument("--draws", type=int, default=DRAWS, help=f"of alarms by lot ({DRAWS:,})")
    given = parser.parse_args(arguments)
    if given.draws < 1:
        parser.error("--draws: at least 1")
    if not given.data.exists():
        print(f"detection: no {given.data}: name a file of events with --data", file=sys.stderr)
        return 2
    try:
        histories = read_histories(str(given.data))
        if len(histories) < 4:
            print("detection: fewer than four communities cannot be halved", file=sys.stderr)
            return 2
        with bar("trying rules", STAGES) as move:
            text = report(measure(histories, given.data.name, given.draws, move))
        if given.out is not None:
            given.out.write_text(text, encoding="utf-8")
    except (FileError, OSError) as error:
        print(f"detection: {error}", file=sys.stderr)
        return 1
    print(text, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
