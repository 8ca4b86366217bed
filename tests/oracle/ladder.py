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
    """One member's ladder: an episode stands from the day `episode` on, with `told` records.

    The member `held` that circle before it went quiet, and stands on `rung` since the day `since`.
    """

    held: str = "none"
    episode: date | None = None
    told: int = 0
    rung: str = ""
    since: date = date.min

    def step(self, silent: int, held: str, day: date, settings: Mapping[str, Any]) -> str | None:
        """So many whole days of silence at the close of the day: `first` to `lost`, where new."""
        lost = silent >= settings["lost_days"]
        if self.episode is None:
            if lost or held not in TOOK_PART or silent < settings["first_days"]:
                return None
            self.episode, self.held, self.told, self.rung = day, held, 0, ""
        if lost:
            return "lost"
        rung = [name for name in RUNGS if silent >= settings[f"{name}_days"]][-1]
        if rung == self.rung:
            return None
        self.rung, self.since = rung, day
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
        """A member on the ladder has interacted on that day: its last rung has called it back.

        Who interacted before the episode began had not been away.
        """
        is_back = ladder.episode is not None and day >= ladder.episode
        if is_back and (day - ladder.since).days <= DAYS_TO_COME_BACK:
            self.recalled[ladder.since, ladder.rung] += 1

    def figures(self, day: date) -> dict[str, int]:
        """Those of one day."""
        return {
            f"{word}_{rung}": counter[day, rung]
            for word, counter in (("reached", self.reached), ("recalled", self.recalled))
            for rung in RUNGS
        }
