"""What the oracle says of single members: who fell silent, climbs the ladder, is back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from .causes import cause
from .judging import Community, Lifecycle, Member
from .reading import Record
from .saying import Said


class Members(Said):
    """The alerts about members of a community."""

    def interacted(self, community: Community, record: Record, day: date) -> None:
        """A person's interaction: the member is judged again, from its latest day on."""
        assert record.user_id is not None
        member = community.members.setdefault(record.user_id, Member())
        member.left = False
        if member.last_day is not None and day <= member.last_day:
            return
        member.last_day = day
        if community.ledger is not None:
            community.ledger.come_back(record.user_id, day)
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

    def judge_members(
        self, community: Community, day: date, close: int, settings: Mapping[str, Any]
    ) -> int:
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
        return len(silent)

    def judge_ladders(
        self, community: Community, day: date, close: int, settings: Mapping[str, Any]
    ) -> int:
        """Moves every member up the churn ladder who has been silent for long enough."""
        assert community.ledger is not None
        told = len(self.alerts)
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
        return len(self.alerts) - told
