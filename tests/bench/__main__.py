"""`python -m tests.bench [compare]` or `python -m tests.bench engine`; each tells its `--help`.

Exit codes: 0 done, 1 failed, 2 wrong usage or something to install first, 130 interrupted.
"""

import argparse
import fcntl
import importlib.util
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from streams.broker import BrokerError
from streams.broker.handle import PrerequisiteMissing
from streams.topics import ClusterError
from tests.bench.cached import SetupError
from tests.bench.compare import Options, PinningError, compare
from tests.bench.contenders import NAMES
from tests.bench.engine import measure_engine
from tests.bench.peers import WrongResultError
from tests.bench.rounds import RoundError
from tests.bench.scales import SCALES
from tests.bench.workload import EVENTS, VARIANTS

_FEWEST_EVENTS = 100_000
"""Nearly three days: with fewer, there would be no verdicts and alerts of Pulse to write."""


class BusyError(Exception):
    """Another benchmark runs on this machine."""


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return the exit code."""
    given = _parser().parse_args(_with_command(arguments))
    signal.signal(signal.SIGTERM, _interrupt)
    # A shell that started us in the background has told us to ignore Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with _only_one():
            if given.what == "engine":
                measure_engine(given.repetitions, profile=given.profile)
            elif given.what in SCALES:
                SCALES[given.what].run(given)
            else:
                _require_plot()
                compare(_options(given))
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    except PrerequisiteMissing as lack:
        print(f"bench: {lack}", file=sys.stderr)
        return 2
    except (
        BrokerError,
        BusyError,
        ClusterError,
        OSError,
        PinningError,
        RoundError,
        SetupError,
        WrongResultError,
    ) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    return 0


def _with_command(arguments: Sequence[str]) -> list[str]:
    """Take options without a command as those of `compare`."""
    if arguments and (not arguments[0].startswith("-") or arguments[0] in ("-h", "--help")):
        return list(arguments)
    return ["compare", *arguments]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    commands = parser.add_subparsers(dest="what")
    run = commands.add_parser("compare", help="Pulse against its peers (default)")
    run.add_argument(
        "--peers", type=_some_of(NAMES), default=NAMES, help=f"of {','.join(NAMES)} (all)"
    )
    run.add_argument(
        "--variants", type=_some_of(VARIANTS), default=VARIANTS, help=f"of {','.join(VARIANTS)}"
    )
    run.add_argument("--rounds", type=_number, default=5, help="of Pulse and Kafka Streams (5)")
    run.add_argument("--slow-rounds", type=_number, help="of the others (3, at most --rounds)")
    run.add_argument("--events", type=_events, default=EVENTS, help=f"in a round ({EVENTS:,})")
    run.add_argument(
        "--pinned",
        action=argparse.BooleanOptionalAction,
        help="give the worker a core of its own (default where there are two or more)",
    )
    run.add_argument(
        "--out", type=Path, default=Path("bench.md"), help="the report; its plot goes beside it"
    )
    engine = commands.add_parser("engine", help="decode and fold alone, without Kafka")
    engine.add_argument("--repetitions", type=_number, default=5)
    engine.add_argument("--profile", action="store_true", help="the 25 functions that cost most")
    for name, scale in SCALES.items():
        scale.declare(commands.add_parser(name, help=scale.help))
    return parser


def _options(given: argparse.Namespace) -> Options:
    slow = min(given.rounds, 3) if given.slow_rounds is None else given.slow_rounds
    return Options(
        given.peers, given.variants, given.rounds, slow, given.events, given.pinned, given.out
    )


def _require_plot() -> None:
    """Fail before the run, not after it."""
    if importlib.util.find_spec("matplotlib") is None:
        raise PrerequisiteMissing("no matplotlib to draw the plot with: install the extra `bench`")


def _some_of(allowed: Sequence[str]) -> Callable[[str], tuple[str, ...]]:
    def parse(text: str) -> tuple[str, ...]:
        asked = text.split(",")
        for name in asked:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(allowed)}")
        return tuple(name for name in allowed if name in asked)

    return parse


def _events(text: str) -> int:
    number = _number(text)
    if not _FEWEST_EVENTS <= number <= EVENTS:
        raise argparse.ArgumentTypeError(f"{_FEWEST_EVENTS:,} to {EVENTS:,}")
    return number


def _number(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


@contextmanager
def _only_one() -> Iterator[None]:
    """Two benchmarks at once would measure each other."""
    with Path(tempfile.gettempdir(), "pulse-bench.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError("another benchmark runs on this machine; wait for its end") from None
        yield


def _interrupt(*_: Any) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
