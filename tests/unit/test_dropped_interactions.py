"""Interactions that arrive too late to count, and still move the member's last interaction.

Anna is in the core circle by one post on day 1, an observer since the close of day 29, and reaches
the rungs of the churn ladder at the closes of days 15, 31 and 61; at that of day 91 she is lost.

    day      1         10          29          40         91       92
    circle   core ───────────────► observer ────────────────────────►
    ladder   0 silent days ──────────────────────────────► lost
             post      ?                       ?                   an interaction of day ? arrives

She had been silent for less than 90 days, if the day is later than the second. The circle out of
which she went quiet was the core circle up to day 29, and later none of those that are called back.
"""

from __future__ import annotations

import pytest

from models.alerts import Transition
from models.events import Arrived
from tests.ledger_story import Story, at, event, post

RULES = """rules:
  member-tiers: {enabled: true, down_closes: 1}
  member-churn: {enabled: true}
"""
CORE = "core"
LOST = [
    (15, "threshold", CORE),
    (31, "threshold", CORE),
    (61, "threshold", CORE),
    (91, "lost", CORE),
]


def ladder_of_anna(*events: Arrived, until: int, restart: int | None) -> list[tuple[int, str, str]]:
    return Story(*events, until=until, rules=RULES, restart=restart).ladder("anna")


wherever_it_restarts = pytest.mark.parametrize("restart", [None, 1, 2, 3])


@wherever_it_restarts
@pytest.mark.parametrize(
    ("day", "then"),
    [
        (2, []),
        (3, [(92, "threshold", CORE), (93, "lost", CORE)]),
        (10, [(92, "threshold", CORE), (100, "lost", CORE)]),
        (29, [(92, "threshold", CORE), (119, "lost", CORE)]),
        (30, []),
        (40, []),
    ],
)
def test_who_was_lost_is_watched_again_when_the_silence_proves_to_be_shorter(
    day: int, then: list[tuple[int, str, str]], restart: int | None
) -> None:
    events = [post("anna", at(1)), post("anna", at(day), arrival=at(92))]
    assert ladder_of_anna(*events, until=130, restart=restart) == LOST + then


@wherever_it_restarts
@pytest.mark.parametrize(
    ("day", "then"),
    [
        (10, [(10, "late_data", CORE), (50, "threshold", CORE), (70, "threshold", CORE)]),
        (14, [(14, "late_data", CORE), (50, "threshold", CORE)]),
    ],
)
def test_an_episode_ends_and_another_one_begins_on_the_rung_of_the_shorter_silence(
    day: int, then: list[tuple[int, str, str]], restart: int | None
) -> None:
    events = [post("anna", at(1)), post("anna", at(day), arrival=at(50))]
    assert ladder_of_anna(*events, until=73, restart=restart) == LOST[:2] + then


@wherever_it_restarts
@pytest.mark.parametrize(
    ("day", "then"),
    [
        (29, [(80, "threshold", CORE), (89, "threshold", CORE)]),
        (30, []),
        (40, []),
    ],
)
def test_who_was_an_observer_at_the_interaction_is_not_called_back_after_it(
    day: int, then: list[tuple[int, str, str]], restart: int | None
) -> None:
    events = [post("anna", at(1)), post("anna", at(day), arrival=at(80))]
    returned = [(day, "returned", CORE)]
    found = ladder_of_anna(*events, until=100, restart=restart)
    assert found == LOST[:3] + returned + then


@wherever_it_restarts
@pytest.mark.parametrize(("day", "then"), [(10, [(92, "threshold", CORE)]), (40, [])])
def test_who_left_after_being_lost_is_watched_again_like_who_stayed(
    day: int, then: list[tuple[int, str, str]], restart: int | None
) -> None:
    events = [
        post("anna", at(1)),
        event("member.left", "anna", at(92)),
        post("anna", at(day), arrival=at(92, 13)),
    ]
    assert ladder_of_anna(*events, until=95, restart=restart) == LOST + then


@wherever_it_restarts
def test_who_left_and_comes_back_by_an_interaction_before_the_last_one_stays_lost(
    restart: int | None,
) -> None:
    events = [
        post("anna", at(2)),
        event("member.left", "anna", at(93)),
        post("anna", at(1), arrival=at(93, 13)),
    ]
    found = ladder_of_anna(*events, until=95, restart=restart)
    assert found == [(day + 1, why, circle) for day, why, circle in LOST]


@wherever_it_restarts
def test_who_is_known_only_by_what_is_too_old_never_took_part(restart: int | None) -> None:
    events = [
        post("bert", at(1)),
        post("anna", at(10), arrival=at(50)),
        event("content.viewed", "anna", at(51)),
        post("anna", at(12), arrival=at(52)),
    ]
    story = Story(*events, until=140, rules=RULES, restart=restart)
    assert story.ladder("anna") == []
    assert story.circles("anna") == [(51, "observer")]
    assert story.measure("known_members")[50] == 1


@wherever_it_restarts
def test_without_a_ledger_an_interaction_that_is_too_old_moves_the_silence_all_the_same(
    restart: int | None,
) -> None:
    events = [
        post("anna", at(1)),
        post("anna", at(10), arrival=at(50)),
        post("bert", at(10), arrival=at(50)),
    ]
    story = Story(*events, until=50, rules="rules: {}", restart=restart)
    silent = [
        (each.member_id, each.reason.value, each.evaluation["value"])
        for each in story.outputs
        if isinstance(each, Transition)
    ]
    assert silent == [
        ("anna", "threshold", 30),
        ("anna", "late_data", 0),
        ("anna", "threshold", 40),
        ("bert", "threshold", 40),
    ]
