"""How the oracle notes what it says: alert records, digests, changes of circles, figures."""

from __future__ import annotations

from datetime import date

from .expected import Expected, ExpectedChange, ExpectedFigures, alert_id
from .ledger import Change
from .reading import moment_text

Judged = tuple[int | None, int | None, str | None]  # value, baseline, verdict
Rung = tuple[str | None, str | None]  # case, tier_before
ENDS_AT_TWO = {"threshold": 1}


class Said:
    """Everything said so far, each kind in the order of causes."""

    def __init__(self) -> None:
        self.alerts: list[Expected] = []
        self.changes: list[ExpectedChange] = []
        self.figures: list[ExpectedFigures] = []

    def say(
        self,
        rule: str,
        community: str,
        day: date,
        cause: int,
        reason: str,
        started_on: date,
        *,
        member: str | None = None,
        judged: Judged = (None, None, None),
        rung: Rung = (None, None),
        seq: int | None = None,
    ) -> None:
        """Publishes one transition; the second record of an alert is its last, unless told."""
        number = seq or ENDS_AT_TWO.get(reason, 2)
        value, baseline, verdict = judged
        self.alerts.append(
            Expected(
                kind="firing" if reason == "threshold" else "resolved",
                rule=rule,
                community=community,
                member=member,
                day=day.isoformat(),
                seq=number,
                reason=reason,
                count=None,
                id=f"{alert_id(rule, community, member, started_on)}:{number}",
                time=moment_text(cause),
                value=value,
                baseline=baseline,
                verdict=verdict,
                case=rung[0],
                tier_before=rung[1],
            )
        )

    def changed(self, community: str, day: date, change: Change) -> None:
        """Tells of a member who moves from one circle to another."""
        self.changes.append(
            ExpectedChange(
                community=community,
                member=change.member,
                before=change.before,
                tier=change.tier,
                day=day.isoformat(),
                counts=change.counts,
                tags=change.tags,
            )
        )

    def digest(self, rule: str, community: str, day: date, cause: int, members: list[str]) -> None:
        """Tells who fell silent at a close."""
        self.alerts.append(
            Expected(
                kind="digest",
                rule=rule,
                community=community,
                member=None,
                day=day.isoformat(),
                seq=None,
                reason=None,
                count=len(members),
                id=alert_id(rule, community, None, day) + ":digest",
                time=moment_text(cause),
                member_ids=tuple(members[:100]),
            )
        )
