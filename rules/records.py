"""Records for the world: a decision becomes a CloudEvent whose data is an Alertmanager alert.

(Contract, section 5.) The same decision always gives the same record, so a repeat has the same
bytes (Law 2).
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from models.alerts import Digest, Reason, Snapshot, Status, TierChange, Transition
from models.days import iso
from models.fingerprints import alert_id, fingerprint
from models.instants import format_instant
from models.ledger import WINDOW_DAYS, Tier
from models.values import Value
from rules.catalogue import Catalogue, Playbook, Rule
from rules.configuration import DeploymentSection

Record = dict[str, Any]

CIRCLES: Final = tuple(tier.name.lower() if tier else "left" for tier in Tier)
"""The circles as records name them, by `Tier`; whoever is in none has left."""

CIRCLES_MEASURE: Final = "member-tiers"
"""The measure of the rule whose playbooks answer the circles, by case."""

SEQUENCE: Final = {Status.FIRING: 1, Status.RESOLVED: 2}
"""The number of each transition of an alert."""

_OPENINGS: Final = {
    Reason.THRESHOLD: "",
    Reason.RECOVERED: "Recovered. ",
    Reason.INCONCLUSIVE: "Ended: 28 days without a verdict. ",
    Reason.LOST: "Ended: the member is lost. ",
}
"""What stands before the figures, where an alert began or ended by a verdict."""

_MEMBER_ENDINGS: Final = {
    Reason.RETURNED: "The member came back on {day}.",
    Reason.LATE_DATA: "An interaction of {day} arrived late: the silence had been shorter.",
    Reason.LEFT: "The member left the community on {day}.",
}
"""What stands instead of the figures, where an event of the member ended the alert."""


class AnnouncementError(RuntimeError):
    """A rule that only reports was to announce an alert; the message names it."""


class Recorder:
    """Writes decisions as records, for one deployment and its catalogue.

    AnnouncementError where a decision is of a rule that only reports.
    """

    def __init__(self, catalogue: Catalogue, deployment: DeploymentSection) -> None:
        """Bind the texts and addresses that go into every record."""
        self._source = f"/pulse/{deployment.name}"
        # A rule that only reports has none: nothing of it can be announced.
        self._frames = {
            rule.id: _frame_of(rule, alertname, deployment.base_url)
            for rule in catalogue.values()
            if (alertname := rule.definition.alertname) is not None
        }
        circles = next((rule for rule in catalogue.values() if _draws_circles(rule)), None)
        self._circle_playbooks = [
            _reference(circles.playbook_for({"case": CIRCLES[tier]}), deployment.base_url)
            if circles is not None and tier
            else None
            for tier in Tier
        ]

    def alert(self, transition: Transition) -> Record:
        """Return the record of one transition; `id` is `<alert_id>:<seq>`."""
        frame = self._frame(transition.rule_id)
        playbook = frame.cases.get(transition.evaluation.get("case"), frame.playbook)
        status = transition.status
        community_id, member_id = transition.community_id, transition.member_id
        started = iso(transition.started_day)
        identity = alert_id(frame.rule_id, community_id, member_id, started)
        sequence = transition.sequence or SEQUENCE[status]
        labels = _labels(frame, community_id, member_id)
        data = {
            "alert_id": identity,
            "seq": sequence,
            "status": status,
            "reason": transition.reason,
            "rule": frame.rule,
            "day": iso(transition.day),
            "started_day": started,
            "community_id": community_id,
            "member_id": member_id,
            "severity": frame.severity,
            "labels": labels,
            "annotations": {
                "summary": frame.summary,
                "description": _description(frame, transition),
                "runbook_url": playbook["url"],
            },
            "startsAt": format_instant(transition.started_at),
            "endsAt": _end(transition),
            "fingerprint": fingerprint(labels),
            "generatorURL": frame.generator + quote(community_id, safe=""),
            "playbook": playbook,
            "evaluation": transition.evaluation,
        }
        subject = subject_of(community_id, member_id)
        return self._envelope(
            f"{identity}:{sequence}", status, subject, transition.at, community_id, data
        )

    def circle(self, change: TierChange) -> Record:
        """Return the record of a member's circle, as it stands in the members topic.

        `since` is the day at whose close the member came into it; the counts are of `window`.
        """
        counts = change.counts
        return {
            "community_id": change.community_id,
            "member_id": change.member_id,
            "tier": CIRCLES[change.tier],
            "since": iso(change.day),
            "before": CIRCLES[change.before] if change.before else None,
            "decided_at": format_instant(change.at),
            "window": [iso(change.day - WINDOW_DAYS + 1), iso(change.day)],
            "counts": {
                "speech": counts.speech,
                "views": counts.views,
                "received": counts.received,
                "invites": counts.invites,
                "brought_in": counts.brought_in,
                "purchases": counts.purchases,
                "spent_hundredths": counts.spent_hundredths,
                "interactions": counts.interactions,
            },
            "tags": change.tags,
            "playbook": self._circle_playbooks[change.tier],
        }

    def digest(self, digest: Digest) -> Record:
        """Return the record of one digest; `id` is `<alert_id>:digest`."""
        frame = self._frame(digest.rule_id)
        community_id, day = digest.community_id, iso(digest.day)
        identity = alert_id(frame.rule_id, community_id, None, day)
        data = {
            "alert_id": identity,
            "rule": frame.rule,
            "day": day,
            "community_id": community_id,
            "count": digest.count,
            "member_ids": list(digest.member_ids),
            "severity": frame.severity,
            "labels": _labels(frame, community_id, None),
            "annotations": {
                "summary": frame.digest_summary,
                "description": frame.digest_description.format(count=digest.count, day=day),
                "runbook_url": frame.playbook["url"],
            },
            "playbook": frame.playbook,
        }
        subject = subject_of(community_id, None)
        return self._envelope(
            f"{identity}:digest", "digest", subject, digest.at, community_id, data
        )

    def _frame(self, rule_id: str) -> "_Frame":
        """Return the rule's frame; AnnouncementError where it only reports."""
        try:
            return self._frames[rule_id]
        except KeyError:
            raise AnnouncementError(
                f"the rule {rule_id!r} only reports (it has no alertname), but was to announce an "
                f"alert: its measure must never say FIRE"
            ) from None

    def _envelope(
        self, identity: str, kind: str, subject: str, at: int, community_id: str, data: Record
    ) -> Record:
        return {
            "specversion": "1.0",
            "id": identity,
            "source": self._source,
            "type": f"pulse.alert.{kind}.v1",
            "subject": subject,
            "time": format_instant(at),
            "datacontenttype": "application/json",
            "partitionkey": community_id,
            "data": data,
        }


