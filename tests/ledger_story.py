"""What the ledger makes of a few events of one community, told in days.

Days are those of January 2025, the first is 1; days close one hour after their midnight (UTC).
"""

from __future__ import annotations

import json
from typing import Any

from models.alerts import Snapshot, TierChange, Transition
from models.days import day_from_iso
from models.decode import decode_timed
from models.events import Arrived
from models.instants import DAY, HOUR, MINUTE, format_instant
from models.panes import Figure
from models.rejections import Rejection
from rules.effects import Output
from rules.engine import fold, tick
from rules.policy import Policies
from rules.state import Partition
from tests.builders import catalogue, configured, instant
from tests.restarts import restarted

BEFORE = instant("2024-12-31T00:00:00Z")
DAY_BEFORE = day_from_iso("2024-12-31")
RULES = """rules:
  member-tiers: {enabled: true, down_closes: 1}
  member-churn: {enabled: true, first_days: 2, second_days: 4, third_days: 40, lost_days: 60}
"""


def at(day: int, hour: int = 12, minute: int = 0) -> int:
    return BEFORE + day * DAY + hour * HOUR + minute * MINUTE


def event(kind: str, user: str | None, time: int, arrival: int = 0, **fields: Any) -> Arrived:
    """An event of the community 42; it arrives when it happens, unless told."""
    arrival = arrival or time
    content = {
        "id": f"{kind} {user} {time} {arrival}",
        "type": kind,
        "community_id": "42",
        "user_id": user,
        "time": format_instant(time),
        **fields,
    }
    timed = decode_timed(json.dumps(content).encode())
    assert not isinstance(timed, Rejection)
    return arrival, *timed


def post(user: str, time: int, arrival: int = 0) -> Arrived:
    return event("post.created", user, time, arrival)


class Story:
    """What comes of events, one by one in their order, and of days that close after them.

    After `restart` events, where there is one, the worker begins anew from what it has written.
    """

    def __init__(
        self, *events: Arrived, until: int, rules: str = RULES, restart: int | None = None
    ) -> None:
        policies = Policies(configured(rules), catalogue())
        self.partition = Partition(policies)
        self.outputs: list[Output] = []
        for number, each in enumerate(events, 1):
            self.outputs += fold(self.partition, [each]).outputs
            if number == restart:
                self.partition = restarted(self.partition, policies)
        self.outputs += tick(self.partition, at(until + 1, 1)).outputs

    def measure(self, name: str) -> dict[int, int | None]:
        """The measure in the snapshots of the days that have one above 0."""
        found = {
            each.day - DAY_BEFORE: each.measures.get(name)
            for each in self.outputs
            if isinstance(each, Snapshot)
        }
        return {day: value for day, value in found.items() if value != 0}

    def figure(self, figure: Figure) -> dict[int, int]:
        """The figure in the panes that are still kept and have one above 0."""
        panes = self.partition.communities["42"].panes
        return {
            day - DAY_BEFORE: pane[figure] for day, pane in sorted(panes.items()) if pane[figure]
        }

    def ladder(self, member: str) -> list[tuple[int, str, str]]:
        """Day, reason and circle of the churn ladder's records about a member."""
        return [
            (each.day - DAY_BEFORE, each.reason.value, each.evaluation["tier_before"])
            for each in self.outputs
            if isinstance(each, Transition)
            and (each.rule_id, each.member_id) == ("member-churn", member)
        ]

    def circles(self, member: str) -> list[tuple[int, str]]:
        """Day and new circle of a member's changes."""
        return [
            (each.day - DAY_BEFORE, each.tier.name.lower())
            for each in self.outputs
            if isinstance(each, TierChange) and each.member_id == member
        ]
