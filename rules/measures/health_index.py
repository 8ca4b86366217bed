"""The health index: how a community does against its own last eight weeks (article, 4.2).

It is the mean, by weight, of seven components. Each has 100 points for as much as usual (over
D-55..D) or more, and in proportion for less, cut to hundredths of a point. As shipped:

Posts and replies a day (weight 40; the mean of D-27..D and of D-6..D). Members who speak a day
(15). Replies per post and reply (10). Newcomers active again 7 to 14 days after joining (10; of
those who joined 14 days before each day, and missing until all of those are known). Conversions per
share (10). Speech outside of each day's busiest fifth of speakers (5). The mean score of surveys
(10).

A component that never happens, or a rate of fewer than 10 recent cases, is missing: it leaves its
weight to the others and is named. The evaluation has the counts, what each component contributes,
and the three that pull most. Integers: scores are hundredths of a point, and the index is compared
as a fraction of them.
"""

from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Self

from pydantic import Field, model_validator

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.panes import Recent
from rules.measures.health_components import (
    COMPONENTS,
    FULL_SCORE,
    STAY_DAYS,
    USUAL_DAYS,
    Component,
    Count,
    Windows,
    ratio,
    score,
    windows,
)
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

PULLS_NAMED: Final = 3

_LATE: Final = int(Count.LATE)

Weight = Annotated[int, Field(ge=0, le=100)]


class HealthIndexParameters(Parameters):
    """`index_at_most`: the index that fires; `window_days`: what is recent; `floor`: least speech.

    The floor is of posts and replies in eight weeks. `least_cases`: so many posts, newcomers,
    shares or answers make a rate; `*_weight`: how much a component counts, against the others.

    The weights need not sum to 100, but one must be above 0.
    """

    compared: ClassVar = (
        "index_at_most",
        "floor",
        "least_cases",
        *(component.weight for component in COMPONENTS),
    )

    index_at_most: Annotated[int, Field(ge=1, le=99)]
    window_days: Annotated[int, Field(ge=7, le=28)]
    floor: Annotated[int, Field(ge=0)]
    least_cases: Annotated[int, Field(ge=1)]
    speech_density_weight: Weight
    speaking_members_weight: Weight
    reply_rate_weight: Weight
    newcomers_who_stay_weight: Weight
    share_conversion_weight: Weight
    concentration_weight: Weight
    satisfaction_weight: Weight

    @model_validator(mode="after")
    def _weigh_something(self) -> Self:
        if not any(getattr(self, component.weight) for component in COMPONENTS):
            raise ValueError("all weights are 0")
        return self


Scores = Sequence[int | None]
"""The score of each component, in hundredths of a point; None is not known."""

Pull = tuple[int, Component]
"""What a component takes from the index: hundredths of a point, in parts of all weights."""

_PULL: Final = itemgetter(0)


