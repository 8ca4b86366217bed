"""The churn ladder of the oracle: who stands on which rung since when, and who came back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

RUNGS = ("first", "second", "third")
TOOK_PART = {"potential", "active", "core"}
DAYS_TO_COME_BACK = 30


@dataclass
class Ladder:
    """One member's ladder. `episode` is the day on which the episode began that stands.

    `held` is the circle that the member held when it last interacted; who came to one by that
    very interaction holds the one of the first close after it (`is_seen`: that close has been).
    `reached` are the rungs of the last episode, and the day of each.
    """

    held: str = "none"
    is_seen: bool = True
    episode: date | None = None
    told: int = 0
    reached: dict[str, date] = field(default_factory=dict)

    def interacted(self, held: str) -> None:
        """The member's last day has moved forward; it held that circle."""
        self.held, self.is_seen = held, False

    def closed(self, held: str, order: list[str]) -> None:
        """A close has moved the circles."""
        if not self.is_seen:
            self.held, self.is_seen = max(self.held, held, key=order.index), True

    def step(self, silent: int, day: date, settings: Mapping[str, Any]) -> str | None:
        """So many whole days of silence at the close of the day: `first` to `lost`, where new."""
        lost = silent >= settings["lost_days"]
        if self.episode is None:
            if lost or self.held not in TOOK_PART or silent < settings["first_days"]:
                return None
            self.episode, self.told, self.reached = day, 0, {}
        if lost:
            return "lost"
        rung = [name for name in RUNGS if silent >= settings[f"{name}_days"]][-1]
        if rung in self.reached:
            return None
        self.reached[rung] = day
        return rung

    def end(self) -> date:
        """Ends the episode; returns its first day."""
        episode = self.episode
        assert episode is not None
        self.episode = None
        return episode


@dataclass
class Rungs:
    """How many members reached each rung on which day, and how many of them came back."""

    reached: Counter[tuple[date, str]] = field(default_factory=Counter)
    recalled: Counter[tuple[date, str]] = field(default_factory=Counter)

    def come_back(self, ladder: Ladder, day: date) -> None:
        """The member's last day has moved to that day, for the first time since its episode began.

        Who interacted before it began had not been away.
        """
        was_away = all(day >= since for since in list(ladder.reached.values())[:1])
        for rung, since in ladder.reached.items():
            if was_away and (day - since).days <= DAYS_TO_COME_BACK:
                self.recalled[since, rung] += 1
        ladder.reached = {}

    def figures(self, day: date) -> dict[str, int]:
        """Those of one day."""
        return {
            f"{word}_{rung}": counter[day, rung]
            for word, counter in (("reached", self.reached), ("recalled", self.recalled))
            for rung in RUNGS
        }
