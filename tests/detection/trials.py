"""What is put to the test: rules in various settings, and alarms that know nothing.

A trial gives a verdict for every day of a community, from the days up to it; Pulse's own lifecycle
makes alerts of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from itertools import accumulate
from statistics import median
from typing import Any, Final, NamedTuple

from models.alerts import Evaluation, Status, Verdict
from rules.catalogue import parse_parameters
from rules.lifecycle import RESTING, Hold, advance
from rules.measures import health_index, speech_density
from rules.measures.health_components import USUAL_DAYS
from rules.measures.health_index import HealthIndexParameters
from rules.measures.measure import Setting
from streams.catalogue import shipped_catalogue
from tests.detection.history import History

FLOOR: Final = 400
"""Posts and replies in eight weeks, below which an alarm that knows nothing is silent too."""


class Trial(NamedTuple):
    """Something that gives verdicts, and how long they must hold."""

    name: str
    verdicts: Callable[[History], Sequence[Verdict]]
    hold: Hold


def alerts(trial: Trial, history: History) -> list[int]:
    """The days on which alerts begin, as places in the history."""
    state, begun = RESTING, []
    for place, verdict in enumerate(trial.verdicts(history)):
        day = history.first_day + place
        state, announced = advance(state, verdict, day, 0, hold=trial.hold)
        if announced is not None and announced.status is Status.FIRING:
            begun.append(place)
    return begun


def health(name: str, parameters: HealthIndexParameters) -> Trial:
    """The health index."""
    threshold = Setting(parameters, "default", "UTC").threshold

    def verdicts(history: History) -> list[Verdict]:
        # What is counted depends on no threshold: it is counted once for all of them.
        counted = evaluations(history, parameters.model_copy(update=_ANY_THRESHOLD))
        return [health_index.verdict({**figures, "threshold": threshold}) for figures in counted]

    return Trial(name, verdicts, parameters.hold())


_ANY_THRESHOLD: Final = {"index_at_most": 1, "floor": 0, "for_days": 0, "keep_firing_days": 0}


@cache
def evaluations(history: History, parameters: HealthIndexParameters) -> list[Evaluation]:
    """The health index of each day of a community."""
    setting = Setting(parameters, "default", "UTC")
    horizon = health_index.MEASURE.horizon(parameters)
    return [
        health_index.gather(history.last_days(day, horizon), day, history.first_day, setting)
        for day in range(history.first_day, history.first_day + len(history.days))
    ]


def speech_drop(name: str, **changes: Any) -> Trial:
    """`speech-density-drop` as shipped, but for `changes` of its parameters."""
    definition = shipped_catalogue()["speech-density-drop"].definition
    parameters = parse_parameters(name, "", definition, {**definition.parameters, **changes})
    setting = Setting(parameters, "default", "UTC")
    horizon = speech_density.MEASURE.horizon(parameters)

    def verdicts(history: History) -> list[Verdict]:
        return [
            speech_density.verdict(
                speech_density.gather(
                    history.last_days(day, horizon), day, history.first_day, setting
                )
            )
            for day in range(history.first_day, history.first_day + len(history.days))
        ]

    return Trial(name, verdicts, parameters.hold())


def four_week_median(name: str, drop_percent: int, floor: int, hold: Hold) -> Trial:
    """A week of speech against the median of the four weeks before it."""

    def verdict(speech: Sequence[int], place: int) -> Verdict:
        weeks = [sum(speech[place - 7 * n - 6 : place - 7 * n + 1]) for n in range(5)]
        usual = median(weeks[1:])
        if usual < floor or usual == 0:
            return Verdict.BELOW_FLOOR
        fallen = 100 * (usual - weeks[0]) >= drop_percent * usual
        return Verdict.FIRE if fallen else Verdict.OK

    def verdicts(history: History) -> list[Verdict]:
        speech = history.speech
        return [
            verdict(speech, place) if place >= 34 else Verdict.LEARNING
            for place in range(len(speech))
        ]

    return Trial(name, verdicts, hold)


def calendar_alarm(name: str, period: int, offset: int = 0) -> Trial:
    """An alarm every `period` days, whatever happens, where there is speech enough."""

    def verdicts(history: History) -> list[Verdict]:
        return [
            Verdict.BELOW_FLOOR
            if not judged
            else Verdict.FIRE
            if place % period == offset
            else Verdict.OK
            for place, judged in enumerate(lively(history))
        ]

    return Trial(name, verdicts, Hold())


def lively(history: History) -> list[bool]:
    """Of each day, whether eight weeks are known up to it, and enough was said in them."""
    until = [0, *accumulate(history.speech)]
    return [
        place >= USUAL_DAYS - 1 and until[place + 1] - until[place + 1 - USUAL_DAYS] >= FLOOR
        for place in range(len(history.days))
    ]
