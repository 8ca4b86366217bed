"""The health index: how a community does against its own last eight weeks (article, 4.2).

100 is as usual or better, in everything that is known; each component pulls the index down by
as many points as its weight and its score say. A component that is not known takes no part: its
weight goes to the others, and the evaluation names it.

Integers: scores are hundredths of a point, and the index is compared as a fraction of them.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, NamedTuple, Self

from pydantic import Field, model_validator

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from rules.measures.health_components import (
    COMPONENTS,
    FULL_SCORE,
    DayFigures,
    Ratio,
    ratio,
    score,
    totals,
)
from rules.measures.measure import Setting
from rules.parameters import Parameters

USUAL_DAYS: Final = 56
"""What is usual in a community is what it did in the eight weeks that end on the judged day."""

WEEK_DAYS: Final = 7
"""The last week, by which some components are judged as well."""

PULLS_NAMED: Final = 3

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
        *(f"{component.name}_weight" for component in COMPONENTS),
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
        if not any(getattr(self, f"{component.name}_weight") for component in COMPONENTS):
            raise ValueError("all weights are 0")
        return self


class Part(NamedTuple):
    """One component in the index; `score` (hundredths of a point) is None where it is missing."""

    name: str
    title: str
    weight: int
    score: int | None


class Index(NamedTuple):
    """The index as an exact fraction: `weighted` hundredths of a point out of `weight`."""

    weighted: int
    weight: int

    @property
    def hundredths(self) -> int:
        """The index in hundredths of a point, rounded up.

        Up, so that 90.001 does not read as the 90 that would have fired.
        """
        return -(-self.weighted // self.weight)


def index_of(parts: Sequence[Part]) -> Index | None:
    """Weigh the parts that are known; None where none of them has a weight."""
    known = [(part.weight, part.score) for part in parts if part.score is not None]
    weight = sum(weight for weight, _ in known)
    return Index(sum(weight * score for weight, score in known), weight) if weight else None


def gather(days: Sequence[DayFigures], day: int, first_day: int, setting: Setting) -> Evaluation:
    """Evaluate the USUAL_DAYS days that end on `day`, the last of `days`.

    Days before the first one are part of `days`, with nothing in them.
    """
    parameters = setting.parameters
    assert isinstance(parameters, HealthIndexParameters)
    usual = totals(days[-USUAL_DAYS:])
    recent = totals(days[-parameters.window_days :])
    week = totals(days[-WEEK_DAYS:])
    counts = {
        component.name: {
            "recent": [
                _written(ratio(component, window))
                for window in ((week, recent) if component.by_week else (recent,))
            ],
            "usual": _written(ratio(component, usual)),
        }
        for component in COMPONENTS
    }
    parts = _parts(counts, setting.threshold)
    index = index_of(parts)
    return {
        "value": index.hundredths if index else None,
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - parameters.window_days + 1), iso(day)],
        "baseline_window": [iso(day - USUAL_DAYS + 1), iso(day)],
        "first_day": iso(first_day),
        "index": index.weighted / index.weight / 100 if index else None,
        "components": {
            part.name: {**counts[part.name], **_share_of(part, index)} for part in parts
        },
        "pulled_most": [part.name for part in _pulled_most(parts)],
        "missing": [part.name for part in parts if part.score is None],
        "explanation": _explain(parts, index),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": usual["late"],
    }


def _written(counts: Ratio | None) -> list[int] | None:
    return None if counts is None else list(counts)


def _share_of(part: Part, index: Index | None) -> dict[str, float | None]:
    """Write what the part gives to the index and takes from it, in points; None where missing."""
    if part.score is None or index is None:
        return {"score": None, "contribution": None, "pull": None}
    return {
        "score": part.score / 100,
        "contribution": part.weight * part.score / index.weight / 100,
        "pull": part.weight * (FULL_SCORE - part.score) / index.weight / 100,
    }


def _parts(counts: Mapping[str, Mapping[str, Any]], threshold: Mapping[str, Any]) -> list[Part]:
    """Score all components out of what was counted."""
    return [
        Part(
            component.name,
            component.title,
            threshold[f"{component.name}_weight"],
            score(component, counted["recent"], counted["usual"], threshold["least_cases"]),
        )
        for component in COMPONENTS
        for counted in (counts[component.name],)
    ]


def _pulled_most(parts: Sequence[Part]) -> list[Part]:
    """Return the parts that pull the index down most, the first of equals first."""
    pulling = [part for part in parts if _pull(part) > 0]
    return sorted(pulling, key=_pull, reverse=True)[:PULLS_NAMED]


def _pull(part: Part) -> int:
    return 0 if part.score is None else part.weight * (FULL_SCORE - part.score)


def _explain(parts: Sequence[Part], index: Index | None) -> str:
    """Say the index, what pulls it down most, and what is left out, for people."""
    missing = ", ".join(part.title for part in parts if part.score is None)
    left_out = f" Not known, and left out: {missing}." if missing else ""
    if index is None:
        return f"There is nothing to take a health index of.{left_out}"
    pulls = ", ".join(
        f"{part.title} ({-_pull(part) / index.weight / 100:.2f})" for part in _pulled_most(parts)
    )
    because = f" What pulled most: {pulls}." if pulls else ""
    return f"The health index is {index.hundredths / 100:.2f} of 100.{because}{left_out}"


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the index, inclusive, from what was counted; the stated value must follow from it.

    LEARNING while the eight weeks are not whole, BELOW_FLOOR while they hold too little speech or
    none, NOT_APPLICABLE where no component that has a weight is known.
    """
    threshold = evaluation["threshold"]
    index = index_of(_parts(evaluation["components"], threshold))
    if evaluation["value"] != (index.hundredths if index else None):
        raise ValueError("the value does not follow from the components")
    if day_from_iso(evaluation["baseline_window"][0]) < day_from_iso(evaluation["first_day"]):
        return Verdict.LEARNING
    speech = evaluation["components"]["speech_density"]["usual"][0]
    if speech < threshold["floor"] or speech == 0:
        return Verdict.BELOW_FLOOR
    if index is None:
        return Verdict.NOT_APPLICABLE
    low = index.weighted <= 100 * threshold["index_at_most"] * index.weight
    return Verdict.FIRE if low else Verdict.OK


def horizon(_: HealthIndexParameters) -> int:
    """Return how many days up to and including the judged one are read."""
    return USUAL_DAYS
