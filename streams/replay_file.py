"""`pulse replay`: a file in, alert records out, a summary for people."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from models.documents import encode
from rules.catalogue import Catalogue
from rules.configuration import Configuration
from rules.effects import Outcome
from rules.policy import Policies
from rules.records import Recorder
from streams.lines import read_events
from streams.progress import file_bar
from streams.replay import Replay, Summary


def replay_file(
    file: str,
    configuration: Configuration,
    catalogue: Catalogue,
    until: int | None,
    partitions: int,
    out: Path | None,
    say: Callable[[str], None],
) -> None:
    """Replay `file`; alert records go to `out` or standard output, everything else to `say`.

    `out` is either wholly written or left as it was. OSError where it cannot be written.
    """
    recorder = Recorder(catalogue, configuration.deployment)
    replay = Replay(Policies(configuration, catalogue), recorder, partitions)
    with _output(out) as output, file_bar("replaying", file) as watch:
        for record in replay.run(read_events(file, watch), until):
            output.write(encode(record) + b"\n")
    for line in _lines(replay.summary):
        say(line)


@contextmanager
def _output(path: Path | None) -> Iterator[BinaryIO]:
    if path is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            yield file
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _lines(summary: Summary) -> Iterator[str]:
    tally = summary.tally
    rejected = sum(summary.rejected.values())
    reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(summary.rejected.items()))
    yield f"lines read    {summary.lines:,}"
    yield f"  rejected    {rejected:,}" + (f" ({reasons})" if reasons else "")
    yield f"  late        {tally.of(Outcome.LATE):,}"
    yield f"  too late    {tally.of(Outcome.DROPPED):,}"
    yield f"  duplicates  {tally.of(Outcome.DUPLICATE):,}"
    yield f"  unknown     {tally.of(Outcome.SKIPPED):,}"
    yield f"communities   {summary.communities:,}"
    yield f"days closed   {len(tally.delays):,}"
    for (rule_id, status), number in sorted(summary.alerts.items()):
        yield f"{rule_id} {status}: {number:,}"
