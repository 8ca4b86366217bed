"""What the charts of a review show, in figures: each is also a table that can be read."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, NamedTuple

from models.days import iso
from rules.review.amounts import Amount, Figure, Unit, read
from rules.review.figures import (
    CAMPAIGN_JOINS,
    FIGURES,
    FUNNEL,
    INTERACTIONS,
    POSTS,
    PURCHASES,
    REPLIES,
    TIERS,
    PartName,
)
from rules.review.history import History, Period, buckets
from rules.review.judgements import Index
from rules.review.outlook import AHEAD_WEEKS, Outlook

_PAST_WEEKS: Final = 12


class Kind(StrEnum):
    """How a chart is drawn."""

    STACKED = "stacked"
    """Bars, one series on the other."""
    LINES = "lines"
    BARS = "bars"
    """One series; its labels are names and stand beside their bars."""
    PARTS = "parts"
    """Likewise, with one series on the other."""
    FORECAST = "forecast"
    """What was, then what is expected, between a low and a high series."""


class Series(NamedTuple):
    """A row of values, None where one is not known; counts are whole, all else hundredths."""

    name: str
    values: tuple[int | None, ...]


class Chart(NamedTuple):
    """A chart: `labels` are days (the last of each step) or names, as its kind says.

    `step` is how many days a label stands for, 0 where labels are names.
    """

    name: str
    kind: Kind
    unit: Unit
    step: int
    labels: tuple[str, ...]
    series: tuple[Series, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to draw: all of it is 0 or not known."""
        return not any(value for series in self.series for value in series.values)


def _count(name: str, *plus: str, at_close: bool = False) -> Figure:
    return Figure(name, Unit.COUNT, plus, at_close=at_close)


OVER_TIME: Final[dict[PartName, tuple[tuple[str, Kind, tuple[Figure, ...]], ...]]] = {
    PartName.MEMBERS: (
        (
            "members_over_time",
            Kind.LINES,
            (
                _count("members", "members", at_close=True),
                _count("active_members", "active_members", at_close=True),
                _count("silent_members", "silent_members", at_close=True),
            ),
        ),
        ("tiers", Kind.STACKED, tuple(_count(tier, tier, at_close=True) for tier in TIERS[:3])),
    ),
    PartName.CONTENT: (
        ("speech", Kind.STACKED, (_count("posts", POSTS), _count("replies", REPLIES))),
        (
            "rates",
            Kind.LINES,
            tuple(figure for figure in FIGURES[PartName.CONTENT] if figure.unit is Unit.PERCENT),
        ),
    ),
    PartName.CAMPAIGNS: (
        (
            "interactions",
            Kind.STACKED,
            (
                _count("in_campaign", "in_campaign"),
                Figure("outside_campaigns", Unit.COUNT, INTERACTIONS, minus=("in_campaign",)),
            ),
        ),
        (
            "returns",
            Kind.LINES,
            (_count("campaign_joins", CAMPAIGN_JOINS), _count("purchases", PURCHASES)),
        ),
    ),
    PartName.HEALTH: (
        (
            "health_index",
            Kind.LINES,
            tuple(each for each in FIGURES[PartName.HEALTH] if each.name == "health_index"),
        ),
    ),
    PartName.OUTLOOK: (),
}
"""The charts over time of each part: name, kind and figures, all of one unit."""


def over_time(part: PartName, history: History, period: Period) -> list[Chart]:
    """Return the charts of a part over the window and the one before it."""
    steps = buckets(period)
    days = [history.within(step) for step in steps]
    labels = tuple(iso(step.last) for step in steps)
    charts = []
    for name, kind, figures in OVER_TIME[part]:
        series = tuple(
            Series(
                figure.name,
                tuple(_whole(read(figure, each), figure, steps[0].length) for each in days),
            )
            for figure in figures
        )
        # What no snapshot has is named in the table of figures, and would be an empty column here.
        known = tuple(each for each in series if any(value is not None for value in each.values))
        charts.append(Chart(name, kind, figures[0].unit, steps[0].length, labels, known))
    return charts


def _whole(amount: Amount, figure: Figure, days: int) -> int | None:
    """Return a figure of one step of a chart; not a sum of a part of its days."""
    if figure.at_close or figure.per or amount.known_days == days:
        return amount.value
    return None


def funnel(counts: Sequence[int | None]) -> Chart:
    """Return the chart of the value funnel, from who joined to who recommends."""
    return Chart("funnel", Kind.BARS, Unit.COUNT, 0, FUNNEL, (Series("newcomers", tuple(counts)),))


def components(index: Index) -> Chart:
    """Return the chart of what each component gives to the health index, and takes from it."""
    return Chart(
        "components",
        Kind.PARTS,
        Unit.POINTS,
        0,
        tuple(part.name for part in index.components),
        (
            Series("contribution", tuple(part.contribution for part in index.components)),
            Series("pull", tuple(part.pull for part in index.components)),
            Series("score", tuple(part.score for part in index.components)),
        ),
    )


def forecast(outlook: Outlook, last: int) -> Chart:
    """Return the chart of the last weeks' speech and of the coming ones; labels are last days."""
    past = outlook.past[-_PAST_WEEKS:]
    ends = [last + 7 * (number - len(past) + 1) for number in range(len(past) + AHEAD_WEEKS)]
    before = (None,) * len(past)
    after = (None,) * AHEAD_WEEKS
    return Chart(
        "forecast",
        Kind.FORECAST,
        Unit.COUNT,
        7,
        tuple(iso(end) for end in ends),
        (
            Series("counted", past + after),
            Series("expected", before + tuple(week.middle for week in outlook.expected)),
            Series("low", before + tuple(week.low for week in outlook.expected)),
            Series("high", before + tuple(week.high for week in outlook.expected)),
        ),
    )
