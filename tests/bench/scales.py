"""The measurements of how Pulse grows: their options on the command line."""

import argparse
from collections.abc import Callable
from typing import NamedTuple

from tests.bench.members import measure_members


class Scale(NamedTuple):
    """A measurement: one line of help, its options, and what runs it."""

    help: str
    declare: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], None]


def _declare_members(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--communities", type=int, default=10_000)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--recoveries", type=int, default=3)
    parser.add_argument("--silence", action="store_true", help="also let all fall silent at once")


def _run_members(given: argparse.Namespace) -> None:
    measure_members(
        given.communities,
        given.members,
        given.partitions,
        given.recoveries,
        silence=given.silence,
    )


SCALES = {
    "members": Scale(
        "memory, closes and recovery with many members", _declare_members, _run_members
    ),
}
