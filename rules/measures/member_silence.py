"""Member silence: whole days since a member's last interaction (article, 4.2).

With `diagnose` it also tells why, as far as events can (article, 2.2: demand gap, barrier to taking
part, value not felt), and the community keeps a ledger. `evaluation.diagnosis` is read at the
close at which the alert begins, from the 60 days up to it. It is the first of these that fits:

`value_not_felt`: the member spoke, and nobody replied to or liked anything of the member's (where
nobody at all was replied to or liked over D-27..D it is `unknown`).

`no_demand`: the member has viewed something before, but nothing over D-27..D, though others did.

`barrier`: the member has viewed something over D-27..D, and has not spoken.

`unknown`: anything else, and always where the ledger has not all of the 60 days (in a community
that is younger, of the days since its first).

`evaluation.traces` has what it was read from. All records of one alert tell the same.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, ClassVar

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.ledger import WINDOW_DAYS
from rules.measures.measure import TRACED_DAYS, MemberMeasure, Setting, Traces
from rules.parameters import Parameters


class MemberSilenceParameters(Parameters):
    """`silent_days`: so many whole days without interaction fire.

    `diagnose`: whether alerts also say why the member fell silent, out of the 60 days before.
    """

    compared: ClassVar = ("silent_days",)

    silent_days: Annotated[int, Field(ge=1, le=3650)]
    diagnose: bool = False


class Diagnosis(StrEnum):
    """Why a member fell silent, as far as events tell: the branches of the problem tree."""

    NO_DEMAND = "no_demand"
    """The member has stopped viewing, too."""
    BARRIER = "barrier"
    """The member views, and does not speak."""
    VALUE_NOT_FELT = "value_not_felt"
    """The member spoke, and nobody answered or liked anything of the member's."""
    UNKNOWN = "unknown"
    """The events cannot tell."""


def diagnosis(traces: Traces) -> Diagnosis:
    """Tell why a member fell silent, out of TRACED_DAYS days.

    Who spoke unanswered is told of first: an owed answer explains silence and an end of viewing
    alike. Nothing is concluded from what a platform never sends: views of anybody, or of this
    member; answers and likes to anybody.
    """
    if not traces.known:
        return Diagnosis.UNKNOWN
    since = traces.day - TRACED_DAYS + 1
    has_spoken = traces.spoke >= since
    if has_spoken and traces.received < since:
        return Diagnosis.VALUE_NOT_FELT if traces.receivers else Diagnosis.UNKNOWN
    if not traces.viewers or not traces.viewed:
        return Diagnosis.UNKNOWN
    if traces.viewed <= traces.day - WINDOW_DAYS:
        return Diagnosis.NO_DEMAND
    return Diagnosis.UNKNOWN if has_spoken else Diagnosis.BARRIER


def gather(last: int, day: int, setting: Setting, traces: Traces | None = None) -> Evaluation:
    """Count the whole days from the last interaction to `day`; an event after `day` counts 0."""
    figures = {
        "value": max(day - last, 0),
        "baseline": None,
        "change_percent": None,
        "window": [iso(min(last, day)), iso(day)],
        "baseline_window": None,
        "last_interaction_day": iso(last) if last else None,
        "left": False,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": 0,
    }
    if traces is not None:
        found = diagnosis(traces)
        figures |= {"diagnosis": found, "case": found, "traces": _written(traces)}
    return figures


def _written(traces: Traces) -> dict[str, Any]:
    return {
        "window": [iso(traces.day - TRACED_DAYS + 1), iso(traces.day)],
        "known": bool(traces.known),
        "last_viewed_day": iso(traces.viewed) if traces.viewed else None,
        "last_spoke_day": iso(traces.spoke) if traces.spoke else None,
        "last_received_day": iso(traces.received) if traces.received else None,
        "viewers": traces.viewers,
        "receivers": traces.receivers,
    }


def _read(written: Mapping[str, Any]) -> Traces:
    return Traces(
        day_from_iso(written["window"][1]),
        _day(written["last_viewed_day"]),
        _day(written["last_spoke_day"]),
        _day(written["last_received_day"]),
        written["viewers"],
        written["receivers"],
        int(written["known"]),
    )


def _day(text: str | None) -> int:
    return 0 if text is None else day_from_iso(text)


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the silence, inclusive; NOT_APPLICABLE to a member who has left.

    A stated diagnosis must follow from the traces that it was made from.
    """
    if "diagnosis" in evaluation:
        found = diagnosis(_read(evaluation["traces"]))
        if not evaluation["diagnosis"] == evaluation["case"] == found:
            raise ValueError("the diagnosis does not follow from the traces")
    if evaluation["left"]:
        return Verdict.NOT_APPLICABLE
    silent = evaluation["value"] >= evaluation["threshold"]["silent_days"]
    return Verdict.FIRE if silent else Verdict.OK


def _due(last: int, parameters: MemberSilenceParameters) -> int:
    return last + parameters.silent_days


def _needs_traces(parameters: MemberSilenceParameters) -> bool:
    return parameters.diagnose


MEASURE = MemberMeasure(MemberSilenceParameters, gather, verdict, _due, _needs_traces)