class _Frame(Value, frozen=True):
    """What all records of a rule have in common: put together once, never changed."""

    rule_id: str
    rule: Record
    severity: str
    alertname: str
    playbook: Record
    cases: dict[Any, Record]
    generator: str
    summary: str
    description: str
    digest_summary: str
    digest_description: str


def _frame_of(rule: Rule, alertname: str, base_url: str) -> _Frame:
    definition = rule.definition
    return _Frame(
        rule_id=rule.id,
        rule={"id": rule.id, "version": definition.version},
        severity=definition.severity,
        alertname=alertname,
        playbook=_reference(rule.playbook, base_url),
        cases={case: _reference(book, base_url) for case, book in rule.playbook_cases.items()},
        generator=f"{base_url}/rules/{rule.id}?community=",
        summary=definition.summary,
        description=definition.description,
        digest_summary=definition.digest_summary or "",
        digest_description=definition.digest_description or "",
    )


def _reference(book: Playbook, base_url: str) -> Record:
    return {
        "id": book.id,
        "version": book.version,
        "title": book.title,
        "title_zh": book.title_zh,
        "url": f"{base_url}/playbooks/{book.id}",
    }


def _draws_circles(rule: Rule) -> bool:
    return rule.definition.measure == CIRCLES_MEASURE


def subject_of(community_id: str, member_id: str | None) -> str:
    """Return the `subject` of an alert's CloudEvent."""
    community = f"communities/{community_id}"
    return community if member_id is None else f"{community}/members/{member_id}"


def snapshot_record(snapshot: Snapshot) -> Record:
    """Return the snapshot of one judged day, as it stands in the snapshots topic."""
    return {
        "community_id": snapshot.community_id,
        "day": iso(snapshot.day),
        "closed_at": format_instant(snapshot.closed_at),
        "timezone": snapshot.timezone,
        "first_day": iso(snapshot.first_day),
        "measures": snapshot.measures,
        "late_events": snapshot.late_events,
        "verdicts": snapshot.verdicts,
    }


def _labels(frame: _Frame, community_id: str, member_id: str | None) -> dict[str, str]:
    """Return what identifies the alert; never a figure, which would make a new alert of it."""
    labels = {
        "alertname": frame.alertname,
        "severity": frame.severity,
        "community_id": community_id,
    }
    if member_id is not None:
        labels["member_id"] = member_id
    return labels


def describe(description: str, evaluation: Mapping[str, Any]) -> str:
    """Say an evaluation in the words of a definition's `description`.

    A figure that is not known reads `unknown`.
    """
    return description.format_map(
        {name: "unknown" if value is None else value for name, value in evaluation.items()}
    )


def _end(transition: Transition) -> str | None:
    if transition.status is Status.FIRING:
        return None
    # Arrivals may run backwards; Alertmanager refuses an alert that ends before it starts.
    return format_instant(max(transition.at, transition.started_at))


def _description(frame: _Frame, transition: Transition) -> str:
    about_member = _MEMBER_ENDINGS.get(transition.reason)
    if about_member is not None:
        return about_member.format(day=iso(transition.day))
    return _OPENINGS[transition.reason] + describe(frame.description, transition.evaluation)
