"""The figures in Markdown: a table per variant, Pulse against each peer, and what was measured."""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from streams.backlog import PIECE
from streams.broker.jars import KAFKA_VERSION
from tests.bench.faust_tutorial.peer import FaustTutorial
from tests.bench.kafka_streams.peer import KafkaStreamsInMemory, KafkaStreamsRocksDb
from tests.bench.peers import PARTITIONS, SKIPPED
from tests.bench.pulse import Everything, EverythingCompiled, Pulse, PulseCompiled
from tests.bench.quix.peer import Quix
from tests.bench.rounds import Result
from tests.bench.workload import COMMUNITIES, DAYS, MEMBERS

BARS: Final = {KafkaStreamsInMemory.name: 1.3, Quix.name: 5.0, FaustTutorial.name: 40.0}
"""How many times the events/s of each peer Pulse must reach."""

CPU_BAR: Final = 10.0
"""Microseconds of CPU time that an event may cost Pulse."""

Figure = Callable[[Result], float]

COLUMNS: Final[tuple[tuple[str, Figure, str], ...]] = (
    ("events/s", lambda result: result.events_per_second, ",.0f"),
    ("CPU µs per event", lambda result: result.microseconds_per_event, ",.1f"),
    ("peak memory, MiB", lambda result: result.peak_mebibytes, ",.0f"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """All rounds of a run, and under which conditions they were run."""

    results: Sequence[Result]
    versions: Mapping[str, str]
    events: int
    pinned: bool
    load: float
    plot: str


class Spread(NamedTuple):
    """The middle and the ends of some values."""

    median: float
    low: float
    high: float


def spread(values: Sequence[float]) -> Spread:
    return Spread(median(values), min(values), max(values))


def ratio(mine: Sequence[Result], others: Sequence[Result], figure: Figure) -> Spread:
    """Return how many times the others' figure mine is: of the medians, and round by round."""
    by_number = {result.number: figure(result) for result in others}
    each = [
        figure(result) / by_number[result.number] for result in mine if result.number in by_number
    ]
    whole = median(map(figure, mine)) / median(by_number.values())
    return Spread(whole, min(each, default=whole), max(each, default=whole))


def rounds_of(results: Sequence[Result], variant: str) -> dict[str, list[Result]]:
    """Part the rounds on a variant by peer, in the order in which they took part."""
    parted: dict[str, list[Result]] = {}
    for result in results:
        if result.variant == variant:
            parted.setdefault(result.peer, []).append(result)
    return parted


def report(run: Run) -> str:
    """Return the whole report."""
    where = " on one core" if run.pinned else ""
    lines = [f"# One worker{where}: events per second, CPU, memory", ""]
    for variant in dict.fromkeys(result.variant for result in run.results):
        peers = rounds_of(run.results, variant)
        lines += [f"## {_TITLES[variant]}", "", *_table(peers), ""]
        for name in (Pulse.name, PulseCompiled.name):
            if name in peers:
                lines += [*_comparison(name, peers), ""]
    lines += [
        f"![the same as bars]({run.plot})",
        "",
        *_conditions(run),
        "",
        *_explanations(run),
        "",
    ]
    return "\n".join(lines)


_TITLES: Final = {
    "zipf": "Communities by Zipf's law",
    "uniform": "Communities of one size",
}


def machine() -> str:
    """Return one line on where this runs."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, "
        f"faust-streaming {importlib.metadata.version('faust-streaming')}"
    )


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def kafka() -> str:
    """Return which Kafka the workers talk to."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return "the Kafka that KAFKA_BOOTSTRAP_SERVERS names" if given else f"Kafka {KAFKA_VERSION}"


def _table(peers: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    names = [name for name, _, _ in COLUMNS]
    yield "| worker | rounds | events counted | " + " | ".join(names) + " | its last half |"
    yield "|---|--:|--:|" + "--:|" * len(COLUMNS) + "--:|"
    for peer, results in peers.items():
        cells = [_cell(spread([*map(figure, results)]), form) for _, figure, form in COLUMNS]
        events = f"{median(result.events for result in results):,.0f}"
        yield f"| {peer} | {len(results)} | {events} | {' | '.join(cells)} | {_half(results)} |"


def _half(results: Sequence[Result]) -> str:
    halves = [result.last_half for result in results if result.last_half is not None]
    if not halves:
        return ""
    speed = median(half.events / half.seconds for half in halves)
    cost = median(half.cpu_seconds / half.events * 1e6 for half in halves)
    return f"{speed:,.0f} events/s, {cost:,.1f} µs"


def _cell(values: Spread, form: str) -> str:
    return f"{values.median:{form}} ({values.low:{form}}..{values.high:{form}})"


def _comparison(name: str, peers: Mapping[str, Sequence[Result]]) -> Iterator[str]:
    """Compare one of our own workers with all that are none of ours."""
    mine = peers[name]
    others = [peer for peer in peers if peer not in (Pulse.name, PulseCompiled.name)]
    _, speed, _ = COLUMNS[0]
    _, cost, _ = COLUMNS[1]
    if others:
        yield f"| {name} against | times its events/s | bar | | times its CPU per event |"
        yield "|---|--:|--:|---|--:|"
    for peer in others:
        faster = ratio(mine, peers[peer], speed)
        bar = BARS.get(peer)
        wanted, verdict = ("", "") if bar is None else (f"{bar:g}", _verdict(faster.median >= bar))
        costs = _cell(ratio(mine, peers[peer], cost), ".3f")
        yield f"| {peer} | {_cell(faster, '.2f')} | {wanted} | {verdict} | {costs} |"
    if others:
        yield ""
    spent = median(map(cost, mine))
    held = _verdict(spent <= CPU_BAR)
    yield f"At most {CPU_BAR:g} µs of CPU per event: {name} {spent:.1f}, {held}."


def _verdict(held: bool) -> str:
    return "held" if held else "**MISSED**"


def _conditions(run: Run) -> Iterator[str]:
    versions = "".join(f", {name} {version}" for name, version in run.versions.items())
    place = (
        "the worker alone on one core, broker and benchmark on the others"
        if run.pinned
        else "nothing pinned to a core"
    )
    yield f"{machine()}{versions}; {kafka()}; {place}; load average at the start {run.load:.1f}."
    shares = [share for result in run.results if (share := result.foreign_share) is not None]
    if shares:
        yield (
            f"Other processes had {median(shares):.0%} of the worker's core (median of all rounds, "
            f"{min(shares):.0%}..{max(shares):.0%}): what they take, events/s lose."
        )


def _explanations(run: Run) -> Iterator[str]:
    last = {result.peer: result for result in run.results}
    yield (
        f"- The job: {run.events:,} generated events of {COMMUNITIES:,} communities and "
        f"{MEMBERS:,} members in {DAYS} days, flat JSON, lz4, {PARTITIONS} partitions, written "
        "once per variant before the first worker starts; all read the same topic, in alternating "
        "rounds, each round with a group and state of its own. A peer with fewer events reads a "
        "topic of the first ones: its rate does not depend on how many there are."
    )
    yield (
        "- The cells: median (lowest..highest round). The ratios: of the medians (lowest..highest "
        "of the rounds with the same number)."
    )
    yield (
        "- **The peers do only the speech count per community and day.** Every worker's counts are "
        "compared with the right ones after each round, all of them; no wrong result is timed."
    )
    yield from (f"- {name}: {_DOES[name]} It wrote {last[name].written}." for name in last)
    yield _TIMED


_DOES: Final = {
    Pulse.name: (
        "the whole of `pulse worker`, in pure Python: the same count, and repeats, late events, "
        "members, three rules judged at each close of day, snapshots, alerts, outbox, dead "
        "letters, metrics."
    ),
    PulseCompiled.name: "the same from the wheel of `make wheel`, whose hot path is compiled.",
    Everything.name: "the same worker with all rules on that there are, in pure Python.",
    EverythingCompiled.name: "that worker from the wheel.",
    KafkaStreamsInMemory.name: (
        "a windowed count in Java, one stream thread, at least once, changelog on, record cache "
        "and the JVM's heap as by default. Its just-in-time compiler warms up within the run; the "
        "last half of the run stands in its own column. It commits every "
        "30 s, as by default, and at once after the last event."
    ),
    KafkaStreamsRocksDb.name: "the same program on RocksDB, Kafka Streams' default.",
    Quix.name: (
        "a tumbling window count as its documentation has it, with its changelog and RocksDB; one "
        "checkpoint, right after the last event."
    ),
    FaustTutorial.name: "one event at a time, `faust.Record`, a tumbling table, its changelog.",
}

_TIMED: Final = (
    "- Time: from the worker's first events to its last changelog record on the broker, so without "
    f"its start. Begin: Pulse, its first batch completed (up to {PIECE:,} events); the "
    "tutorial agent, its first changelog record; the others print when they have processed "
    f"{SKIPPED:,} events. What was done before is not counted. CPU: user and system time of the "
    "worker's process, all threads and child processes, in that time. Nothing asks the worker "
    "anything while it works: its end is seen by the offsets that its group commits. Peak memory: "
    "resident, sampled every 20 ms since the start."
)
