"""Records for the world: a decision becomes a CloudEvent whose data is an Alertmanager alert.

(Contract, section 5.) The same decision always gives the same record, so a repeat has the same
bytes (Law 2).
"""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from models.alerts import Digest, Reason, Snapshot, Status, Transition
from models.days import iso
from models.fingerprints import alert_id, fingerprint
from models.instants import format_instant
from rules.catalogue import Catalogue, Rule
from rules.configuration import DeploymentSection

Record = dict[str, Any]

SEQUENCE: Final = {Status.FIRING: 1, Status.RESOLVED: 2}
"""The number of each transition of an alert."""

_ENDINGS: Final = {
    Reason.RECOVERED: "Recovered. {description}",
    Reason.INCONCLUSIVE: "Ended: 28 days without a verdict. {description}",
    Reason.RETURNED: "The member came back on {day}.",
    Reason.LATE_DATA: "An interaction of {day} arrived late: the silence had been shorter.",
    Reason.LEFT: "The member left the community on {day}.",
}


class Recorder:
    """Writes decisions as records, for one deployment and its catalogue."""

    def __init__(self, catalogue: Catalogue, deployment: DeploymentSection) -> None:
        """Bind the texts and addresses that go into every record."""
        self._catalogue = catalogue
        self._source = f"/pulse/{deployment.name}"
        self._base = deployment.base_url

    def alert(self, transition: Transition) -> Record:
        """Return the record of one transition; `id` is `<alert_id>:<seq>`."""
        rule = self._catalogue[transition.rule_id]
        started = iso(transition.started_day)
        identity = alert_id(
            transition.rule_id, transition.community_id, transition.member_id, started
        )
        sequence = SEQUENCE[transition.status]
        labels = _labels(rule, transition.community_id, transition.member_id)
        data = {
            "alert_id": identity,
            "seq": sequence,
            "status": transition.status,
            "reason": transition.reason,
            "rule": {"id": rule.id, "version": rule.definition.version},
            "day": iso(transition.day),
            "started_day": started,
            "community_id": transition.community_id,
            "member_id": transition.member_id,
            "severity": rule.definition.severity,
            "labels": labels,
            "annotations": self._annotations(
                rule, rule.definition.summary, _description(rule, transition)
            ),
            "startsAt": format_instant(transition.started_at),
            "endsAt": _end(transition),
            "fingerprint": fingerprint(labels),
            "generatorURL": self._generator_url(rule, transition.community_id),
            "playbook": self._playbook(rule),
            "evaluation": transition.evaluation,
        }
        return self._envelope(
            f"{identity}:{sequence}",
            f"pulse.alert.{transition.status}.v1",
            subject_of(transition.community_id, transition.member_id),
            transition.at,
            transition.community_id,
            data,
        )

    def digest(self, digest: Digest) -> Record:
        """Return the record of one digest; `id` is `<alert_id>:digest`."""
        rule = self._catalogue[digest.rule_id]
        day = iso(digest.day)
        identity = alert_id(digest.rule_id, digest.community_id, None, day)
        facts = {"count": digest.count, "day": day}
        data = {
            "alert_id": identity,
            "rule": {"id": rule.id, "version": rule.definition.version},
            "day": day,
            "community_id": digest.community_id,
            "count": digest.count,
            "member_ids": list(digest.member_ids),
            "severity": rule.definition.severity,
            "labels": _labels(rule, digest.community_id, None),
            "annotations": self._annotations(
                rule,
                rule.definition.digest_summary or "",
                (rule.definition.digest_description or "").format(**facts),
            ),
            "playbook": self._playbook(rule),
        }
        return self._envelope(
            f"{identity}:digest",
            "pulse.alert.digest.v1",
            subject_of(digest.community_id, None),
            digest.at,
            digest.community_id,
            data,
        )

    def _envelope(
        self, identity: str, kind: str, subject: str, at: int, community_id: str, data: Record
    ) -> Record:
        return {
            "specversion": "1.0",
            "id": identity,
            "source": self._source,
            "type": kind,
            "subject": subject,
            "time": format_instant(at),
            "datacontenttype": "application/json",
            "partitionkey": community_id,
            "data": data,
        }

    def _annotations(self, rule: Rule, summary: str, description: str) -> Record:
        address = self._playbook_url(rule)
        return {"summary": summary, "description": description, "runbook_url": address}

    def _playbook(self, rule: Rule) -> Record:
        book = rule.playbook
        return {
            "id": book.id,
            "version": book.version,
            "title": book.title,
            "title_zh": book.title_zh,
            "url": self._playbook_url(rule),
        }

    def _playbook_url(self, rule: Rule) -> str:
        return f"{self._base}/playbooks/{rule.playbook.id}"

    def _generator_url(self, rule: Rule, community_id: str) -> str:
        return f"{self._base}/rules/{rule.id}?community={quote(community_id, safe='')}"


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


def _labels(rule: Rule, community_id: str, member_id: str | None) -> dict[str, str]:
    """Return what identifies the alert; never a figure, which would make a new alert of it."""
    labels = {
        "alertname": rule.definition.alertname,
        "severity": rule.definition.severity,
        "community_id": community_id,
    }
    if member_id is not None:
        labels["member_id"] = member_id
    return labels


def describe(rule: Rule, evaluation: Mapping[str, Any]) -> str:
    """Say the figures of an evaluation in the words of the rule's definition."""
    return rule.definition.description.format_map(_Figures(evaluation))


def _end(transition: Transition) -> str | None:
    if transition.status is Status.FIRING:
        return None
    # Arrivals may run backwards; Alertmanager refuses an alert that ends before it starts.
    return format_instant(max(transition.at, transition.started_at))


def _description(rule: Rule, transition: Transition) -> str:
    description = describe(rule, transition.evaluation)
    if transition.status is Status.FIRING:
        return description
    return _ENDINGS[transition.reason].format(description=description, day=iso(transition.day))


class _Figures(dict[str, Any]):
    """An evaluation for a template: a figure that is not known reads `unknown`."""

    def __init__(self, evaluation: Mapping[str, Any]) -> None:
        super().__init__(
            {name: "unknown" if value is None else value for name, value in evaluation.items()}
        )
