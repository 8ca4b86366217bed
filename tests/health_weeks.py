"""Eight weeks of a community, told day by day, and what is evaluated of their health."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from models.events import EventType
from models.panes import LATE, WIDE, Figure, Pane, empty_pane
from rules.measures.health_components import COMPONENTS, STAY_DAYS, USUAL_DAYS, WEEK_DAYS
from rules.measures.health_index import gather
from rules.measures.measure import Setting
from tests.builders import catalogue, day

D = day("2025-06-30")
FIRST_DAY = D - 400
NAMES = [component.name for component in COMPONENTS]
SHIPPED = catalogue()["health-index-falling"].defaults


class Day(NamedTuple):
    """What happened on one day: `joined` and `stayed` are of those who joined 14 days before it."""

    posts: int = 0
    replies: int = 0
    speakers: int = 0
    outside: int = 0
    joined: int = 0
    stayed: int = 0
    shared: int = 0
    converted: int = 0
    surveys: int = 0
    scores: int = 0
    late: int = 0


PLACES = {
    "posts": EventType.POST_CREATED,
    "replies": EventType.REPLY_CREATED,
    "speakers": Figure.SPEAKERS,
    "outside": Figure.SPEECH_OUTSIDE_TOP_FIFTH,
    "shared": EventType.SHARE_CREATED,
    "converted": EventType.SHARE_CONVERTED,
    "surveys": Figure.SURVEYS,
    "scores": Figure.SURVEY_HUNDREDTHS,
    "late": LATE,
}
COHORT = {"joined": Figure.JOINED_MEMBERS, "stayed": Figure.JOINED_STAYED}
COUNTED = dict(
    zip(NAMES, ("posts", "speakers", "replies", "stayed", "converted", "outside", "scores"),
        strict=True)
)  # fmt: skip
"""What may rise without anything else, by component."""
EVERYTHING = Day(
    posts=10,
    replies=10,
    speakers=5,
    outside=8,
    joined=4,
    stayed=2,
    shared=6,
    converted=3,
    surveys=2,
    scores=1_500,
)


def panes_of(days: Sequence[Day]) -> list[Pane]:
    """The panes of `days`, and of the fortnight before them: there stand the first newcomers."""
    panes = [empty_pane(WIDE) for _ in range(len(days) + STAY_DAYS)]
    for place, figures in enumerate(days):
        for name, index in PLACES.items():
            panes[place + STAY_DAYS][index] = getattr(figures, name)
        for name, figure in COHORT.items():
            panes[place][figure] = getattr(figures, name)
    return panes


def setting(**changes: Any) -> Setting:
    return Setting(SHIPPED.model_copy(update=changes), "default", "UTC")


def evaluated(days: Sequence[Day], *, first_day: int = FIRST_DAY, **changes: Any) -> Any:
    """What is evaluated of the eight weeks that end on D."""
    assert len(days) == USUAL_DAYS
    return gather(panes_of(days), D, first_day, setting(**changes))


def weeks(*posts: int, **figures: int) -> list[Day]:
    """Eight weeks, oldest first, each with all its speech on its first day."""
    return [
        Day(amount if number == 0 else 0, **figures)
        for amount in posts
        for number in range(WEEK_DAYS)
    ]


COUNTS = st.lists(st.integers(0, 60), min_size=USUAL_DAYS, max_size=USUAL_DAYS)
NEVER = st.just([0] * USUAL_DAYS)
WEIGHTS = st.fixed_dictionaries({f"{name}_weight": st.integers(0, 100) for name in NAMES})


@st.composite
def histories(draw: st.DrawFn) -> list[Day]:
    """Eight weeks in which each figure happens now and then, or never."""
    columns = [COUNTS | NEVER] * len(Day._fields)
    return [Day(*row) for row in zip(*(draw(column) for column in columns), strict=True)]
