"""The metrics: every series is there before anything is counted in it."""

from __future__ import annotations

from models.events import EventType
from rules.effects import UNKNOWN_TYPE, Outcome, Tally
from streams.catalogue import shipped_catalogue
from streams.metrics import Metrics

Series = dict[tuple[str, frozenset[tuple[str, str]]], float]


def series(metrics: Metrics) -> Series:
    """The value of each series of `pulse_events_total`, by its name and labels."""
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in metrics.registry.collect()
        for sample in family.samples
        if sample.name == "pulse_events_total"
    }


def one_of_each() -> Tally:
    """One event of each type with each outcome that it can have."""
    tally = Tally()
    for kind in EventType:
        for outcome in set(Outcome) - {Outcome.SKIPPED}:
            tally.events[kind * len(Outcome) + outcome] = 1
    tally.events[UNKNOWN_TYPE * len(Outcome) + Outcome.SKIPPED] = 1
    return tally


def test_every_series_of_events_is_there_at_zero_and_counting_adds_none() -> None:
    metrics = Metrics(shipped_catalogue(), "test")
    before = series(metrics)
    assert set(before.values()) == {0}

    metrics.count(one_of_each())

    assert series(metrics) == dict.fromkeys(before, 1)