class Index(NamedTuple):
    """The index as an exact fraction: `weighted` hundredths of a point out of `weight`."""

    weighted: int
    weight: int

    @property
    def hundredths(self) -> int:
        """The index in hundredths of a point, rounded up.

        Up, so that 70.001 does not read as the 70 that would have fired.
        """
        return -(-self.weighted // self.weight)


def index_of(scores: Sequence[int | None], weights: Sequence[int]) -> Index | None:
    """Weigh the scores that are known; None where none of them has a weight."""
    weighted = weight = 0
    for reached, share in zip(scores, weights, strict=True):
        if reached is not None:
            weight += share
            weighted += share * reached
    return Index(weighted, weight) if weight else None


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Evaluate the USUAL_DAYS days that end on `day`, the last of `panes`.

    Nothing of them is counted unless all are known, and of newcomers nothing unless those who
    joined STAY_DAYS before each of them are.
    """
    parameters = setting.parameters
    assert isinstance(parameters, HealthIndexParameters)
    usual_from = day - USUAL_DAYS + 1
    figures = _NOTHING_KNOWN
    if first_day <= usual_from:
        cohorts_known = first_day <= usual_from - STAY_DAYS
        found = windows(panes, parameters.window_days, cohorts_known=cohorts_known)
        figures = _figures(found, setting.threshold)
    return {
        "value": figures["value"],
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - parameters.window_days + 1), iso(day)],
        "baseline_window": [iso(usual_from), iso(day)],
        "first_day": iso(first_day),
        **figures,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
    }


def _figures(found: Windows | None, threshold: Mapping[str, Any]) -> Evaluation:
    """Score what the windows hold; None where none of them is known."""
    components = {component.name: _counts(component, found) for component in COMPONENTS}
    scores, weights = _scores(components, threshold), _weights(threshold)
    index = index_of(scores, weights)
    pulls = _share(components, scores, weights, index)
    missing = [one for one, reached in zip(COMPONENTS, scores, strict=True) if reached is None]
    return {
        "value": index.hundredths if index else None,
        "index": index.weighted / index.weight / 100 if index else None,
        "components": components,
        "pulled_most": [component.name for _, component in pulls],
        "missing": [component.name for component in missing],
        "explanation": _explain(pulls, missing, index),
        "late_events": found.usual[_LATE] if found else 0,
    }


def _counts(component: Component, found: Windows | None) -> dict[str, Any]:
    """Write what the component is made from, in each window that it is judged by."""
    if found is None:
        return {"recent": [None, None] if component.by_week else [None], "usual": None}
    recent = ratio(component, found.recent)
    return {
        "recent": [ratio(component, found.week), recent] if component.by_week else [recent],
        "usual": ratio(component, found.usual),
    }


def _scores(counts: Mapping[str, Mapping[str, Any]], threshold: Mapping[str, Any]) -> Scores:
    """Score all components out of what was counted, in their order."""
    least = threshold["least_cases"]
    return [
        score(component, counted["recent"], counted["usual"], least)
        for component in COMPONENTS
        for counted in (counts[component.name],)
    ]


def _weights(threshold: Mapping[str, Any]) -> list[int]:
    return [threshold[component.weight] for component in COMPONENTS]


def _share(
    components: Mapping[str, dict[str, Any]],
    scores: Scores,
    weights: Sequence[int],
    index: Index | None,
) -> list[Pull]:
    """Write what each component gives to the index and takes from it, in points.

    Returns what pulls the index down most, the first of equals first.
    """
    pulls: list[Pull] = []
    total = 100 * index.weight if index else 0
    for component, reached, weight in zip(COMPONENTS, scores, weights, strict=True):
        part = components[component.name]
        if reached is None or not total:
            part["score"] = part["contribution"] = part["pull"] = None
            continue
        part["score"] = reached / 100
        part["contribution"] = weight * reached / total
        pull = weight * (FULL_SCORE - reached)
        part["pull"] = pull / total
        if pull:
            pulls.append((pull, component))
    pulls.sort(key=_PULL, reverse=True)
    return pulls[:PULLS_NAMED]


def _explain(pulls: Sequence[Pull], missing: Sequence[Component], index: Index | None) -> str:
    """Say the index, what pulls it down most, and what is left out, for people."""
    left_out = ""
    if missing:
        left_out = f" Not known, and left out: {', '.join([one.title for one in missing])}."
    if index is None:
        return f"There is nothing to take a health index of.{left_out}"
    because = ""
    if pulls:
        total = 100 * index.weight
        named = [f"{component.title} ({-pull / total:.2f})" for pull, component in pulls]
        because = f" What pulled most: {', '.join(named)}."
    return f"The health index is {index.hundredths / 100:.2f} of 100.{because}{left_out}"


_NOTHING_KNOWN: Final = _figures(
    None, {"least_cases": 1, **{component.weight: 1 for component in COMPONENTS}}
)
"""What is told of a community in its first eight weeks: one object for all, nobody changes it."""


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the index, inclusive, from what was counted; the stated value must follow from it.

    LEARNING while the eight weeks are not known whole, BELOW_FLOOR while they hold too little
    speech or none, NOT_APPLICABLE where no component that has a weight is known.
    """
    value, threshold = evaluation["value"], evaluation["threshold"]
    components = evaluation["components"]
    if day_from_iso(evaluation["baseline_window"][0]) < day_from_iso(evaluation["first_day"]):
        if value is not None:
            raise ValueError("there is no index of days that are not known")
        return Verdict.LEARNING
    index = index_of(_scores(components, threshold), _weights(threshold))
    if value != (index.hundredths if index else None):
        raise ValueError("the value does not follow from the components")
    speech = components["speech_density"]["usual"][0]
    if speech < threshold["floor"] or speech == 0:
        return Verdict.BELOW_FLOOR
    if index is None:
        return Verdict.NOT_APPLICABLE
    low = index.weighted <= 100 * threshold["index_at_most"] * index.weight
    return Verdict.FIRE if low else Verdict.OK


def _horizon(_: HealthIndexParameters) -> int:
    """Return how many days are read: those who joined before the first of them are told of too."""
    return USUAL_DAYS + STAY_DAYS


MEASURE = CommunityMeasure(
    HealthIndexParameters, gather, verdict, _horizon, "health_index_hundredths", needs_ledger=True
)
