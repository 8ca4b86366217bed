"""What the evaluation of a health index tells: contributions, what pulled, what is missing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rules.measures.health_components import COMPONENTS, USUAL_DAYS, Component
from tests.health_weeks import (
    COUNTED,
    EVERYTHING,
    NAMES,
    WEIGHTS,
    Day,
    evaluated,
    histories,
)

REPLIES = COMPONENTS[2]


def test_the_explanation_names_the_three_that_pulled_most_and_all_that_is_missing() -> None:
    quiet = EVERYTHING._replace(posts=14, replies=2, speakers=3, stayed=1)
    days = [each._replace(surveys=0, scores=0, converted=0) for each in (EVERYTHING, quiet)]
    days = [days[0]] * 28 + [days[1]] * 28
    evaluation = evaluated(days)
    assert evaluation["pulled_most"] == ["reply_rate", "speech_density", "speaking_members"]
    assert evaluation["missing"] == ["share_conversion", "satisfaction"]
    assert evaluation["explanation"] == (
        "The health index is 77.78 of 100. What pulled most: reply rate (-7.81), "
        "speech density (-5.56), speaking members (-4.69). "
        "Not known, and left out: share conversion, satisfaction."
    )


def test_of_a_community_as_usual_nothing_is_said_to_pull() -> None:
    evaluation = evaluated([EVERYTHING] * USUAL_DAYS)
    assert evaluation["pulled_most"] == []
    assert evaluation["explanation"] == "The health index is 100.00 of 100."


def test_where_nothing_is_known_there_is_no_index() -> None:
    evaluation = evaluated([Day()] * USUAL_DAYS)
    assert evaluation["value"] is None
    assert evaluation["index"] is None
    assert evaluation["missing"] == NAMES
    assert evaluation["explanation"].startswith("There is nothing to take a health index of.")


@given(histories(), WEIGHTS)
def test_contributions_sum_to_the_index_and_pulls_to_what_it_lacks(
    days: list[Day], weights: dict[str, int]
) -> None:
    evaluation = evaluated(days, **weights)
    parts = [part for part in evaluation["components"].values() if part["score"] is not None]
    if evaluation["index"] is None:
        assert not any(weights[f"{name}_weight"] for name in set(NAMES) - {*evaluation["missing"]})
        return
    contributed = sum(part["contribution"] for part in parts)
    assert abs(contributed - evaluation["index"]) < 1e-9
    assert abs(sum(part["pull"] for part in parts) - (100 - evaluation["index"])) < 1e-9
    assert 0 <= evaluation["index"] <= 100
    assert 0 <= evaluation["value"] / 100 - evaluation["index"] < 0.01 + 1e-9


@given(histories(), WEIGHTS)
def test_the_three_named_pull_at_least_as_much_as_all_others(
    days: list[Day], weights: dict[str, int]
) -> None:
    evaluation = evaluated(days, **weights)
    pulls = {name: part["pull"] or 0 for name, part in evaluation["components"].items()}
    named = evaluation["pulled_most"]
    assert [pulls[name] for name in named] == sorted(pulls.values(), reverse=True)[: len(named)]
    assert len(named) == min(3, sum(pull > 0 for pull in pulls.values()))


@given(histories(), WEIGHTS, st.sampled_from(COMPONENTS[1:]))
def test_a_missing_component_is_named_and_leaves_its_weight_to_the_others(
    days: list[Day], weights: dict[str, int], component: Component
) -> None:
    without = [figures._replace(**{COUNTED[component.name]: 0}) for figures in days]
    if component is REPLIES:
        # What was no reply was a post: as much was said.
        without = [after._replace(posts=before.posts + before.replies)
                   for before, after in zip(days, without, strict=True)]  # fmt: skip
    evaluation = evaluated(without, **weights)
    weightless = evaluated(days, **weights | {f"{component.name}_weight": 0})
    assert component.name in evaluation["missing"]
    assert evaluation["components"][component.name]["contribution"] is None
    assert evaluation["index"] == weightless["index"]
