"""The oracle: the alerts that a list of lines must give, worked out the slow and obvious way.

Written from sections 2 to 5 of the contract alone, from the sentences in which CATALOGUE describes
the rules that are off as shipped, and those in which `models.panes` and `models.alerts` describe
figures and changes of circles. Every counted event is kept, every window is counted anew at every
close, every member is judged at every close. It shares no code with the engine, and must not: it is
only worth something as a second opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from .causes import asked_why
from .expected import Expected, ExpectedFigures, Tally, row
from .judging import (
    DAY,
    MEASURES,
    Community,
    Lifecycle,
    local_day,
    settings_of,
)
from .ledger import NEEDS_LEDGER, Ledger
from .members import Members
from .reading import (
    INTERACTIONS,
    NotAnEventError,
    Record,
    duration,
    instant,
    partition_of,
    read,
)

__all__ = ["Expected", "Oracle", "Tally", "judge", "row", "tally"]
AHEAD_ALLOWED = duration("5m")
DAYS_LATE_ALLOWED = 35


def judge(
    lines: Iterable[bytes],
    configuration: Mapping[str, Any],
    *,
    until: str | None = None,
    partitions: int = 1,
) -> list[Expected]:
    """The alert records of these lines (arrival order), in the order of their causes."""
    return Oracle(configuration, partitions).run(lines, until).alerts


def tally(
    lines: Iterable[bytes],
    configuration: Mapping[str, Any],
    *,
    until: str | None = None,
    partitions: int = 1,
) -> Tally:
    """What became of these lines."""
    return Oracle(configuration, partitions).run(lines, until).tally


class Partition:
    """One partition: its clock, its memory of ids, its communities."""

    def __init__(self) -> None:
        self.clock: int | None = None
        self.seen: dict[tuple[str, str], int] = {}
        self.communities: dict[str, Community] = {}


class Oracle(Members):
    """Reads lines one by one; `tally` and what was said are the result."""

    def __init__(self, configuration: Mapping[str, Any], partitions: int = 1) -> None:
        super().__init__()
        self.configuration = configuration
        self.times: Mapping[str, Any] = configuration.get("time") or {}
        self.dedupe = duration(self.times.get("dedupe", "15m"))
        self.partitions = [Partition() for _ in range(partitions)]
        self.tally = Tally()

    def run(self, lines: Iterable[bytes], until: str | None) -> Oracle:
        """Takes all lines, then moves the clocks on."""
        for line in lines:
            content = line.rstrip(b"\r\n")
            if content:
                self.take(content)
        if until is not None:
            last = instant(until) // 1_000 * 1_000
            for partition in self.partitions:
                partition.clock = max(partition.clock or last, last)
            self.close(self.partitions)
        return self

    def take(self, line: bytes) -> None:
        """One line, from bytes to alerts."""
        self.tally.read += 1
        try:
            record = read(line)
        except NotAnEventError:
            self.tally.rejected += 1
            return
        partition = self.partitions[partition_of(record.community_id, len(self.partitions))]
        clock = partition.clock
        partition.clock = record.arrival if clock is None else max(clock, record.arrival)
        self.close([partition])
        if record.type is None:
            self.tally.unknown_types += 1
        elif self.is_duplicate(partition, record):
            self.tally.duplicates += 1
        else:
            self.apply(partition, record, record.type)

    def is_duplicate(self, partition: Partition, record: Record) -> bool:
        """Whether the pair was seen within the horizon; remembers this sighting."""
        assert partition.clock is not None
        pair = (record.source, record.id)
        seen = partition.seen.get(pair)
        partition.seen[pair] = record.arrival if seen is None else max(seen, record.arrival)
        return seen is not None and partition.clock - seen <= self.dedupe

    def apply(self, partition: Partition, record: Record, name: str) -> None:
        """Counts one event."""
        happened = record.time
        if record.time - record.arrival > AHEAD_ALLOWED:
            happened = record.arrival
            self.tally.clock_ahead += 1
        community = partition.communities.get(record.community_id)
        if community is None:
            community = self.start(partition, record.community_id, happened)
        day = local_day(happened, community.zone)
        dropped = day < community.next_day - DAYS_LATE_ALLOWED * DAY
        if dropped:
            self.tally.dropped += 1
        elif day < community.next_day:
            self.tally.late += 1
        is_person = record.actor_kind == "person"
        if is_person and not dropped:
            community.events.append((day, name))
            community.happenings.append((day, record))
        if community.ledger is not None and is_person and not dropped:
            community.ledger.hear(record)
        if record.user_id is not None:
            if is_person and name in INTERACTIONS:
                self.interacted(community, record, day)
            if name == "member.left":
                self.left(community, record, day)

    def start(self, partition: Partition, community_id: str, happened: int) -> Community:
        """A community begins with its first event, and closes no day that has passed."""
        own = (self.configuration.get("communities") or {}).get(community_id) or {}
        zone = ZoneInfo(own.get("timezone", self.times.get("timezone", "UTC")))
        first_day = local_day(happened, zone)
        community = Community(
            id=community_id,
            zone=zone,
            lateness=duration(self.times.get("lateness", "1h")),
            rules=settings_of(self.configuration.get("rules") or {}, own.get("rules") or {}),
            first_day=first_day,
            next_day=first_day,
        )
        needing = (community.rules.get(rule, {}).get("enabled") for rule in NEEDS_LEDGER)
        if any(needing) or asked_why(community.rules):
            circles, happenings = community.rules["member-tiers"], community.happenings
            community.ledger = Ledger(circles, happenings, first_day)
        assert partition.clock is not None
        while community.close_of(community.next_day) <= partition.clock:
            community.next_day += DAY
        partition.communities[community_id] = community
        return community

    def close(self, partitions: list[Partition]) -> None:
        """Closes every day whose close is at or before the clock of its partition."""
        while True:
            due = [
                (close, community.id, community)
                for partition in partitions
                for community in partition.communities.values()
                if (close := community.close_of(community.next_day)) <= (partition.clock or 0)
            ]
            if not due:
                return
            close, _, community = min(due, key=lambda each: each[:2])
            self.close_day(community, community.next_day, close)
            community.next_day += DAY

    def close_day(self, community: Community, day: date, close: int) -> None:
        """Judges one day of one community by every rule."""
        if community.ledger is not None:
            self.close_ledger(community, community.ledger, day)
        judged = {
            rule: self.judge(community, rule, settings, day, close)
            for rule, settings in sorted(community.rules.items())
            if settings["enabled"]
        }
        figures = None if community.ledger is None else community.ledger.told(day)
        self.figures.append(ExpectedFigures(community.id, day.isoformat(), figures, judged))

    def judge(
        self, community: Community, rule: str, settings: Mapping[str, Any], day: date, close: int
    ) -> tuple[str, int | None]:
        """Judges one day by one rule; returns verdict and value, of members how many were told."""
        if rule in ("member-churn", "member-silent"):
            judge = self.judge_ladders if rule == "member-churn" else self.judge_members
            number = judge(community, day, close, settings)
            return "FIRE" if number else "OK", number
        value, baseline, verdict = MEASURES[rule](community, day, settings)
        alert = community.alerts.setdefault(rule, Lifecycle())
        reason = alert.step(verdict, day, settings)
        if reason is not None:
            started_on = day if reason == "threshold" else alert.end()
            judged = (value, baseline, verdict)
            self.say(rule, community.id, day, close, reason, started_on, judged=judged)
        return verdict, value

    def close_ledger(self, community: Community, ledger: Ledger, day: date) -> None:
        """Moves the members between the circles."""
        left = {user_id for user_id, member in community.members.items() if member.left}
        for change in ledger.close(day, left):
            if community.rules["member-tiers"]["enabled"]:
                self.changed(community.id, day, change)
