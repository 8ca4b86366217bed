"""`pulse replay`: a file in, alert records out, a summary for people."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from models.documents import encode
from rules.catalogue import Catalogue
from rules.configuration import Configuration
from rules.effects import Outcome
from rules.policy import Policies
from rules.records import Record, Recorder
from streams.lines import read_events
from streams.progress import file_bar
from streams.replay import Replay, Summary
from streams.whole_file import whole_file


def replay_file(  # noqa: PLR0913 (one for each argument of the command, and `say`)
    file: str,
    configuration: Configuration,
    catalogue: Catalogue,
    until: int | None,
    partitions: int,
    out: Path | None,
    say: Callable[[str], None],
    *,
    snapshots: Path | None = None,
) -> None:
    """Replay `file`; alert records go to `out` or standard output, everything else to `say`.

    `snapshots` is where the snapshots of all judged days go; None leaves them out. Each of the two
    files is either wholly written or left as it was. OSError where one cannot be written.
    """
    recorder = Recorder(catalogue, configuration.deployment)
    with ExitStack() as stack:
        keep = None if snapshots is None else stack.enter_context(_records(snapshots))
        output = stack.enter_context(_records(out))
        watch = stack.enter_context(file_bar("replaying", file))
        replay = Replay(Policies(configuration, catalogue), recorder, partitions, keep)
        for record in replay.run(read_events(file, watch), until):
            output(record)
    for line in _lines(replay.summary):
        say(line)


@contextmanager
def _records(path: Path | None) -> Iterator[Callable[[Record], None]]:
    """Give what writes a record as a line of `path`, or of standard output."""
    with ExitStack() as stack:
        file = sys.stdout.buffer if path is None else stack.enter_context(whole_file(path))

        def write(record: Record) -> None:
            file.write(encode(record) + b"\n")

        yield write
        if path is None:
            file.flush()


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
