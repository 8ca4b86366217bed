"""Cold start: whether a new community does the work of its first ninety days (article, 5.1).

Days 1 to 30 belong to chosen users and interviews (`member.joined` and `task.completed`), days 31
to 60 to co-creation (`task.completed`), days 61 to 90 to votes (`campaign.joined`); day 1 is the
first day of the community. Each stage is judged by its own days alone. Its plan is a straight line,
as shipped from 0 on the stage's day 7 to 100 and 100, 24, and 50 on its day 30.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, NamedTuple

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.events import EventType
from models.panes import Recent, counted
from rules.measures.measure import CommunityMeasure, Setting
from rules.parameters import Parameters

STAGE_DAYS: Final = 30
_JOINED: Final = int(EventType.MEMBER_JOINED)

Target = Annotated[int, Field(ge=0, le=1_000_000)]


class Stage(NamedTuple):
    """A stage: its name, which events are its work, and which setting says how many it needs."""

    name: str
    work: int
    target: str


STAGES: Final = (
    Stage("interviews", int(EventType.TASK_COMPLETED), "interviews"),
    Stage("co-creation", int(EventType.TASK_COMPLETED), "co_creation"),
    Stage("votes", int(EventType.CAMPAIGN_JOINED), "votes"),
)
OVER: Final = "over"
"""The case after the last stage, when nothing is judged any more."""


class ColdStartParameters(Parameters):
    """What each stage reaches by its end; a target of 0 asks for nothing.

    `users`: members who join in days 1 to 30; `interviews`: tasks completed in days 1 to 30;
    `co_creation`: tasks completed in days 31 to 60; `votes`: campaigns joined in days 61 to 90;
    `start_days`: days at the beginning of each stage in which nothing is asked for yet.
    """

    compared: ClassVar = ("users", "interviews", "co_creation", "votes", "start_days")

    users: Target
    interviews: Target
    co_creation: Target
    votes: Target
    start_days: Annotated[int, Field(ge=0, le=STAGE_DAYS - 1)]


def gather(panes: Recent, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the work of the stage that `day` belongs to, since its first day."""
    age, threshold = day - first_day, setting.threshold
    stage = stage_of(age)
    days = age % STAGE_DAYS + 1 if stage is not None else STAGE_DAYS
    work, late = counted(panes[-days:], (stage or STAGES[-1]).work)
    joined, _ = counted(panes[-days:], _JOINED)
    work_plan, joined_plan = _plans(age, threshold)
    return {
        "value": work,
        "baseline": work_plan,
        "change_percent": None,
        "window": [iso(day - days + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "case": OVER if stage is None else stage.name,
        "community_day": age + 1,
        "joined": joined,
        "joined_plan": joined_plan,
        "threshold": threshold,
        "timezone": setting.timezone,
        "late_events": late,
    }


def stage_of(age: int) -> Stage | None:
    """Return the stage of the day so many days after the first; None when all are over."""
    number = age // STAGE_DAYS
    return STAGES[number] if number < len(STAGES) else None


def planned(target: int, days: int, start_days: int) -> int:
    """Return how much of a stage's target is asked for on its day `days` (1 is the first).

    Nothing in the first `start_days` days, all on the last one, and in between in equal steps; a
    part of a piece of work counts as a whole one.
    """
    if days <= start_days:
        return 0
    return -(-target * (days - start_days) // (STAGE_DAYS - start_days))


def _plans(age: int, threshold: Mapping[str, Any]) -> tuple[int | None, int | None]:
    """Return how much work, and how many who joined, are asked for; None when all is over."""
    stage = stage_of(age)
    if stage is None:
        return None, None
    days, start_days = age % STAGE_DAYS + 1, threshold["start_days"]
    users = threshold["users"] if stage is STAGES[0] else 0
    return planned(threshold[stage.target], days, start_days), planned(users, days, start_days)


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Judge the stage: less than its plan asks for by the day fires.

    LEARNING in the first `start_days` days of each stage, NOT_APPLICABLE after the last stage.
    An evaluation whose case or plan are not those of its day has no verdict (ValueError).
    """
    threshold = evaluation["threshold"]
    age = day_from_iso(evaluation["window"][1]) - day_from_iso(evaluation["first_day"])
    stage, plans = stage_of(age), _plans(age, threshold)
    case = OVER if stage is None else stage.name
    if (evaluation["case"], evaluation["baseline"], evaluation["joined_plan"]) != (case, *plans):
        raise ValueError("case or plan are not those of the community's day")
    work_plan, joined_plan = plans
    if work_plan is None or joined_plan is None:
        return Verdict.NOT_APPLICABLE
    if age % STAGE_DAYS < threshold["start_days"]:
        return Verdict.LEARNING
    behind = evaluation["value"] < work_plan or evaluation["joined"] < joined_plan
    return Verdict.FIRE if behind else Verdict.OK


def _horizon(_: ColdStartParameters) -> int:
    return STAGE_DAYS


MEASURE = CommunityMeasure(ColdStartParameters, gather, verdict, _horizon, "cold_start_work")
