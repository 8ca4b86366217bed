"""The figures of a run as one Markdown table, rounds as columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from tests.bench.report import machine

from .plan import WORKERS, Kind
from .rounds import PARTITIONS, Result
from .tutorial import TutorialResult

Row = tuple[str, Callable[[Result], str], Callable[[TutorialResult], str]]


def _share(pair: tuple[int, int]) -> str:
    repeats, number = pair
    share = 100 * repeats / number if number else 0.0
    return f"{repeats:,} of {number:,} ({share:.2f} %)"


def _nothing(_: TutorialResult) -> str:
    return ""


def _struck(kind: Kind) -> Row:
    return f"{kind}", lambda r: str(r.struck[kind]), lambda t: str(t.struck[kind])


def _failed(result: Result) -> str:
    failed = [gate for gate, found in result.verdict.differences.items() if found]
    if not result.finished:
        failed.insert(0, "not finished")
    return ", ".join(failed) or "none"


ROWS: tuple[Row, ...] = (
    ("seed", lambda r: str(r.job.seed), lambda t: str(t.job.seed)),
    ("rules", lambda r: "all" if r.job.all_rules else "as shipped", _nothing),
    ("state", lambda r: "on disk, standbys" if r.job.disk else "in memory", _nothing),
    ("events", lambda r: f"{r.truth.tally['read']:,}", lambda t: f"{t.events:,}"),
    ("late, dropped", lambda r: f"{r.truth.tally['late']:,}, {r.truth.tally['dropped']:,}",
     _nothing),
    ("duplicates, unreadable",
     lambda r: f"{r.truth.tally['duplicates']:,}, {len(r.truth.unreadable):,}", _nothing),
    *(_struck(kind) for kind in Kind),
    ("workers that ended themselves", lambda r: str(r.self_ended.total()),
     lambda t: str(t.self_ended.total())),
    ("duration", lambda r: f"{r.seconds:.0f} s", lambda t: f"{t.seconds:.0f} s"),
    ("read everything in time", lambda r: "yes" if r.finished else "NO",
     lambda t: "yes" if t.finished else "NO"),
    ("judged days", lambda r: f"{len(r.truth.judged):,}", _nothing),
    ("panes", lambda r: f"{sum(map(len, r.truth.panes.values())):,}", lambda t: f"{t.panes:,}"),
    ("wrong panes", lambda r: f"{r.verdict.wrong_panes:,}",
     lambda t: f"{t.wrong:,} ({100 * t.wrong / max(t.panes, 1):.1f} %)"),
    ("events counted twice, lost", lambda r: f"{r.verdict.twice:,}, {r.verdict.missed:,}",
     lambda t: f"{t.twice:,}, {t.lost:,}"),
    ("alert records expected", lambda r: f"{len(r.truth.alerts):,}", _nothing),
    ("alerts lost, extra", lambda r: f"{r.verdict.lost}, {r.verdict.extra}", _nothing),
    ("repeats among alert records", lambda r: _share(r.verdict.repeats["alerts"]), _nothing),
    ("repeats among circles", lambda r: _share(r.verdict.repeats["circles"]), _nothing),
    ("repeats among snapshots", lambda r: _share(r.verdict.repeats["snapshots"]), _nothing),
    ("repeats among dead letters", lambda r: _share(r.verdict.repeats["dead letters"]), _nothing),
    ("compacted topics: older last values", lambda r: str(len(r.verdict.deviations)), _nothing),
    ("without progress after a kill, longest",
     lambda r: f"{r.stalls.longest_after_kill:.1f} s", _nothing),
    ("without progress after a kill, median",
     lambda r: f"{r.stalls.median_after_kill:.1f} s ({len(r.stalls.after_kills)} kills)",
     _nothing),
    ("without progress at all, longest", lambda r: f"{r.stalls.longest:.1f} s", _nothing),
    ("gates that failed", _failed, _nothing),
)  # fmt: skip


def report(results: Sequence[Result], tutorials: Sequence[TutorialResult]) -> str:
    """The whole report."""
    names = [f"Pulse {number}" for number, _ in enumerate(results, 1)]
    names += [f"Faust tutorial {number}" for number, _ in enumerate(tutorials, 1)]
    lines = ["| | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
    for title, ours, theirs in ROWS:
        cells = [*map(ours, results), *map(theirs, tutorials)]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return "\n".join([*lines, "", *_notes(results, tutorials), ""])


def _notes(results: Sequence[Result], tutorials: Sequence[TutorialResult]) -> list[str]:
    notes = [f"{WORKERS} workers, {PARTITIONS} partitions, one broker; {machine()}.", ""]
    notes += _endings("Pulse", [result.self_ended for result in results])
    notes += _endings("the tutorial agent", [result.self_ended for result in tutorials])
    if tutorials:
        notes.append(
            "The tutorial agent gets the flat, readable events only, in the same order and under "
            "the same plan; right is each of them counted once, repeats by id included."
        )
    return notes


def _endings(name: str, self_ended: Iterable[Counter[str]]) -> list[str]:
    endings: Counter[str] = Counter()
    for each in self_ended:
        endings += each
    return [
        f"- a worker of {name} ended itself, {number} times: {words}"
        for words, number in endings.most_common(8)
    ]
