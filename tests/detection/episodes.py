"""What counts as going quiet, and how alerts about it are scored.

An episode is a day with at least 400 posts and replies in the 56 days before it and at most half
as many in the 56 days after it (the day itself in neither): the strongest such day within 56 days.
Strongest is the one with the least left, then the one that falls from highest, then the earliest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from itertools import accumulate
from statistics import median
from typing import Final, NamedTuple

SPAN: Final = 56
LEAST_BEFORE: Final = 400
EARLIEST: Final = 28
"""An alert that comes earlier than so many days before an episode is not about it."""
LATEST: Final = 21
"""Nor one that comes later than so many days after it."""


def episodes(speech: Sequence[int]) -> list[int]:
    """The episodes in the speech of days in a row, as places in it.

    Days so near to an end that 56 days do not fit behind them are none.
    """
    until = [0, *accumulate(speech)]
    falls = []
    for day in range(SPAN, len(speech) - SPAN):
        before = until[day] - until[day - SPAN]
        after = until[day + 1 + SPAN] - until[day + 1]
        if before >= LEAST_BEFORE and 2 * after <= before:
            falls.append((Fraction(after, before), -before, day))
    found: list[int] = []
    for *_, day in sorted(falls):
        if all(abs(day - other) >= SPAN for other in found):
            found.append(day)
    return sorted(found)


class Score(NamedTuple):
    """How well alerts met episodes: of one community, or of several together.

    `near` of the `alerts` came near an episode; each of the `hit` episodes counts once, with the
    days by which its first alert came before it (negative: after it) in `leads`.
    """

    alerts: int = 0
    near: int = 0
    episodes: int = 0
    leads: tuple[int, ...] = ()
    years: float = 0.0

    @property
    def hit(self) -> int:
        return len(self.leads)

    @property
    def precision(self) -> float:
        """Episodes that were met, out of all alerts: the second alert about one is a false one."""
        return self.hit / self.alerts if self.alerts else 0.0

    @property
    def lenient_precision(self) -> float:
        """Alerts that came near an episode, the second one about it too, out of all."""
        return self.near / self.alerts if self.alerts else 0.0

    @property
    def recall(self) -> float:
        return self.hit / self.episodes if self.episodes else 1.0

    @property
    def lead(self) -> float | None:
        return median(self.leads) if self.leads else None

    @property
    def false_per_year(self) -> float:
        return (self.alerts - self.hit) / self.years if self.years else 0.0

    def plus(self, other: Score) -> Score:
        return Score(
            self.alerts + other.alerts,
            self.near + other.near,
            self.episodes + other.episodes,
            self.leads + other.leads,
            self.years + other.years,
        )


def together(scores: Iterable[Score]) -> Score:
    """The score of several communities as if they were one."""
    total = Score()
    for score in scores:
        total = total.plus(score)
    return total


def score(alerts: Sequence[int], found: Sequence[int], days: int) -> Score:
    """Score the alerts of one community of so many days against its episodes."""
    leads = []
    for episode in found:
        met = [day for day in alerts if episode - EARLIEST <= day <= episode + LATEST]
        if met:
            leads.append(episode - min(met))
    near = sum(
        any(episode - EARLIEST <= day <= episode + LATEST for episode in found) for day in alerts
    )
    return Score(len(alerts), near, len(found), tuple(leads), days / 365.25)
