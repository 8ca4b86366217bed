"""What the oracle knows of a community's members: who is known, in which circle, and how many.

Written from the sentences of `models.panes.FIGURES` and of issue and article, not from the engine.
Every event is kept; each close and each figure goes through all of them anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from .ladder import Rungs
from .reading import INTERACTIONS, SPEECH, Record

NEEDS_LEDGER = ("campaign-participation-decay", "member-churn", "member-funnel", "member-tiers")
TIERS = ["none", "observer", "potential", "active", "core"]
ANSWERS = {"reply.created", "like.added"}
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
    closes: dict[date, dict[str, int]] = field(default_factory=dict)
    rungs: Rungs = field(default_factory=Rungs)

    def hear(self, record: Record, is_counted: bool) -> None:
        """Learns from one event who is there, and who has gone."""
        user, name = record.user_id, record.type
        if is_counted and record.actor_kind == "person":
            if user and name not in UNTOLD:
                self.known.add(user)
            if name in ANSWERS and record.target_user_id not in (None, user):
                self.known.add(str(record.target_user_id))
            if name == "member.joined" and record.inviter_id not in (None, user):
                self.known.add(str(record.inviter_id))
            if user and name in INTERACTIONS:
                self.gone.discard(user)
        if name == "member.left" and user in self.known:
            self.gone.add(user)

    def tier_of(self, member: str) -> str:
        """The circle that the member holds now."""
        return self.holdings.get(member, Holding()).tier

    def close(self, day: date) -> list[Change]:
        """Measures all circles at the close of the day; returns who changes, in order."""
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
        self.closes[day] = self.figures_of_close(day, counts)
        return changes

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
        spoken = Counter(
            record.user_id
            for _, record in within(self.happenings, day, 1)
            if record.type in SPEECH and record.user_id
        )
        viewers = who(month, {"content.viewed"})
        circles = Counter(holding.tier for holding in self.holdings.values())
        return {
            "speakers": len(spoken),
            "speech_outside_top_fifth": spoken.total() - top_fifth(spoken),
            "known_members": len(self.known - self.gone),
            "active_members": len(counts),
            **{f"tier_{tier}": circles[tier] for tier in TIERS[1:]},
            "interactions_28": sum(counts.values()),
            "top_fifth_28": top_fifth(counts),
            "viewers_28": len(viewers),
            "speaking_viewers_28": len(viewers & who(month, SPEECH)),
            "inviters_7": len(who(week, {"invite.sent"})),
            "inviters_28": len(who(month, {"invite.sent"})),
        }

    def figures(self, day: date) -> dict[str, int]:
        """All figures of the day, as they stand now."""
        never_closed = dict.fromkeys(Ledger({}, []).figures_of_close(day, {}), 0)
        return {
            **(self.closes.get(day) or never_closed),
            **self.figures_of_events(day),
            **self.figures_of_cohort(day),
            **self.rungs.figures(day),
        }

    def figures_of_events(self, day: date) -> dict[str, int]:
        """What the events of the day say by themselves."""
        events = [record for when, record in self.happenings if when == day]
        surveys = [
            hundredths(each.score)
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
            if each.type == "purchase.completed" and each.amount is not None
        ]
        first_invites = firsts(self.happenings, "invite.sent")
        return {
            "surveys": len(surveys),
            "survey_hundredths": sum(surveys),
            "promoters": sum(score >= 900 for score in surveys),
            "detractors": sum(score <= 600 for score in surveys),
            "completions": len(read),
            "completion_hundredths": sum(read),
            "in_campaign": sum(
                each.type in INTERACTIONS and each.campaign_id is not None for each in events
            ),
            "spent_hundredths": sum(spent),
            "new_inviters": sum(when == day for _, when in first_invites.values()),
        }

    def figures_of_cohort(self, day: date) -> dict[str, int]:
        """Who joined on the day, by their first join that counts, and what became of them."""
        joins = firsts(self.happenings, "member.joined")
        cohort = {member: place for member, (place, when) in joins.items() if when == day}
        invited = interacted = stayed = month = recommends = 0
        for member, place in cohort.items():
            inviter = self.happenings[place][1].inviter_id
            invited += inviter not in (None, member)
            past = [each for each in self.happenings[:place] if each[1].user_id == member]
            later = [each for each in self.happenings[place:] if each[1].user_id == member]
            ages = [(when - day).days for when, each in later if each.type in INTERACTIONS]
            came_before = any(when <= day and each.type in INTERACTIONS for when, each in past)
            interacted += came_before or any(0 <= age <= 30 for age in ages)
            stayed += any(7 <= age <= 14 for age in ages)
            month += any(30 <= age <= 37 for age in ages)
            recommends += any(
                each.type == "survey.answered" and each.score is not None and each.score >= 9
                for _, each in later
            )
        return {
            "invited_joined": invited,
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
    """A number as it is written, in hundredths; half ones to the even neighbour."""
    return int((Decimal(str(number)) * 100).to_integral_value(ROUND_HALF_EVEN))
