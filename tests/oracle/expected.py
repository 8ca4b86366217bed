"""What the oracle says: alert records, and numbers of records."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Expected:
    """One alert record. `value`, `baseline`, `verdict` are None where no close judged it.

    So are `case` and `tier_before`, which the churn ladder has; `case` is also what was diagnosed
    of a silent member, and then all records of the alert have it.
    """

    kind: str
    rule: str
    community: str
    member: str | None
    day: str
    seq: int | None
    reason: str | None
    count: int | None
    id: str
    time: str
    value: int | None = None
    baseline: int | None = None
    verdict: str | None = None
    member_ids: tuple[str, ...] | None = None
    case: str | None = None
    tier_before: str | None = None


@dataclass(frozen=True)
class ExpectedChange:
    """One member's change of circle at the close of `day`; `none` is before and after all."""

    community: str
    member: str
    before: str
    tier: str
    day: str
    counts: dict[str, int]
    tags: dict[str, str]


@dataclass(frozen=True)
class ExpectedFigures:
    """The figures of one day of a community; None where its ledger is off.

    `judged` is verdict and value of each rule that is on; of members, how many were told.
    """

    community: str
    day: str
    figures: Mapping[str, int | None] | None
    judged: dict[str, tuple[str, int | None]] | None = None


@dataclass
class Tally:
    """Numbers of records. Late, dropped and ahead are of counted records of known types."""

    read: int = 0
    rejected: int = 0
    duplicates: int = 0
    unknown_types: int = 0
    late: int = 0
    dropped: int = 0
    clock_ahead: int = 0


def alert_id(rule: str, community_id: str, member_id: str | None, started_on: date) -> str:
    """Section 5 of the contract."""
    text = "\x1f".join([rule, community_id, member_id or "", started_on.isoformat()])
    return hashlib.blake2b(text.encode("utf-8")).hexdigest()[:16]


def row(expected: Expected) -> list[Any]:
    """The row of the worked examples: kind, rule, community, member, day, seq, reason or count."""
    return [getattr(expected, each.name) for each in fields(Expected)[:6]] + [
        expected.count if expected.kind == "digest" else expected.reason
    ]
