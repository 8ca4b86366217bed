"""Counts of communities, their members and the alerts that stand about them."""

from collections import Counter
from collections.abc import Iterable

from models.alerts import Phase
from rules.policy import CommunityPolicy
from rules.state import Community


class Figures:
    """How many there are; `firing` counts standing alerts by rule."""

    def __init__(self) -> None:
        """Begin with none."""
        self.communities = 0
        self.members = 0
        self.firing: Counter[str] = Counter()

    def add(self, community: Community, sign: int = 1) -> None:
        """Count a community in memory; a `sign` of -1 takes it out again."""
        phases = ((rule_id, alert.phase) for rule_id, alert in community.alerts.items())
        size, silent = community.size, community.silent
        self.count(community.policy, size, silent, phases, sign)

    def count(
        self,
        policy: CommunityPolicy,
        size: int,
        silent: int,
        phases: Iterable[tuple[str, int]],
        sign: int = 1,
    ) -> None:
        """Count a community of so many members, about some of whom alerts stand."""
        self.communities += sign
        self.members += sign * size
        for rule_id, phase in phases:
            if phase == Phase.FIRING:
                self.firing[rule_id] += sign
        # A disabled rule's alerts about members stand until the members come back.
        if policy.member_policy is not None:
            self.firing[policy.member_policy.id] += sign * silent

    def join(self, other: "Figures") -> None:
        """Add what others have counted."""
        self.communities += other.communities
        self.members += other.members
        self.firing.update(other.firing)
