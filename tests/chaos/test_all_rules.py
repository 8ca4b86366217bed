"""A history with every rule on: the gates hold it, and catch what is tampered with."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from models.documents import encode

from .history import Size
from .outcome import Outcome
from .played import CATALOGUE, Played, play


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    file = tmp_path_factory.mktemp("history") / "events.ndjson"
    return play(file, Size(2_400, days=65, communities=4), seed=3, all_rules=True)


def test_what_the_engine_leaves_passes_every_gate(played: Played) -> None:
    verdict = played.judged()
    assert verdict.holds, "\n".join(verdict.lines())
    assert len(played.outcome.circles) > 50
    judged = {rule for day in played.truth.judged.values() for rule in day.verdicts}
    assert judged == CATALOGUE.keys()


def lose_a_circle(outcome: Outcome) -> None:
    del outcome.circles[10]


def add_a_circle(outcome: Outcome) -> None:
    key, value = outcome.circles[10]
    outcome.circles.append((key, encode({**json.loads(value), "since": "2024-01-01"})))


def miscount_a_circle(outcome: Outcome) -> None:
    key, value = outcome.circles[10]
    circle = json.loads(value)
    circle["counts"]["interactions"] += 1
    outcome.circles[10] = key, encode(circle)


def repeat_a_circle_in_other_bytes(outcome: Outcome) -> None:
    key, value = outcome.circles[10]
    outcome.circles.append((key, value + b" "))


def miscount_a_figure(outcome: Outcome) -> None:
    key, value = outcome.snapshots[10]
    document = json.loads(value)
    document["measures"]["known_members"] += 1
    outcome.snapshots[10] = key, encode(document)


@pytest.mark.parametrize(
    ("tamper", "gate"),
    [
        (lose_a_circle, "circles"),
        (add_a_circle, "circles"),
        (miscount_a_circle, "circles"),
        (repeat_a_circle_in_other_bytes, "circles"),
        (miscount_a_figure, "snapshots"),
    ],
)
def test_a_gate_catches(played: Played, tamper: Callable[[Outcome], None], gate: str) -> None:
    verdict = played.judged(tamper)
    assert [name for name, found in verdict.differences.items() if found] == [gate]


def test_a_repeated_circle_passes_and_is_counted(played: Played) -> None:
    def repeat(outcome: Outcome) -> None:
        outcome.circles += outcome.circles[-2:]

    verdict = played.judged(repeat)
    assert verdict.holds, "\n".join(verdict.lines())
    assert verdict.repeats["circles"][0] == 2


def test_an_older_circle_as_the_last_one_is_noted_and_no_fault(played: Played) -> None:
    def go_back(outcome: Outcome) -> None:
        later = dict(outcome.circles)
        outcome.circles.append(next(each for each in outcome.circles if later[each[0]] != each[1]))

    verdict = played.judged(go_back)
    assert verdict.holds
    assert len(verdict.deviations) == 1
