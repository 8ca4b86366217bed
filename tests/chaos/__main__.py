"""`make chaos`: kills, pauses and restarts real workers and the broker, and counts what is wrong.

Exit codes: 0 all gates hold, 1 a gate failed, 2 wrong usage, 130 interrupted.
"""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from streams.broker import Broker, BrokerError, open_broker
from streams.topics import ClusterError

from .history import Size
from .plan import Counts
from .report import report
from .rounds import Job, Result, run_round
from .tutorial import TutorialResult, run_tutorial

STORES: Mapping[str, Callable[[int], bool]] = {
    "memory": lambda _: False,
    "disk": lambda _: True,
    "both": lambda number: number % 2 == 1,
}
"""In which rounds, counted from 0, the workers keep their state on disk."""
FAILURES = (AssertionError, BrokerError, ClusterError, OSError)


@dataclass
class Run:
    """A run of the whole: its results so far, and the log that a person follows."""

    folder: Path
    results: list[Result] = field(default_factory=list)
    tutorials: list[TutorialResult] = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def say(self, line: str) -> None:
        passed = int(time.monotonic() - self.begun)
        print(f"{passed // 60:3}:{passed % 60:02}  {line}", flush=True)

    def keep(self, out: Path | None) -> None:
        """Write what there is to tell so far: a run lasts long, and may be interrupted."""
        if out is not None:
            out.write_text(report(self.results, self.tutorials), encoding="utf-8")

    @property
    def holds(self) -> bool:
        return all(result.holds for result in self.results)


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return the exit code."""
    given = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _interrupt)
    # That a broker which is killed does not answer is no news.
    for name in ("aiokafka", "kafka"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    run = Run(Path(tempfile.mkdtemp(prefix="pulse-chaos-")))
    try:
        _run_all(given, run)
    except KeyboardInterrupt:
        print("chaos: interrupted", file=sys.stderr)
        shutil.rmtree(run.folder, ignore_errors=True)
        return 130
    except FAILURES as error:
        print(f"chaos: {error}\nthe logs are in {run.folder}", file=sys.stderr)
        return 1
    if not run.holds:
        print(f"chaos: a gate failed; the logs are in {run.folder}", file=sys.stderr)
        return 1
    shutil.rmtree(run.folder, ignore_errors=True)
    return 0


def _run_all(given: argparse.Namespace, run: Run) -> None:
    # A broker that somebody else runs is not ours to kill.
    environment = {**os.environ, "KAFKA_BOOTSTRAP_SERVERS": ""}
    counts = _counts(given.kills)
    with open_broker(run.folder / "kafka", report=run.say, environment=environment) as broker:
        for number in range(max(given.rounds, given.tutorial_rounds)):
            on_disk = STORES[given.store](number)
            size = Size(given.events)
            job = Job(given.seed + number, size, counts, on_disk, given.all_rules)
            if number < given.rounds:
                _pulse(job, broker, run)
                run.keep(given.out)
            if number < given.tutorial_rounds:
                folder = run.folder / f"tutorial-{job.seed}"
                run.tutorials.append(run_tutorial(job, broker, folder, run.say))
                run.keep(given.out)
    print(report(run.results, run.tutorials))


def _pulse(job: Job, broker: Broker, run: Run) -> None:
    result = run_round(job, broker, run.folder / f"round-{job.seed}", run.say)
    run.results.append(result)
    if result.holds:
        run.say(f"seed {job.seed}: every gate holds")
        return
    run.say(f"seed {job.seed}: FAILED" + ("" if result.finished else ", not finished in time"))
    print("\n".join(result.verdict.lines()))


def _counts(kills: int) -> Counts:
    """The faults of a round in proportion to its kills."""
    full = Counts()
    return Counts(
        kills,
        max(full.stops * kills // full.kills, 1),
        max(full.pauses * kills // full.kills, 1),
        max(full.broker_restarts * kills // full.kills, 1),
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--rounds", type=_number, default=3, help="of Pulse, default 3")
    parser.add_argument("--events", type=_positive, default=500_000, help="in each round")
    parser.add_argument("--seed", type=int, default=1, help="of the first round")
    parser.add_argument("--kills", type=_positive, default=20, help="other faults in proportion")
    parser.add_argument("--store", choices=STORES, default="both", help="both: in turn")
    parser.add_argument(
        "--all-rules",
        action="store_true",
        help="turn every rule on; the oracle counts all anew at each close: take fewer events",
    )
    parser.add_argument("--tutorial-rounds", type=_number, default=1, help="of Faust's tutorial")
    parser.add_argument("--out", type=Path, default=None, help="where the report goes too")
    return parser


def _number(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("0 or more")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
