"""What each rule costs per event: everything a worker does without Kafka, on the generated job.

Decoding, folding, writing what came out as bytes, and the changelog. Rules are turned on one by
one on top of the three that are on as shipped, then all together; the ledger counts with whichever
needs it.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from models.decode import decode_timed
from models.events import Arrived
from models.rejections import Rejection
from rules.configuration import Configuration, parse_configuration
from rules.engine import fold
from rules.policy import Policies
from rules.records import Recorder
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.journal import Journal
from streams.lines import arrival_of
from streams.outputs import write_outputs
from streams.progress import bar
from streams.runner import collect_seldom
from tests.bench.report import machine
from tests.bench.workload import write_workload

_BATCH: Final = 10_000


def measure_systems(events: int, rounds: int, communities: int | None = None) -> None:
    """Print the CPU per event with each rule on beside those as shipped; median of the rounds.

    With so many `communities`, each as busy as the others; else as many as usual, by Zipf's law.
    The fewer they are, the more events come to a close.
    """
    catalogue = shipped_catalogue()
    off = [rule.id for rule in catalogue.values() if not rule.is_on]
    sets = {"as shipped": [], **{f"and {rule}": [rule] for rule in off}, "all of them": off}
    with tempfile.TemporaryDirectory(prefix="pulse-bench-") as name:
        folder = Path(name)
        workload = (
            write_workload(folder, "zipf", events)
            if communities is None
            else write_workload(folder, "uniform", events, communities)
        )
        lines = workload.path.read_bytes().splitlines()
    gc.collect()
    collect_seldom()
    spent: dict[str, list[float]] = {each: [] for each in sets}
    with bar("folding", rounds * len(sets)) as move:
        for number in range(rounds):
            for place, (each, rules) in enumerate(sets.items(), 1):
                spent[each].append(_run(turned_on(rules), lines) / len(lines) * 1e6)
                move(number * len(sets) + place)
    law = "by Zipf's law" if communities is None else f"of {communities:,} communities alike"
    _print_table(spent, f"{len(lines):,} events {law}", rounds)


def turned_on(rules: Sequence[str]) -> Configuration:
    """Return the configuration in which these rules are on, beside those as shipped."""
    values = {"time": {"clock": "records"}, "rules": {rule: {"enabled": True} for rule in rules}}
    return parse_configuration("bench", values, shipped_catalogue())


def _run(configuration: Configuration, lines: Sequence[bytes]) -> float:
    catalogue = shipped_catalogue()
    partition = Partition(Policies(configuration, catalogue))
    recorder = Recorder(catalogue, configuration.deployment)
    journal = Journal()
    journal.begin(0)
    loop = asyncio.new_event_loop()
    begun = time.process_time()
    for events in _batches(lines):
        outputs = fold(partition, events).outputs
        loop.run_until_complete(write_outputs(recorder, outputs))
        for _ in journal.records(partition):
            pass
        partition.clean()
    spent = time.process_time() - begun
    loop.close()
    return spent


def _batches(lines: Sequence[bytes]) -> Iterator[list[Arrived]]:
    for start in range(0, len(lines), _BATCH):
        yield [_arrived(line) for line in lines[start : start + _BATCH]]


def _arrived(line: bytes) -> Arrived:
    timed = decode_timed(line)
    assert not isinstance(timed, Rejection)
    happened, event = timed
    return arrival_of(event), happened, event


def _print_table(spent: dict[str, list[float]], events: str, rounds: int) -> None:
    base = median(spent["as shipped"])
    print("| rules | CPU µs per event | more |\n|---|---|---|")
    for each, values in spent.items():
        print(f"| {each} | {median(values):.2f} | {median(values) - base:+.2f} |")
    print(
        f"\n{events}, batches of {_BATCH:,}, median of {rounds} rounds, in one process, without "
        f"Kafka. {machine()}."
    )
