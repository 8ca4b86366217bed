"""The check of the check: whatever is lost, added or changed in what was left, a gate names it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from functools import cache

import pytest

from .history import Size
from .outcome import Outcome
from .played import CATALOGUE, Played, play
from .tampering import TAMPERED, TAMPERED_OF_ALL_RULES, Tamper

AS_SHIPPED, ALL_RULES = "the rules as shipped", "every rule on"
SIZES = {
    AS_SHIPPED: Size(4_000, days=45, communities=4),
    ALL_RULES: Size(2_400, days=65, communities=4),
}


@pytest.fixture(scope="module")
def history_under(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Played]:
    """A history by the rules that judge it, each played once."""

    @cache
    def history(rules: str) -> Played:
        file = tmp_path_factory.mktemp("history") / "events.ndjson"
        return play(file, SIZES[rules], seed=3, all_rules=rules == ALL_RULES)

    return history


@pytest.fixture
def played(request: pytest.FixtureRequest, history_under: Callable[[str], Played]) -> Played:
    """The history under the rules that the test's row names."""
    return history_under(request.param)


as_shipped = pytest.mark.parametrize("played", [AS_SHIPPED], indirect=True)
with_all_rules = pytest.mark.parametrize("played", [ALL_RULES], indirect=True)
either_way = pytest.mark.parametrize("played", SIZES, indirect=True)


@either_way
def test_what_the_engine_leaves_passes_every_gate(played: Played) -> None:
    verdict = played.judged()
    assert verdict.holds, "\n".join(verdict.lines())
    tampered = [*TAMPERED.values(), *TAMPERED_OF_ALL_RULES.values()]
    assert verdict.differences.keys() == set().union(*(gates for _, gates in tampered))


@as_shipped
def test_the_short_history_holds_what_is_tampered_with(played: Played) -> None:
    assert len(played.outcome.alerts) > 50
    assert len(played.outcome.letters) > 5
    assert {alert.rule for alert in played.truth.alerts} == {
        "member-silent", "share-conversion-low", "speech-density-drop",
    }  # fmt: skip


@with_all_rules
def test_with_every_rule_on_every_rule_is_judged_and_circles_move(played: Played) -> None:
    assert len(played.outcome.circles) > 50
    judged = {rule for day in played.truth.judged.values() for rule in day.verdicts}
    assert judged == CATALOGUE.keys()


@pytest.mark.parametrize(
    ("played", "tamper", "gates"),
    [
        pytest.param(rules, tamper, gates, id=name)
        for rules, tampered in ((AS_SHIPPED, TAMPERED), (ALL_RULES, TAMPERED_OF_ALL_RULES))
        for name, (tamper, gates) in tampered.items()
    ],
    indirect=["played"],
)
def test_a_gate_catches(played: Played, tamper: Tamper, gates: set[str]) -> None:
    verdict = played.judged(tamper)
    assert {gate for gate, found in verdict.differences.items() if found} == gates
    assert {line.split(":")[0] for line in verdict.lines() if line[0] != " "} == gates


def repeat_some_alerts_snapshots_and_letters(outcome: Outcome) -> None:
    outcome.alerts += outcome.alerts[5:8]
    outcome.snapshots += outcome.snapshots[5:7]
    outcome.letters += outcome.letters[5:6]


def repeat_two_circles(outcome: Outcome) -> None:
    outcome.circles += outcome.circles[-2:]


@pytest.mark.parametrize(
    ("played", "repeat", "counted"),
    [
        pytest.param(
            AS_SHIPPED,
            repeat_some_alerts_snapshots_and_letters,
            {"alerts": 3, "snapshots": 2, "dead letters": 1},
            id="alerts, snapshots and dead letters",
        ),
        pytest.param(ALL_RULES, repeat_two_circles, {"circles": 2}, id="circles"),
    ],
    indirect=["played"],
)
def test_repeats_of_the_same_bytes_pass_and_are_counted(
    played: Played, repeat: Tamper, counted: dict[str, int]
) -> None:
    verdict = played.judged(repeat)
    assert verdict.holds, "\n".join(verdict.lines())
    assert {topic: number for topic, (number, _) in verdict.repeats.items() if number} == counted


def go_back_to_an_older_state(outcome: Outcome) -> None:
    for _, _, value in outcome.alerts:
        record = json.loads(value)
        identity = record["data"]["alert_id"].encode()
        if identity in outcome.states and outcome.states[identity] != value:
            outcome.states[identity] = value
            return


def go_back_to_an_older_circle(outcome: Outcome) -> None:
    later = dict(outcome.circles)
    outcome.circles.append(next(each for each in outcome.circles if later[each[0]] != each[1]))


@pytest.mark.parametrize(
    ("played", "go_back"),
    [
        pytest.param(AS_SHIPPED, go_back_to_an_older_state, id="of an alert"),
        pytest.param(ALL_RULES, go_back_to_an_older_circle, id="of a circle"),
    ],
    indirect=["played"],
)
def test_an_older_last_value_in_a_compacted_topic_is_noted_and_no_fault(
    played: Played, go_back: Tamper
) -> None:
    verdict = played.judged(go_back)
    assert verdict.holds
    assert len(verdict.deviations) == 1


@as_shipped
def test_what_was_counted_too_often_and_too_rarely_is_told_apart(played: Played) -> None:
    def miscount(outcome: Outcome) -> None:
        panes = next(iter(outcome.panes.values()))
        panes[max(panes)] += Counter({"post.created": 3})
        panes[sorted(panes)[-2]].pop("post.created")

    verdict = played.judged(miscount)
    assert (verdict.wrong_panes, verdict.twice) == (2, 3)
    assert verdict.missed > 0
