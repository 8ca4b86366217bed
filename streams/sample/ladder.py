"""What the churn ladder must say of members who fall silent together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from streams.sample.incident import Proof, Status
from streams.sample.instants import local_day

CHURN: Final = "member-churn"


def ladder_proofs(
    ids: Mapping[int, str], returning: Iterable[int], leaving: Iterable[int], last_day: int
) -> tuple[Proof, ...]:
    """What the churn ladder says of those who fell silent after `last_day`."""
    everyone = frozenset(ids.values())
    back = frozenset(ids[member] for member in returning)
    left = frozenset(ids[member] for member in leaving)
    lost = everyone - back - left

    def proof(status: Status, days: tuple[int, int], reason: str, members: frozenset[str]) -> Proof:
        number = len(members)
        return Proof(
            CHURN, status, (local_day(days[0]), local_day(days[1])), reason, number, number, members
        )

    first, second, third, end = (last_day + silent for silent in (14, 30, 45, 50))
    return (
        proof("firing", (first, first), "threshold", everyone),
        proof("firing", (second, second), "threshold", everyone),
        proof("firing", (third, third), "threshold", lost),
        proof("resolved", (70, 82), "returned", back),
        proof("resolved", (72, 79), "left", left),
        proof("resolved", (end, end), "lost", lost),
    )
