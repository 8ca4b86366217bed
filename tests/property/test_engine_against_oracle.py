"""The engine against the oracle: two readings of the contract must agree on random histories.

`PULSE_ORACLE_SEEDS=500` tries that many histories instead of the 40 of `make test`.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, partial
from itertools import zip_longest
from typing import Any, NamedTuple

import pytest
from msgspec.structs import asdict

from models.alerts import Snapshot, TierChange
from models.days import iso
from models.decode import decode
from models.instants import format_instant, parse_instant
from models.panes import FIGURE_NAMES, GROWN, NOTHING, Figure
from rules.bookkeeping import settle
from rules.configuration import parse_configuration
from rules.effects import Outcome, Output
from rules.policy import LATE_DAYS, Policies
from rules.records import Record, Recorder
from streams.catalogue import shipped_catalogue
from streams.replay import Replay
from tests.noted import noted
from tests.oracle.expected import Expected, ExpectedChange, ExpectedFigures, Tally
from tests.oracle.oracle import Oracle
from tests.oracle.scenarios import Scenario, scenario, shrink

# Taken out of the environment: what begins with PULSE_ there is configuration to the product.
SEEDS = int(os.environ.pop("PULSE_ORACLE_SEEDS", "40"))
SECONDS_TO_SHRINK = 60

cached_scenario = cache(partial(scenario, with_ledger=True))


class Results(NamedTuple):
    """All that the two must agree on; `panes` are those that are still kept at the end."""

    records: list[Expected]
    changes: list[ExpectedChange]
    figures: list[ExpectedFigures]
    panes: list[ExpectedFigures]
    tally: Tally


class Watched(Replay):
    """A replay that keeps what it does not publish."""

    def __init__(self, policies: Policies, recorder: Recorder, partitions: int) -> None:
        super().__init__(policies, recorder, partitions)
        self.outputs: list[Output] = []

    def _emit(self, outputs: Iterable[Output]) -> Iterator[Record]:
        outputs = list(outputs)
        self.outputs += outputs
        yield from super()._emit(outputs)

    def panes(self) -> list[ExpectedFigures]:
        """The figures of every pane between the first and the last one that are kept."""
        for partition in self._partitions:
            for community in partition.dirty.values():
                settle(community)
        return [
            ExpectedFigures(
                name,
                iso(day),
                {each.name.lower(): community.panes.get(day, NOTHING)[each] for each in Figure},
            )
            for partition in self._partitions
            for name, community in sorted(partition.communities.items())
            if community.ledger is not None and community.panes
            for day in range(min(community.panes), max(community.panes) + 1)
        ]


def instant(text: str) -> int:
    moment = parse_instant(text)
    assert moment is not None
    return moment


def figures_of(snapshot: Snapshot) -> ExpectedFigures:
    """The figures of a snapshot, where it has any."""
    names = {*FIGURE_NAMES, *(name for name, _, _ in GROWN)}
    known = {name: value for name, value in snapshot.measures.items() if name in names}
    assert not known or known.keys() == names
    judged = {
        rule: (str(judgement["verdict"]), judgement["evaluation"]["value"])
        for rule, judgement in snapshot.verdicts.items()
    }
    return ExpectedFigures(snapshot.community_id, iso(snapshot.day), known or None, judged)


def change_of(change: TierChange) -> ExpectedChange:
    """A change of circle as the oracle would note it."""
    before, tier = change.before.name.lower(), change.tier.name.lower()
    names, day = (change.community_id, change.member_id), iso(change.day)
    counts, tags = asdict(change.counts), dict(change.tags)
    return ExpectedChange(*names, before, tier, day, counts, tags)


def of_the_engine(lines: Iterable[bytes], history: Scenario, partitions: int) -> Results:
    catalogue = shipped_catalogue()
    configuration = parse_configuration("scenario", history.configuration, catalogue)
    recorder = Recorder(catalogue, configuration.deployment)
    replay = Watched(Policies(configuration, catalogue), recorder, partitions)
    until = None if history.until is None else instant(history.until)
    records = [noted(record) for record in replay.run(((x, decode(x)) for x in lines), until)]
    counts, summary = replay.summary.tally, replay.summary
    return Results(
        records=records,
        changes=[change_of(each) for each in replay.outputs if isinstance(each, TierChange)],
        figures=[figures_of(each) for each in replay.outputs if isinstance(each, Snapshot)],
        panes=replay.panes(),
        tally=Tally(
            read=summary.lines,
            rejected=sum(summary.rejected.values()),
            duplicates=counts.of(Outcome.DUPLICATE),
            unknown_types=counts.of(Outcome.SKIPPED),
            late=counts.of(Outcome.LATE),
            dropped=counts.of(Outcome.DROPPED),
            clock_ahead=counts.ahead,
        ),
    )


def of_the_oracle(
    lines: Iterable[bytes], history: Scenario, partitions: int, panes: list[ExpectedFigures]
) -> Results:
    """What the oracle says of these lines, and of the days of these panes at the end."""
    oracle = Oracle(history.configuration, partitions).run(lines, history.until)
    ledgers = {
        name: community.ledger
        for partition in oracle.partitions
        for name, community in partition.communities.items()
        if community.ledger is not None
    }
    return Results(
        # The oracle always writes milliseconds.
        records=[replace(e, time=format_instant(instant(e.time))) for e in oracle.alerts],
        changes=oracle.changes,
        figures=oracle.figures,
        panes=[
            replace(each, figures=ledgers[each.community].figures(date.fromisoformat(each.day)))
            for each in panes
        ],
        tally=oracle.tally,
    )


def difference(lines: list[bytes], history: Scenario, partitions: int) -> str:
    """The first difference between the two, in words; empty where there is none."""
    engine = of_the_engine(lines, history, partitions)
    oracle = of_the_oracle(lines, history, partitions, engine.panes)
    for what in ("records", "changes", "figures", "panes"):
        pairs = zip_longest(getattr(engine, what), getattr(oracle, what))
        for number, (one, other) in enumerate(pairs):
            if one != other:
                mine, yours = _unlike(one, other), _unlike(other, one)
                return f"{what} {number}:\n  engine {mine}\n  oracle {yours}"
    if engine.tally != oracle.tally:
        return f"numbers:\n  engine {engine.tally}\n  oracle {oracle.tally}"
    return ""


def _unlike(one: Any, other: Any) -> Any:
    """Of figures only those that differ."""
    if not (isinstance(one, ExpectedFigures) and isinstance(other, ExpectedFigures)):
        return one
    if one.figures is None or other.figures is None:
        return one
    unlike = {name: n for name, n in one.figures.items() if n != other.figures.get(name)}
    return replace(one, figures=unlike)


def smallest(history: Scenario, partitions: int) -> list[bytes]:
    """The fewest lines on which the two differ, as far as a minute of trying goes."""
    end = time.monotonic() + SECONDS_TO_SHRINK

    def differs(lines: list[bytes]) -> bool:
        return time.monotonic() < end and bool(difference(lines, history, partitions))

    return shrink(history.lines, differs)


@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("partitions", [1, 3])
def test_engine_and_oracle_agree_record_by_record(seed: int, partitions: int) -> None:
    history = cached_scenario(seed)
    if difference(history.lines, history, partitions):
        lines = smallest(history, partitions)
        pytest.fail(
            f"seed {seed}, {partitions} partitions: {difference(lines, history, partitions)}\n"
            f"configuration: {json.dumps(history.configuration, ensure_ascii=False)}\n"
            f"until: {history.until}\n"
            f"{len(lines)} lines:\n" + "\n".join(line.decode("utf-8", "replace") for line in lines),
            pytrace=False,
        )


def found_again(records: list[Expected]) -> int:
    """How many lost members are told of again by an interaction that was too late to count."""
    last, found = dict[tuple[str, str | None], str | None](), 0
    for each in (each for each in records if each.rule == "member-churn"):
        name = (each.community, each.member)
        # After one that counts, at most 35 days late, the first rung is reached by then.
        is_first = (each.seq, each.reason) == (1, "threshold")
        found += is_first and last.get(name) == "lost" and (each.value or 0) > LATE_DAYS
        last[name] = each.reason
    return found


def test_the_histories_hold_what_the_two_must_agree_on() -> None:
    """Each figure above 0, each move between circles, each rung and each end of an episode."""
    figures, moves, ladders = set[str](), set[tuple[str, str]](), set[tuple[str | None, str]]()
    again = 0
    for seed in range(40):
        history = cached_scenario(seed)
        engine = of_the_engine(history.lines, history, 1)
        days = [*engine.figures, *engine.panes]
        figures |= {name for day in days for name, value in (day.figures or {}).items() if value}
        moves |= {(change.before, change.tier) for change in engine.changes}
        ladders |= {
            (each.case, str(each.reason)) for each in engine.records if each.rule == "member-churn"
        }
        again += found_again(engine.records)
    # Of what grows, the day itself need not be kept until the end; a snapshot tells of it later.
    grown = {name: figure.name.lower() for name, figure, _ in GROWN}
    assert grown.keys() <= figures
    assert figures | set(grown.values()) == {figure.name.lower() for figure in Figure} | set(grown)
    circles = ("none", "observer", "potential", "active", "core")
    # Into nothing goes who leaves, out of nothing who is new.
    assert moves == {(one, other) for one in circles for other in circles if one != other}
    by_close = {(rung, "threshold") for rung in ("first", "second", "third")} | {("lost", "lost")}
    assert again
    assert ladders == by_close | {(None, why) for why in ("returned", "late_data", "left")}
