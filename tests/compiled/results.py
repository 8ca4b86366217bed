"""Prints what the importable Pulse makes of examples, histories and bytes: a line for each result.

Run with the sources and with the compiled wheel: the two must print the same bytes.
"""

import random
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from models.decode import decode, decode_records
from models.documents import encode
from models.instants import parse_instant
from models.rejections import Rejection
from rules.configuration import parse_configuration
from rules.engine import fold, tick
from rules.policy import Policies
from rules.records import Recorder
from rules.state import BEGINNING, Partition
from streams.backlog import PIECE
from streams.catalogue import shipped_catalogue
from streams.compiled import IS_COMPILED
from streams.journal import Journal
from streams.lines import arrival_of
from streams.outputs import Outputs
from streams.settings import load_configuration
from tests.oracle.garbage import SPOILED, garbage_line
from tests.oracle.scenarios import scenario

SEEDS = range(300, 312)
EXAMPLES = Path(__file__).resolve().parents[3] / "shared" / "examples"
_TIMES = [
    "2026-11-22T12:34:56Z", "2026-11-22t12:34:56.7z", "2026-11-22 12:34:56.789012+05:30",
    "2026-11-22T12:34:56.9999999-23:59", "2024-02-29T00:00:00Z", "2023-02-29T00:00:00Z",
    "0002-01-01T00:00:00Z", "0002-01-02T00:00:00Z", "9999-12-27T23:59:59.999Z",
    "9999-12-31T00:00:00Z", "2026-11-22T12:34:60Z", "2026-11-22T12:34:56+0530",
    "٢026-11-22T12:34:56Z", "2026-11-22T12:34:56.٣Z",
    "2026-11-22T12:34:56." + "9" * 60 + "Z", "1969-12-31T23:59:59.999Z", "",
]  # fmt: skip


class Record(NamedTuple):
    """A record as it is fetched."""

    timestamp: int
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()


def main() -> None:
    """Print all results; the first line to standard error says what was run."""
    sys.stderr.write("compiled\n" if IS_COMPILED else "pure Python\n")
    out = sys.stdout.buffer
    for line in (*_examples(), *_histories(), *_decoded()):
        out.write(line + b"\n")


def _examples() -> Iterator[bytes]:
    for file in sorted(EXAMPLES.glob("?.ndjson")):
        configuration = load_configuration(
            file.with_suffix(".config.yaml"), shipped_catalogue(), {}
        )
        yield from _judged(
            file.read_bytes().splitlines(), Policies(configuration, shipped_catalogue())
        )


def _histories() -> Iterator[bytes]:
    for seed in SEEDS:
        history = scenario(seed)
        configuration = parse_configuration("scenario", history.configuration, shipped_catalogue())
        policies = Policies(configuration, shipped_catalogue())
        until = None if history.until is None else parse_instant(history.until)
        yield from _judged(history.lines, policies, until)


def _judged(
    lines: Iterable[bytes], policies: Policies, until: int | None = None
) -> Iterator[bytes]:
    """All that a worker would write: changelog, alerts, snapshots; in folds of many sizes."""
    recorder = Recorder(policies.catalogue, policies.configuration.deployment)
    partition, journal, dice = Partition(policies), Journal(), random.Random(1)
    journal.begin(0)
    decoded = [event for line in lines if not isinstance(event := decode(line), Rejection)]
    records = [
        (arrival_of(event), instant, event)
        for event in decoded
        if (instant := parse_instant(event.time)) is not None
    ]
    done = 0
    while done < len(records):
        piece = records[done : done + dice.choice([1, 7, 100, PIECE])]
        effects = fold(partition, piece, room=dice.choice([None, 3, 200]))
        done += effects.tally.read if effects.stopped else len(piece)
        yield from _written(recorder, effects.outputs)
        yield repr((effects.tally, partition.clock)).encode()
        yield from (repr(record).encode() for record in journal.records(partition))
        partition.clean()
    if until is not None:
        yield from _written(recorder, tick(partition, until).outputs)


def _written(recorder: Recorder, outputs: Iterable[object]) -> Iterator[bytes]:
    written = Outputs()
    for output in outputs:
        written.add(recorder, output)  # type: ignore[arg-type]
    for topic, key, value in (*written.alerts, *written.others):
        yield topic.encode() + b" " + key + b" " + value


def _decoded() -> Iterator[bytes]:
    dice = random.Random(2)
    good = [line for seed in SEEDS[:3] for line in scenario(seed).lines]
    texts = [
        encode({"id": "1", "type": "post.created", "time": time, "community_id": "c"})
        for time in _TIMES
    ]
    spoiled = [garbage_line(dice) for _ in range(2_000)]
    mutated = [_mutated(dice, dice.choice(good)) for _ in range(4_000)]
    records = [
        Record(dice.choice([0, BEGINNING, 1 << 62, 1_790_000_000_000]), value)
        for value in (*good, *texts, *spoiled, *mutated, None, b"")
    ]
    for start in range(0, len(records), 100):
        yield repr(decode_records(records[start : start + 100])).encode()
    for time in (*_TIMES, *filter(lambda each: isinstance(each, str), SPOILED["time"])):
        yield repr((time, parse_instant(time))).encode()


def _mutated(dice: random.Random, line: bytes) -> bytes:
    place = dice.randrange(len(line))
    return line[:place] + dice.choice([b"", b"\xff", b'"', b"{", b"9", b"\\"]) + line[place + 1 :]


if __name__ == "__main__":
    main()
