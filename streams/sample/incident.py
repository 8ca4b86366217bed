"""What is planted in the sample, and what the alert records must show for it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Status = Literal["firing", "resolved", "digest"]


@dataclass(frozen=True, slots=True)
class Proof:
    """Records of one kind that must come: from `fewest` to `most` of them, all within `days`.

    `days` are the first and the last local day that `data.day` may name, `2025-01-06`.
    `members` are the ids, in any order, that these records must name between them; empty for
    records about the community. `member_count` is the `count` that a digest must carry, `case` what
    an alert must have found, where that matters.
    """

    rule: str
    status: Status
    days: tuple[str, str]
    reason: str | None = None
    fewest: int = 1
    most: int = 1
    members: frozenset[str] = frozenset()
    member_count: int | None = None
    case: str | None = None


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that went wrong in one community, and the proofs that Pulse saw it.

    Beside its proofs the community must raise nothing: no proofs means that it must stay silent.
    `rejected` holds how many unreadable lines belong to it, by kind (see `unreadable.KINDS`).
    """

    name: str
    story: str
    community_id: str
    proofs: tuple[Proof, ...]
    rejected: dict[str, int] = field(default_factory=dict)
