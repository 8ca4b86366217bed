"""The figures as a Markdown table."""

import importlib.metadata
import os
import platform
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median

from streams.broker.jars import KAFKA_VERSION
from tests.bench.peers import PARTITIONS, Pulse, Tutorial
from tests.bench.rounds import Result

BAR = 50_000
"""Events per second that one worker must reach on this job (issue 3)."""

_COLUMNS: tuple[tuple[str, Callable[[Result], float], str], ...] = (
    ("events/s", lambda result: result.events_per_second, ",.0f"),
    ("CPU µs/event", lambda result: result.microseconds_per_event, ",.1f"),
    ("peak memory, MiB", lambda result: result.peak_mebibytes, ",.0f"),
)


def report(results: Sequence[Result], conditions: str) -> str:
    """Return the whole report; `conditions` says what was special about the run."""
    return "\n".join([*_table(results), "", *_notes(results, conditions), ""])


def machine() -> str:
    """Return one line on where this runs."""
    return (
        f"{_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, "
        f"faust-streaming {importlib.metadata.version('faust-streaming')}"
    )


def kafka() -> str:
    """Return which Kafka the workers talk to."""
    given = os.environ.get("KAFKA_BOOTSTRAP_SERVERS")
    return "the Kafka that KAFKA_BOOTSTRAP_SERVERS names" if given else f"Kafka {KAFKA_VERSION}"


def _processor() -> str:
    information = Path("/proc/cpuinfo")
    if information.exists():
        for line in information.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _table(results: Sequence[Result]) -> Iterator[str]:
    yield (
        "| worker | rounds | events a round | " + " | ".join(name for name, _, _ in _COLUMNS) + " |"
    )
    yield "|---|---|---|" + "---|" * len(_COLUMNS)
    for peer in dict.fromkeys(result.peer for result in results):
        mine = [result for result in results if result.peer == peer]
        cells = [_cell([figure(result) for result in mine], form) for _, figure, form in _COLUMNS]
        events = f"{median(result.events for result in mine):,.0f}"
        yield f"| {peer} | {len(mine)} | {events} | " + " | ".join(cells) + " |"


def _cell(values: Sequence[float], form: str) -> str:
    return f"{median(values):{form}} ({min(values):{form}}..{max(values):{form}})"


def _notes(results: Sequence[Result], conditions: str) -> Iterator[str]:
    yield f"Medians (min..max). {machine()}; {kafka()}; {conditions}."
    pulse = [result for result in results if result.peer == Pulse.name]
    tutorial = [result for result in results if result.peer == Tutorial.name]
    if pulse:
        speed = median(result.events_per_second for result in pulse)
        verdict = "reached" if speed >= BAR else "MISSED"
        yield f"Bar of {BAR:,} events/s for one worker: {verdict}."
    if pulse and tutorial:
        yield from _ratios(pulse, tutorial)
    yield ""
    yield from _explanations(pulse, tutorial)


def _ratios(pulse: Sequence[Result], tutorial: Sequence[Result]) -> Iterator[str]:
    faster = median(result.events_per_second for result in pulse) / median(
        result.events_per_second for result in tutorial
    )
    cheaper = median(result.microseconds_per_event for result in tutorial) / median(
        result.microseconds_per_event for result in pulse
    )
    yield (
        f"Pulse against the tutorial: {faster:.1f} times the events/s, "
        f"1/{cheaper:.1f} of the CPU time per event."
    )


def _explanations(pulse: Sequence[Result], tutorial: Sequence[Result]) -> Iterator[str]:
    yield (
        f"The job is the demo's sample on {PARTITIONS} partitions, in the topic before the worker "
        "starts; fresh topics, group and state in each round, the workers in turn."
    )
    if pulse:
        yield (
            "- Pulse: the whole of `pulse worker`: three rules, member state, snapshots, dead "
            f"letters, changelog, outbox, metrics. It wrote {pulse[-1].written}."
        )
    if tutorial:
        yield (
            "- Faust tutorial: one event at a time, `faust.Record`, a tumbling table with its "
            "changelog; it only counts speech per community and day. It is slow, so it gets the "
            "first flat and readable events of the sample, the only ones that it can read. It "
            f"wrote {tutorial[-1].written}."
        )
    yield (
        "- Time: from the worker's first completed batch (its events are not counted) to its last, "
        "by the timestamps of the records in its changelog, read after the round. CPU: user and "
        "system time of the worker's process in that time. Nothing asks the worker anything while "
        "it works: the end is seen by the offsets that its group commits. Peak memory: resident, "
        "sampled every 20 ms since the start."
    )
