"""Published records as the oracle would note them, to be held against what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.expected import Expected, ExpectedChange

BY_CLOSES = ("threshold", "recovered", "inconclusive", "lost")


def noted(record: Mapping[str, Any]) -> Expected:
    """An alert record, or a digest."""
    data = record["data"]
    is_digest = record["type"] == "pulse.alert.digest.v1"
    evaluation = data["evaluation"] if data.get("reason") in BY_CLOSES else {}
    # The case of a rule about communities follows from its counts, which the oracle has not noted.
    case: dict[str, str | None] = {
        "member-churn": evaluation.get("case"),
        "member-silent": data.get("evaluation", {}).get("case"),
    }
    return Expected(
        kind=record["type"].removeprefix("pulse.alert.").removesuffix(".v1"),
        rule=data["rule"]["id"],
        community=data["community_id"],
        member=data.get("member_id"),
        day=data["day"],
        seq=data.get("seq"),
        reason=data.get("reason"),
        count=data.get("count"),
        id=record["id"],
        time=record["time"],
        value=evaluation.get("value"),
        baseline=evaluation.get("baseline"),
        verdict=evaluation.get("verdict"),
        member_ids=tuple(data["member_ids"]) if is_digest else None,
        case=case.get(data["rule"]["id"]),
        tier_before=evaluation.get("tier_before"),
    )


def noted_change(circle: Mapping[str, Any]) -> ExpectedChange:
    """A record of the members topic."""
    return ExpectedChange(
        community=circle["community_id"],
        member=circle["member_id"],
        before=circle["before"] or "none",
        tier="none" if circle["tier"] == "left" else circle["tier"],
        day=circle["since"],
        counts=circle["counts"],
        tags=circle["tags"],
    )
