"""Fitting on some communities and reporting on the others, once for every way to halve them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from tests.detection.contenders import Family
from tests.detection.episodes import Score, together

LEAST_PRECISION: Final = 0.40
LEAST_RECALL: Final = 0.75
LEAST_LEAD: Final = 0
"""The bar: all three at once."""

Half = tuple[str, ...]
Scores = Mapping[str, Mapping[str, Score]]
"""The score of each trial, by its name, in each community, by its name."""


class Split(NamedTuple):
    """What was chosen on one half, and how it did there and on the other half."""

    half: Half
    chosen: str
    inside: Score
    outside: Score


def reaches_bar(score: Score) -> bool:
    """Whether precision, recall and lead are all high enough."""
    return (
        score.precision >= LEAST_PRECISION
        and score.recall >= LEAST_RECALL
        and score.lead is not None
        and score.lead >= LEAST_LEAD
    )


def margin(score: Score) -> float:
    """How far above the bar the worst of the three is, in steps that are worth alike.

    A step is 0.10 of precision, 0.15 of recall, 5 days of lead.
    """
    if score.lead is None:
        return -100.0
    return min(
        (score.precision - LEAST_PRECISION) / 0.10,
        (score.recall - LEAST_RECALL) / 0.15,
        (score.lead - LEAST_LEAD) / 5,
    )


def choose(family: Family, scores: Scores, half: Half) -> str:
    """The trial that stays farthest above the bar, whichever community of the half is left out.

    Of equals the first in the order of the family.
    """
    return max((trial.name for trial in family.trials), key=lambda name: _worst(scores[name], half))


def _worst(of: Mapping[str, Score], half: Half) -> float:
    subsets = (half, *combinations(half, len(half) - 1))
    summed = (together(of[name] for name in subset) for subset in subsets)
    # Where there is no episode, there is nothing to be better or worse at.
    return min((margin(score) for score in summed if score.episodes), default=0.0)


def split(family: Family, scores: Scores, half: Half, others: Half) -> Split:
    """Choose on `half` and score on the `others`."""
    name = choose(family, scores, half)
    return Split(half, name, _sum(scores[name], half), _sum(scores[name], others))


def _sum(of: Mapping[str, Score], names: Iterable[str]) -> Score:
    return together(of[name] for name in names)


def halves(names: Sequence[str]) -> Iterator[tuple[Half, Half]]:
    """All ways to part the communities into two halves, each half first once."""
    for half in combinations(names, len(names) // 2):
        yield half, tuple(name for name in names if name not in half)
