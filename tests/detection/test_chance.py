from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from tests.detection.chance import (
    APART,
    _draw,
    _lower,
    random_scores,
    separation,
    unknown_components,
)
from tests.detection.episodes import episodes
from tests.detection.stories import spoken


@pytest.mark.parametrize(
    ("values", "others", "probability"),
    [
        ([1, 2], [3, 4], 1.0),
        ([3, 4], [1, 2], 0.0),
        ([1, 2], [1, 2], 0.5),
        ([2], [1, 2, 3, 4], 0.625),
        ([], [1], 0.5),
    ],
)
def test_how_probable_it_is_to_be_lower(
    values: Sequence[int], others: Sequence[int], probability: float
) -> None:
    assert _lower(values, others) == probability


def test_alarms_by_lot_keep_apart_and_are_as_many_as_asked_for() -> None:
    days = [(name, place) for name in "ab" for place in range(400)]
    for seed in range(20):
        drawn = _draw(days, 12, Random(seed))
        assert sum(map(len, drawn.values())) == 12
        for places in drawn.values():
            gaps = [b - a for a, b in zip(sorted(places), sorted(places)[1:], strict=False)]
            assert all(gap >= APART for gap in gaps)


def test_alarms_by_lot_come_where_there_is_speech_enough_and_are_the_same_every_time() -> None:
    history = spoken([10] * 100 + [0] * 200)
    found = {"42": episodes(history.speech)}
    scores = list(random_scores(1, 50, [history], found))
    assert scores == list(random_scores(1, 50, [history], found))
    # Of the days 55 to 115, those from 71 on are near the episode on day 99.
    share = sum(score.hit for score in scores) / 50
    assert 0.55 < share < 0.95


def test_an_index_that_falls_after_an_episode_separates_the_days_after_it() -> None:
    history = spoken([10] * 200 + [0] * 100)
    found = {"42": episodes(history.speech)}
    assert separation([history], found).after > 0.9
    assert separation([history], found).before == 0.5


def test_components_that_no_day_tells_of_are_named() -> None:
    assert unknown_components([spoken([10] * 100)]) == [
        "reply rate",
        "newcomers who stay",
        "share conversion",
        "satisfaction",
    ]
