"""`python -m tests.bench [compare]` or `python -m tests.bench engine`; each tells its `--help`.

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

import argparse
import fcntl
import signal
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NoReturn

from streams.broker import BrokerError
from streams.topics import ClusterError
from tests.bench.compare import Options, PinningError, compare
from tests.bench.engine import measure_engine
from tests.bench.peers import WrongResultError
from tests.bench.rounds import RoundError
from tests.bench.scales import SCALES

_TUTORIAL_EVENTS = 30_000


class BusyError(Exception):
    """Another benchmark runs on this machine."""


def main(arguments: Sequence[str]) -> int:
    """Run what is asked for; return the exit code."""
    given = _parser().parse_args(_with_command(arguments))
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _only_one():
            if given.what == "engine":
                measure_engine(given.repetitions, profile=given.profile)
            elif given.what in SCALES:
                SCALES[given.what].run(given)
            else:
                compare(_options(given))
    except KeyboardInterrupt:
        print("bench: interrupted", file=sys.stderr)
        return 130
    except (
        BrokerError,
        BusyError,
        ClusterError,
        OSError,
        PinningError,
        RoundError,
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
    peers = commands.add_parser("compare", help="Pulse against Faust's tutorial agent (default)")
    peers.add_argument("--rounds", type=_number, default=5, help="of Pulse; the tutorial gets 3")
    peers.add_argument("--tutorial-rounds", type=int, help="of the tutorial; 0 leaves it out")
    peers.add_argument(
        "--tutorial-events", type=_number, default=_TUTORIAL_EVENTS, help="in each of its rounds"
    )
    peers.add_argument(
        "--quick", action="store_true", help="one round each, 10,000 tutorial events"
    )
    peers.add_argument("--pinned", action="store_true", help="give the worker a core of its own")
    peers.add_argument("--out", type=Path, default=Path("bench.md"), help="where the report goes")
    engine = commands.add_parser("engine", help="decode and fold alone, without Kafka")
    engine.add_argument("--repetitions", type=_number, default=5)
    engine.add_argument("--profile", action="store_true", help="the 25 functions that cost most")
    for name, scale in SCALES.items():
        scale.declare(commands.add_parser(name, help=scale.help))
    return parser


def _options(given: argparse.Namespace) -> Options:
    tutorial = min(given.rounds, 3) if given.tutorial_rounds is None else given.tutorial_rounds
    if given.quick:
        return Options(
            1, min(tutorial, 1), min(given.tutorial_events, 10_000), given.pinned, given.out
        )
    return Options(given.rounds, tutorial, given.tutorial_events, given.pinned, given.out)


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
