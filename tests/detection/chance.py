"""What alarms get that know nothing, and how much the index knows before a fall at all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

from rules.measures.health_components import COMPONENTS
from tests.detection.contenders import DEFAULTS
from tests.detection.episodes import EARLIEST, LATEST, Score, score, together
from tests.detection.history import History
from tests.detection.trials import Trial, alerts, calendar_alarm, evaluations, lively

APART = 28
"""Alarms by chance leave as many days between two as the index does at least."""

Episodes = Mapping[str, Sequence[int]]


def scored(trial: Trial, histories: Sequence[History], found: Episodes) -> dict[str, Score]:
    """The score of a trial in each community."""
    return {
        one.community: score(alerts(trial, one), found[one.community], len(one.days))
        for one in histories
    }


def calendar_scores(
    period: int, histories: Sequence[History], found: Episodes, step: int
) -> list[dict[str, Score]]:
    """The scores of an alarm every `period` days, begun on every `step`-th day of a period."""
    return [
        scored(calendar_alarm("calendar", period, offset), histories, found)
        for offset in range(0, period, step)
    ]


def random_scores(
    count: int, draws: int, histories: Sequence[History], found: Episodes
) -> Iterator[Score]:
    """The scores of `count` alarms on days drawn by lot, where there is speech enough."""
    days = [
        (one.community, place)
        for one in histories
        for place, judged in enumerate(lively(one))
        if judged
    ]
    lengths = {one.community: len(one.days) for one in histories}
    for seed in range(draws):
        drawn = _draw(days, count, Random(seed))
        yield together(score(drawn.get(name, []), found[name], lengths[name]) for name in lengths)


def _draw(days: Sequence[tuple[str, int]], count: int, lot: Random) -> dict[str, list[int]]:
    drawn: dict[str, list[int]] = {}
    left = count
    for community, place in lot.sample(days, len(days)):
        before = drawn.setdefault(community, [])
        if left and all(abs(place - other) >= APART for other in before):
            before.append(place)
            left -= 1
        if not left:
            break
    return drawn


def unknown_components(histories: Sequence[History]) -> list[str]:
    """The components of the index that are missing on every day that is judged."""
    missing = [
        set(figures["missing"])
        for one in histories
        for figures, judged in zip(evaluations(one, DEFAULTS), lively(one), strict=True)
        if judged
    ]
    return [part.title for part in COMPONENTS if all(part.name in names for names in missing)]


class Separation(NamedTuple):
    """How probable it is that the index is lower on such a day than on one far from any episode."""

    before: float
    after: float


def separation(histories: Sequence[History], found: Episodes) -> Separation:
    """Compare the index of days up to an episode, and after one, with all others (0.5: chance)."""
    before, after, far = [], [], []
    for one in histories:
        near = found[one.community]
        for place, judged in enumerate(lively(one)):
            value = evaluations(one, DEFAULTS)[place]["value"]
            if not judged or value is None:
                continue
            if any(0 <= episode - place <= EARLIEST for episode in near):
                before.append(value)
            elif any(0 < place - episode <= LATEST for episode in near):
                after.append(value)
            else:
                far.append(value)
    return Separation(_lower(before, far), _lower(after, far))


def _lower(values: Sequence[int], others: Sequence[int]) -> float:
    """How probable it is that one of `values` is lower than one of `others`; ties count half."""
    if not values or not others:
        return 0.5
    ordered = sorted(others)
    higher = sum(
        2 * len(ordered) - bisect_left(ordered, value) - bisect_right(ordered, value)
        for value in values
    )
    return higher / (2 * len(values) * len(ordered))
