"""What the churn ladder must say of members who fall silent together."""

from __future__ import annotations

from typing import Final

from streams.sample.incident import Proof
from streams.sample.trouble import of_each

CHURN: Final = "member-churn"


def ladder_proofs(
    everyone: frozenset[str], back: frozenset[str], left: frozenset[str], last_day: int
) -> tuple[Proof, ...]:
    """What the churn ladder says of those who fell silent after `last_day`."""
    lost = everyone - back - left
    first, second, third, end = (last_day + silent for silent in (14, 30, 45, 50))
    return (
        of_each(CHURN, "firing", "threshold", everyone, first),
        of_each(CHURN, "firing", "threshold", everyone, second),
        of_each(CHURN, "firing", "threshold", lost, third),
        of_each(CHURN, "resolved", "returned", back, 70, 82),
        of_each(CHURN, "resolved", "left", left, 72, 79),
        of_each(CHURN, "resolved", "lost", lost, end),
    )
