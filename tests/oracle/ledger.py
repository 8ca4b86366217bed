"""What the oracle knows of a community's members: who is known, in which circle, and how many.

Written from the sentences of `models.panes.FIGURES` and of issue and article, not from the engine.
Every event is kept; each close and each figure goes through all of them anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from .counting import (
    ANSWERS,
    Happening,
    firsts,
    hundredths,
    inviters,
    spent,
    tags_of,
    told_of,
    top_fifth,
    who,
    within,
)
from .ladder import Rungs
from .reading import INTERACTIONS, SPEECH, Record

NEEDS_LEDGER = (
    "campaign-participation-decay", "cohort-value", "content-conversion-low", "content-effect",
    "core-circle-shrinking", "growth-stage", "health-index-falling", "member-churn",
    "member-funnel", "member-tiers", "monthly-activity-low",
    "viral-coefficient-low",
)  # fmt: skip
CLIMBED = ("reached_", "recalled_")
TIERS = ["none", "observer", "potential", "active", "core"]
UNTOLD = {"member.left", "heartbeat"}


@dataclass
class Holding:
    """The circle that a member holds, and for how many closes in a row it was measured lower."""

    tier: str = "none"
    below: int = 0


@dataclass
class Change:
    """A member moves from one circle to another."""

    member: str
    before: str
    tier: str
    counts: dict[str, int]
    tags: dict[str, str]


@dataclass
class Ledger:
    """Members of one community; `happenings` are the counted events of persons, as they arrived."""

    settings: Mapping[str, Any]
    happenings: list[Happening]
    since: date
    known: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    holdings: dict[str, Holding] = field(default_factory=dict)
    fallen: dict[str, tuple[str, date]] = field(default_factory=dict)
    closes: dict[date, dict[str, int]] = field(default_factory=dict)
    spoken: dict[date, dict[str, int]] = field(default_factory=dict)
    rungs: Rungs = field(default_factory=Rungs)

    def hear(self, record: Record) -> None:
        """Learns from one event of a person who is there."""
        user, name = record.user_id, record.type
        if user and name not in UNTOLD:
            self.known.add(user)
        if name in ANSWERS and record.target_user_id not in (None, user):
            self.known.add(str(record.target_user_id))
        if name == "member.joined" and record.inviter_id not in (None, user):
            self.known.add(str(record.inviter_id))

    def come_back(self, member: str, day: date) -> None:
        """The last interaction is on that day: a circle that was lost before is no matter any more.

        Whether the event still counts or not: it moves the last interaction forward.
        """
        if member in self.fallen and day > self.fallen[member][1]:
            del self.fallen[member]

    def left_behind(self, member: str) -> str:
        """The circle out of which the member went quiet.

        The one that it lost first since it last interacted, or else the one that it holds.
        """
        if member in self.fallen:
            return self.fallen[member][0]
        return self.holdings[member].tier if member in self.holdings else "none"

    def close(self, day: date, left: set[str]) -> list[Change]:
        """Measures all circles at the close of the day; returns who changes, in order."""
        self.gone = self.known & left
        counts = self.counts(day)
        measured = self.measured(counts)
        still = sorted(member for member in self.known if member not in measured)
        changes = []
        for member in [*measured, *still]:
            holding = self.holdings.setdefault(member, Holding())
            before = holding.tier
            self.move(holding, measured.get(member, "observer"), member in self.gone)
            if holding.tier != before:
                told = told_of(member, within(self.happenings, day, 28))
                tags = tags_of(told, self.settings)
                changes.append(Change(member, before, holding.tier, told, tags))
            fell = TIERS.index(holding.tier) < TIERS.index(before) and holding.tier != "none"
            if fell and all(when <= day for when in self.days_of(member)):
                self.fallen.setdefault(member, (before, day))
        self.closes[day] = self.figures_of_close(day, counts)
        self.spoken = self.figures_of_speech(day)
        return changes

    def days_of(self, member: str) -> list[date]:
        """The days on which the member interacted."""
        return [
            day
            for day, record in self.happenings
            if record.user_id == member and record.type in INTERACTIONS
        ]

    def figures_of_speech(self, last: date) -> dict[date, dict[str, int]]:
        """Who spoke on each day; each close counts again, since late events may have come."""
        spoken: dict[date, Counter[str]] = {}
        for day, record in self.happenings:
            if day <= last and record.type in SPEECH and record.user_id:
                spoken.setdefault(day, Counter())[record.user_id] += 1
        return {
            day: {
                "speakers": len(counts),
                "speech_outside_top_fifth": counts.total() - top_fifth(counts),
            }
            for day, counts in spoken.items()
        }

    def counts(self, day: date) -> Counter[str]:
        """Interactions in the 28 days that end with the day, by member; of those still there."""
        return Counter(
            record.user_id
            for _, record in within(self.happenings, day, 28)
            if record.type in INTERACTIONS and record.user_id and record.user_id not in self.gone
        )

    def measured(self, counts: Mapping[str, int]) -> dict[str, str]:
        """The circle of everybody with an interaction, by what lies before them in the ranking."""
        ranking = sorted(counts, key=lambda member: (-counts[member], member))
        everything, before = sum(counts.values()), 0
        circles = {}
        for member in ranking:
            if before * 100 < self.settings["core_percent"] * everything:
                circles[member] = "core"
            elif before * 100 < self.settings["active_percent"] * everything:
                circles[member] = "active"
            else:
                circles[member] = "potential"
            before += counts[member]
        return circles

    def move(self, holding: Holding, measured: str, is_gone: bool) -> None:
        """Up at once; down when it was measured lower for so many closes in a row."""
        if is_gone:
            holding.tier, holding.below = "none", 0
        elif TIERS.index(measured) < TIERS.index(holding.tier):
            holding.below += 1
            if holding.below >= self.settings["down_closes"]:
                holding.tier, holding.below = measured, 0
        else:
            holding.tier, holding.below = measured, 0

    def figures_of_close(self, day: date, counts: Mapping[str, int]) -> dict[str, int]:
        """What is told of the day as of its close, and not changed afterwards."""
        month, week = within(self.happenings, day, 28), within(self.happenings, day, 7)
        viewers = who(month, {"content.viewed"})
        circles = Counter(holding.tier for holding in self.holdings.values())
        return {
            "known_members": len(self.known - self.gone),
            "active_members": len(counts),
            **{f"tier_{tier}": circles[tier] for tier in TIERS[1:]},
            "interactions_28": sum(counts.values()),
            "top_fifth_28": top_fifth(counts),
            "viewers_28": len(viewers),
            "speaking_viewers_28": len(viewers & who(month, SPEECH)),
            "inviters_7": len(inviters(week)),
            "inviters_28": len(inviters(month)),
        }

    def told(self, day: date) -> dict[str, int | None]:
        """The figures of a snapshot: those of the day, and those that had their time to grow.

        A cohort's first 37 days and a rung's 30 have passed; None where nobody looked at that day.
        """
        later = ("joined_", "recalled_")
        now = {
            name: number
            for name, number in self.figures(day).items()
            if not name.startswith(later) or name == "joined_members"
        }
        return {**now, **self.grown(day, 37, ("joined_",)), **self.grown(day, 30, CLIMBED)}

    def grown(self, day: date, days: int, beginnings: tuple[str, ...]) -> dict[str, int | None]:
        """Figures of a day so many days ago, by names that say so."""
        then = day - timedelta(days=days)
        is_known = then in self.closes or any(when == then for when, _ in self.happenings)
        return {
            f"{name}_{days}_days_ago": number if is_known and then >= self.since else None
            for name, number in self.figures(then).items()
            if name.startswith(beginnings)
        }

    def figures(self, day: date) -> dict[str, int]:
        """All figures of the day, as they stand now."""
        never_closed = dict.fromkeys(Ledger({}, [], day).figures_of_close(day, {}), 0)
        return {
            **(self.closes.get(day) or never_closed),
            **self.spoken.get(day, {"speakers": 0, "speech_outside_top_fifth": 0}),
            **self.figures_of_events(day),
            **self.figures_of_cohort(day),
            **self.rungs.figures(day),
        }

    def figures_of_events(self, day: date) -> dict[str, int]:
        """What the events of the day say by themselves."""
        events = [record for when, record in self.happenings if when == day]
        surveys = [
            each.score
            for each in events
            if each.type == "survey.answered" and each.score is not None
        ]
        read = [
            hundredths(each.completion)
            for each in events
            if each.type == "content.viewed" and each.completion is not None
        ]
        first_time = dict[str, date]()
        for when, each in self.happenings:
            for member in inviters([(when, each)]):
                first_time[member] = min(when, first_time.get(member, when))
        return {
            "surveys": len(surveys),
            "survey_hundredths": sum(map(hundredths, surveys)),
            "promoters": sum(score >= 9 for score in surveys),
            "detractors": sum(score <= 6 for score in surveys),
            "completions": len(read),
            "completion_hundredths": sum(read),
            "in_campaign": sum(
                each.type in INTERACTIONS and each.campaign_id is not None for each in events
            ),
            "spent_hundredths": sum(map(spent, events)),
            "new_inviters": list(first_time.values()).count(day),
            "invited_joined": sum(
                each.type == "member.joined" and each.inviter_id not in (None, each.user_id)
                for each in events
            ),
        }

    def figures_of_cohort(self, day: date) -> dict[str, int]:
        """Who joined on the day, by their first join that counts, and what became of them."""
        joins = firsts(self.happenings, "member.joined")
        cohort = {member: place for member, (place, when) in joins.items() if when == day}
        interacted = stayed = month = recommends = 0
        for member, place in cohort.items():
            own = [each for each in self.happenings if each[1].user_id == member]
            later = [each for each in self.happenings[place:] if each[1].user_id == member]
            ages = [(when - day).days for when, each in own if each.type in INTERACTIONS]
            interacted += any(0 <= age <= 30 for age in ages)
            stayed += any(7 <= age <= 14 for age in ages)
            month += any(30 <= age <= 37 for age in ages)
            recommends += any(
                each.type == "survey.answered" and each.score is not None and each.score >= 9
                for _, each in later
            )
        return {
            "joined_members": len(cohort),
            "joined_interacted": interacted,
            "joined_stayed": stayed,
            "joined_month": month,
            "joined_recommends": recommends,
        }
