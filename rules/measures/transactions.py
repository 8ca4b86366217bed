"""Transactions: whether anybody has bought anything in a week (the opening of the article).

As shipped: whether there was a `purchase.completed` over D-6..D, where there was one over
D-34..D-7.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.events import EventType
from models.panes import Recent, counted
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

_PURCHASED: Final = int(EventType.PURCHASE_COMPLETED)


class TransactionsParameters(Parameters):
    """`window_days`: days without a purchase that fire; `active_days`: days before, with some."""

    compared: ClassVar = ("window_days", "active_days")

    window_days: Annotated[int, Field(ge=1, le=90)]
    active_days: Annotated[int, Field(ge=1, le=365)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the purchases of the window that ends on `day`, and of the days before it."""
    parameters = setting.parameters
    assert isinstance(parameters, TransactionsParameters)
    days, before = parameters.window_days, parameters.active_days
    current, late = counted(panes[-days:], _PURCHASED)
    previous, late_before = counted(panes[-days - before : -days], _PURCHASED)
    return {
        "value": current,
        "baseline": previous,
        "change_percent": None,
        "window": [iso(day - days + 1), iso(day)],
        "baseline_window": [iso(day - days - before + 1), iso(day - days)],
        "first_day": iso(first_day),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": late + late_before,
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the window: no purchase in it fires, where there was one in the days before it.

    LEARNING until the whole window lies after the first day, NOT_APPLICABLE where there was no
    purchase before either. "None" is only said of days that are known whole, and the first day is
    known from its first event on; the days before the window need not be known, for what is unknown
    there can only leave purchases out.
    """
    if day_from_iso(evaluation["window"][0]) <= day_from_iso(evaluation["first_day"]):
        return Verdict.LEARNING
    if evaluation["value"] > 0:
        return Verdict.OK
    return Verdict.FIRE if evaluation["baseline"] > 0 else Verdict.NOT_APPLICABLE


def _horizon(parameters: TransactionsParameters) -> int:
    return parameters.window_days + parameters.active_days


MEASURE = CommunityMeasure(TransactionsParameters, gather, verdict, _horizon, "purchases_in_window")
