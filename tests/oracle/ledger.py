"""What the oracle knows of a community's members: who is known, in which circle, and how many.

Written from the sentences of `models.panes.FIGURES` and of issue and article, not from the engine.
Every event is kept; each close and each figure goes through all of them anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from .ladder import Rungs
from .reading import INTERACTIONS, SPEECH, Record

NEEDS_LEDGER = (
    "campaign-participation-decay", "content-conversion-low", "content-effect",
    "health-index-falling", "member-churn", "member-funnel", "member-tiers", "monthly-activity-low",
    "viral-coefficient-low",
)  # fmt: skip
TIERS = ["none", "observer", "potential", "active", "core"]
ANSWERS = {"reply.created", "like.added"}
MOST_BELIEVED = 10**9
UNTOLD = {"member.left", "heartbeat"}
Happening = tuple[date, Record]


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


@dataclass
class Ledger:
    """Members of one community; `happenings` are the counted events of persons, as they arrived."""

    settings: Mapping[str, Any]
    happenings: list[Happening]
    known: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    holdings: dict[str, Holding] = field(default_factory=dict)
    fallen: dict[str, tuple[str, date]] = field(default_factory=dict)
    closes: dict[date, dict[str, int]] = field(default_factory=dict)
    spoken: dict[date, dict[str, int]] = field(default_factory=dict)
    rungs: Rungs = field(default_factory=Rungs)

    def hear(self, record: Record, day: date) -> None:
        """Learns from one event of a person who is there."""
        user, name = record.user_id, record.type
        if user and name not in UNTOLD:
            self.known.add(user)
        if user in self.fallen and name in INTERACTIONS and day > self.fallen[user][1]:
            # A circle that was lost before the member interacted is no matter any more.
            del self.fallen[user]
        if name in ANSWERS and record.target_user_id not in (None, user):
            self.known.add(str(record.target_user_id))
        if name == "member.joined" and record.inviter_id not in (None, user):
            self.known.add(str(record.inviter_id))

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
                changes.append(Change(member, before, holding.tier))
            fell = TIERS.index(holding.tier) < TIERS.index(before) and holding.tier != "none"
            if fell and all(when <= day for when in self.days_of(member)):
                self.fallen.setdefault(member, (before, day))
        self.closes[day] = self.figures_of_close(day, counts)
        self.spoken = {each: self.figures_of_speech(each) for each in self.days_until(day)}
        return changes

    def days_of(self, member: str) -> list[date]:
        """The days on which the member interacted."""
        return [
            day
            for day, record in self.happenings
            if record.user_id == member and record.type in INTERACTIONS
        ]

    def days_until(self, day: date) -> list[date]:
        """All days up to that one on which anything happened."""
        return sorted({each for each, _ in self.happenings if each <= day})

    def figures_of_speech(self, day: date) -> dict[str, int]:
        """Who spoke on a day; each close counts again, since late events may have come."""
        spoken = Counter(
            record.user_id
            for _, record in within(self.happenings, day, 1)
            if record.type in SPEECH and record.user_id
        )
        return {
            "speakers": len(spoken),
            "speech_outside_top_fifth": spoken.total() - top_fifth(spoken),
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

    def figures(self, day: date) -> dict[str, int]:
        """All figures of the day, as they stand now."""
        never_closed = dict.fromkeys(Ledger({}, []).figures_of_close(day, {}), 0)
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
        spent = [
            hundredths(each.amount)
            for each in events
            if each.type == "purchase.completed"
            and each.amount is not None
            and 0 <= each.amount <= MOST_BELIEVED
        ]
        before = set[str]()
        first_time = []
        for when, each in self.happenings:
            new = inviters([(when, each)]) - before
            first_time += [when] * len(new)
            before |= new
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
            "spent_hundredths": sum(spent),
            "new_inviters": first_time.count(day),
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
            past = [each for each in self.happenings[:place] if each[1].user_id == member]
            later = [each for each in self.happenings[place:] if each[1].user_id == member]
            ages = [(when - day).days for when, each in later if each.type in INTERACTIONS]
            came_before = [(when - day).days for when, each in past if each.type in INTERACTIONS]
            by_then = any(age <= 30 for age in came_before)
            interacted += by_then or any(0 <= age <= 30 for age in ages)
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


def within(happenings: Iterable[Happening], day: date, days: int) -> list[Happening]:
    """What happened in so many days that end with the day."""
    first = day - timedelta(days=days - 1)
    return [each for each in happenings if first <= each[0] <= day]


def who(happenings: Iterable[Happening], types: set[str]) -> set[str]:
    """The members who did something of these types."""
    return {record.user_id for _, record in happenings if record.type in types and record.user_id}


def inviters(happenings: Iterable[Happening]) -> set[str]:
    """Those who sent an invitation, or by whose invitation somebody else joined."""
    joined = {
        record.inviter_id
        for _, record in happenings
        if record.type == "member.joined" and record.inviter_id not in (None, record.user_id)
    }
    return who(happenings, {"invite.sent"}) | {inviter for inviter in joined if inviter}


def firsts(happenings: Iterable[Happening], name: str) -> dict[str, tuple[int, date]]:
    """For each member, where the first event of the type stands that arrived, and its day."""
    found: dict[str, tuple[int, date]] = {}
    for place, (day, record) in enumerate(happenings):
        if record.type == name and record.user_id:
            found.setdefault(record.user_id, (place, day))
    return found


def top_fifth(counts: Mapping[str, int]) -> int:
    """What the most active fifth did; a part of a member counts as a whole one."""
    fifth = -(-len(counts) // 5)
    return sum(sorted(counts.values(), reverse=True)[:fifth])


def hundredths(number: float) -> int:
    """A number in whole hundredths, as the machine rounds it."""
    return round(number * 100)
