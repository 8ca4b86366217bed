"""The oracle: the alerts that a list of lines must give, worked out the slow and obvious way.

Written from sections 2 to 5 of the contract alone, and from the sentences in which the README
describes the rules that are off as shipped. Every counted event is kept, every window is
counted anew at every close, every member is judged at every close. It shares no code with the
engine, and must not: it is only worth something as a second opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from .causes import asked_why, cause
from .expected import Expected, ExpectedChange, ExpectedFigures, Tally, row
from .judging import DAY, MEASURES, Community, Lifecycle, Member, local_day, settings_of
from .ledger import NEEDS_LEDGER, Ledger
from .reading import (
    INTERACTIONS,
    NotAnEventError,
    Record,
    duration,
    instant,
    partition_of,
    read,
)
from .saying import Said

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


class Oracle(Said):
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
            community.ledger.hear(record, day)
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
            community.ledger = Ledger(community.rules["member-tiers"], community.happenings)
        assert partition.clock is not None
        while community.close_of(community.next_day) <= partition.clock:
            community.next_day += DAY
        partition.communities[community_id] = community
        return community

    def interacted(self, community: Community, record: Record, day: date) -> None:
        """A person's interaction: the member is judged again, from its latest day on."""
        assert record.user_id is not None
        member = community.members.setdefault(record.user_id, Member())
        member.left = False
        if member.last_day is not None and day <= member.last_day:
            return
        member.last_day = day
        if community.ledger is not None:
            community.ledger.rungs.come_back(member.ladder, day)
        self.end_alerts(community, record, day, "returned")

    def left(self, community: Community, record: Record, day: date) -> None:
        """`member.left`: ends the member's alerts, and its judging until it interacts again."""
        assert record.user_id is not None
        member = community.members.get(record.user_id)
        if member is None and record.user_id in (
            community.ledger.known if community.ledger else ()
        ):
            member = community.members[record.user_id] = Member()
        if member is None:
            return
        member.left = True
        self.end_alerts(community, record, day, "left")
        member.alert = Lifecycle()

    def end_alerts(self, community: Community, record: Record, day: date, reason: str) -> None:
        """An event of the member ends all alerts about it, by rule id."""
        assert record.user_id is not None
        member = community.members[record.user_id]
        for rule, began in (
            ("member-churn", member.ladder.episode),
            ("member-silent", member.alert.started_on),
        ):
            if began is None:
                continue
            seq = member.ladder.told + 1 if rule == "member-churn" else 2
            (member.ladder if rule == "member-churn" else member.alert).end()
            why = "late_data" if reason == "returned" and day < began else reason
            arrival, user = record.arrival, record.user_id
            case = None
            if rule == "member-silent":
                case, member.cause = member.cause, None
            found = (case, None)
            self.say(rule, community.id, day, arrival, why, began, member=user, seq=seq, rung=found)

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
        for rule, settings in sorted(community.rules.items()):
            if not settings["enabled"] or rule == "member-tiers":
                continue
            if rule == "member-silent":
                self.judge_members(community, day, close, settings)
                continue
            if rule == "member-churn":
                self.judge_ladders(community, day, close, settings)
                continue
            value, baseline, verdict = MEASURES[rule](community, day, settings)
            alert = community.alerts.setdefault(rule, Lifecycle())
            reason = alert.step(verdict, day, settings)
            if reason is not None:
                started_on = day if reason == "threshold" else alert.end()
                judged = (value, baseline, verdict)
                self.say(rule, community.id, day, close, reason, started_on, judged=judged)
        figures = None if community.ledger is None else community.ledger.figures(day)
        self.figures.append(ExpectedFigures(community.id, day.isoformat(), figures))

    def close_ledger(self, community: Community, ledger: Ledger, day: date) -> None:
        """Moves the members between the circles."""
        left = {user_id for user_id, member in community.members.items() if member.left}
        for change in ledger.close(day, left):
            if community.rules["member-tiers"]["enabled"]:
                before, tier = change.before, change.tier
                self.changes.append(
                    ExpectedChange(community.id, change.member, before, tier, day.isoformat())
                )

    def judge_members(
        self, community: Community, day: date, close: int, settings: Mapping[str, Any]
    ) -> None:
        """Judges every member, then tells how many fell silent."""
        rule, silent = "member-silent", []
        for user_id, member in sorted(community.members.items()):
            if member.left or member.last_day is None:
                continue
            days = (day - member.last_day).days
            verdict = "FIRE" if days >= settings["silent_days"] else "OK"
            reason = member.alert.step(verdict, day, settings)
            if reason is not None:
                assert reason == "threshold", "an interaction has ended the alert before"
                silent.append(user_id)
                if community.ledger is not None and settings["diagnose"]:
                    member.cause = cause(community.ledger, user_id, day)
                self.say(
                    rule,
                    community.id,
                    day,
                    close,
                    reason,
                    day,
                    member=user_id,
                    judged=(days, None, verdict),
                    rung=(member.cause, None),
                )
        if silent:
            self.digest(rule, community.id, day, close, silent)

    def judge_ladders(
        self, community: Community, day: date, close: int, settings: Mapping[str, Any]
    ) -> None:
        """Moves every member up the churn ladder who has been silent for long enough."""
        assert community.ledger is not None
        for user_id, member in sorted(community.members.items()):
            ladder = member.ladder
            if member.left or member.last_day is None:
                continue
            silent = (day - member.last_day).days
            held = community.ledger.left_behind(user_id)
            case = ladder.step(silent, held, day, settings)
            if case is None:
                continue
            ladder.told += 1
            seq = ladder.told
            is_lost = case == "lost"
            if not is_lost:
                community.ledger.rungs.reached[day, case] += 1
            assert ladder.episode is not None
            self.say(
                "member-churn",
                community.id,
                day,
                close,
                "lost" if is_lost else "threshold",
                ladder.end() if is_lost else ladder.episode,
                member=user_id,
                judged=(silent, None, "NOT_APPLICABLE" if is_lost else "FIRE"),
                rung=(case, ladder.held),
                seq=seq,
            )
