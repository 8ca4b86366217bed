"""Runs many seeds: `python -m tests.simulation --seeds 10000`; exit code 1 where one fails."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Iterator
from multiprocessing import Pool

from .shrinking import shrunk
from .simulation import Outcome, Product, run

EXERCISED = (
    "steps", "crash", "stop", "ended by itself", "ended by the watchdog", "generations",
    "rebalance", "zombie", "pause", "evict", "late writes of the dead", "interference noticed",
    "lose", "fail", "twice", "late", "drop", "redeliver", "reread", "start", "calm days",
    "compacted away", "rerouted records deleted", "state kept", "taken over by a standby",
    "disk found again", "disk lost its last writes", "alert records", "alert records repeated",
)  # fmt: skip


def main() -> int:
    options = _options()
    totals: Counter[str] = Counter()
    failed: list[int] = []
    outdated: list[int] = []
    begun = time.monotonic()
    for number, (seed, outcome) in enumerate(_outcomes(options), start=1):
        totals.update(outcome.counts)
        if outcome.outdated:
            outdated.append(seed)
        if outcome.problem:
            failed.append(seed)
            _clear()
            print(shrunk(seed, outcome.problem, Product()), flush=True)
        if sys.stderr.isatty():
            print(
                f"\r{number}/{options.seeds} seeds, {len(failed)} failed", end="", file=sys.stderr
            )
    _clear()
    for name in EXERCISED:
        print(f"{name:>25} {totals[name]:>12,}")
    print(f"{'late state topic, seeds':>25} {len(outdated):>12,}  {outdated[:8]}")
    print(
        f"{options.seeds} seeds from {options.first} in {time.monotonic() - begun:.0f} s, "
        f"{len(failed)} failed {failed[:20]}"
    )
    return bool(failed)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200, help="how many (default 200)")
    parser.add_argument("--first", type=int, default=0, help="the first one (default 0)")
    parser.add_argument("--jobs", type=int, default=1, help="processes (default 1)")
    return parser.parse_args()


def _outcomes(options: argparse.Namespace) -> Iterator[tuple[int, Outcome]]:
    seeds = range(options.first, options.first + options.seeds)
    if options.jobs == 1:
        yield from map(_outcome, seeds)
        return
    with Pool(options.jobs) as pool:
        yield from pool.imap(_outcome, seeds, chunksize=8)


def _outcome(seed: int) -> tuple[int, Outcome]:
    return seed, run(seed)


def _clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
