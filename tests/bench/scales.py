"""The measurements of how Pulse grows: their options on the command line."""

import argparse
from collections.abc import Callable
from typing import Any, NamedTuple

from tests.bench.latency import measure_latency
from tests.bench.members import measure_members
from tests.bench.recovery import measure_recovery
from tests.bench.scaling import measure_scaling
from tests.bench.systems import measure_systems
from tests.bench.workload import COMMUNITIES


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
    _declare_store(parser)


def _run_members(given: argparse.Namespace) -> None:
    measure_members(
        given.communities,
        given.members,
        given.partitions,
        given.recoveries,
        _state(given),
        silence=given.silence,
    )


def _declare_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--store", choices=("memory", "disk"), default="memory")
    parser.add_argument("--hot", type=int, default=10_000, help="communities in memory with disk")


def _state(given: argparse.Namespace) -> dict[str, Any]:
    if given.store == "memory":
        return {"store": "memory"}
    return {"store": "disk", "hot_communities": given.hot}


def _declare_recovery(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--communities", type=int, default=10_000)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--partitions", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=3)
    _declare_store(parser)


def _run_recovery(given: argparse.Namespace) -> None:
    measure_recovery(
        given.communities, given.members, given.partitions, given.rounds, _state(given)
    )


def _declare_latency(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rate", type=int, default=20_000, help="events a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--partitions", type=int, default=12)


def _run_latency(given: argparse.Namespace) -> None:
    measure_latency(given.rate, given.seconds, given.partitions)


def _declare_scaling(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=400_000, help="in each measurement")


def _run_scaling(given: argparse.Namespace) -> None:
    measure_scaling(given.events)


def _declare_systems(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--events", type=int, default=300_000, help="in each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--communities",
        type=int,
        choices=range(1, COMMUNITIES + 1),
        metavar="N",
        help=f"so many, all alike (default: {COMMUNITIES:,} by Zipf's law)",
    )


def _run_systems(given: argparse.Namespace) -> None:
    measure_systems(given.events, given.rounds, given.communities)


SCALES = {
    "systems": Scale("what each rule costs per event", _declare_systems, _run_systems),
    "latency": Scale("from arrival to a published record", _declare_latency, _run_latency),
    "scaling": Scale("CPU per event by communities and partitions", _declare_scaling, _run_scaling),
    "members": Scale(
        "memory, closes and recovery with many members", _declare_members, _run_members
    ),
    "recovery": Scale(
        "restarts without and with a local store, and takeovers by a standby",
        _declare_recovery,
        _run_recovery,
    ),
}
