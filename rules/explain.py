"""Recomputes the verdict of an alert record from the record alone (contract, Law 3).

Nothing but the record and the rule's measure is asked: no state, no configuration, no events.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from models.alerts import Reason, Status, Verdict
from models.fingerprints import alert_id, fingerprint
from models.instants import parse_instant
from rules.catalogue import Catalogue, Rule
from rules.measures import LADDER_MEASURES, MEASURES
from rules.measures.measure import read_verdict
from rules.readings import MismatchError, agree, day_at, equal, field, one_of
from rules.records import SEQUENCE, describe, subject_of
from rules.silence import DIGEST_MEMBERS

_REASONS: Final = {
    Status.FIRING: {Reason.THRESHOLD},
    Status.RESOLVED: set(Reason) - {Reason.THRESHOLD},
}
_VERDICTS: Final = {
    Reason.THRESHOLD: {Verdict.FIRE},
    Reason.RECOVERED: {Verdict.OK},
    Reason.INCONCLUSIVE: {verdict for verdict in Verdict if not verdict.is_conclusive},
    Reason.RETURNED: {Verdict.OK},
    Reason.LATE_DATA: {Verdict.OK},
    Reason.LEFT: {Verdict.NOT_APPLICABLE},
    Reason.LOST: {Verdict.NOT_APPLICABLE},
}
_BY_EVENTS: Final = {Reason.RETURNED, Reason.LATE_DATA, Reason.LEFT}
_MEMBER_REASONS: Final = {*_BY_EVENTS, Reason.LOST}
_DIGEST: Final = "pulse.alert.digest.v1"


class Explanation(NamedTuple):
    """Whether the record agrees with itself, and why, in one sentence for people."""

    matches: bool
    sentence: str


def explain(record: object, catalogue: Catalogue) -> Explanation:
    """Judge one alert record (transition or digest) again; never raises, whatever `record` is."""
    try:
        return Explanation(True, _explain(record, catalogue))
    except MismatchError as mismatch:
        return Explanation(False, str(mismatch))


def _explain(record: object, catalogue: Catalogue) -> str:
    if not isinstance(record, Mapping):
        raise MismatchError("This is no alert record: it is not a JSON object.")
    kind = field(record, "type", str)
    if not kind.startswith("pulse.alert."):
        raise MismatchError(f"This is no alert record: its type is {kind!r}.")
    data = field(record, "data", dict)
    rule_id = field(data, "rule.id", str)
    rule = catalogue.get(rule_id)
    if rule is None:
        raise MismatchError(f"The rule {rule_id!r} is unknown here.")
    if rule.definition.reports_only:
        raise MismatchError(f"The rule {rule_id!r} only reports: no alert of it can exist.")
    _check_labels(data)
    for key in ("id", "title", "url"):
        agree(bool(field(data, f"playbook.{key}", str)), f"`playbook.{key}` is empty")
    if kind == _DIGEST:
        return _explain_digest(record, data, rule)
    return _explain_alert(record, data, rule)


def _explain_alert(record: Mapping[str, Any], data: Mapping[str, Any], rule: Rule) -> str:
    status = one_of(Status, field(data, "status", str), "status")
    reason = one_of(Reason, field(data, "reason", str), "reason")
    agree(reason in _REASONS[status], f"no alert is {status} for the reason {reason}")
    sequence = field(data, "seq", int)
    _check_sequence(sequence, rule, status)
    _check_envelope(record, data, str(sequence), f"pulse.alert.{status}.v1")
    _check_member(data, rule, reason)
    _check_days(data, rule, status, reason)
    _check_instants(record, data, status)
    _check_playbook(data, rule, field(data, "evaluation", dict))
    equal("fingerprint", field(data, "fingerprint", str), _fingerprint(data))
    return _judge(data, rule, reason)


def _climbs(rule: Rule) -> bool:
    """Tell whether the rule's alerts have a record for each rung of a ladder."""
    return rule.definition.measure in LADDER_MEASURES


def _check_sequence(sequence: int, rule: Rule, status: Status) -> None:
    lowest = SEQUENCE[status]
    if _climbs(rule):
        agree(sequence >= lowest, f"`seq` is {sequence} in a record that is {status}")
    else:
        equal("seq", sequence, lowest)


def _judge(data: Mapping[str, Any], rule: Rule, reason: Reason) -> str:
    """Read the verdict out of the evaluation; return the sentence that says so."""
    evaluation = field(data, "evaluation", dict)
    try:
        verdict = read_verdict(MEASURES[rule.definition.measure], evaluation)
        description = describe(rule.definition.description, evaluation)
    except KeyError as missing:
        raise MismatchError(f"The evaluation lacks the figure {missing}.") from None
    except (ArithmeticError, AttributeError, IndexError, RecursionError, TypeError, ValueError):
        raise MismatchError("The evaluation holds a figure of the wrong kind.") from None
    stated = field(evaluation, "verdict", str)
    if stated != verdict:
        raise MismatchError(
            f"The figures say {verdict}, but the record says {stated}: {description}"
        )
    if verdict not in _VERDICTS[reason]:
        raise MismatchError(f"{verdict} is no verdict for the reason {reason}: {description}")
    return _sentence(verdict, reason, description, data)


_SENTENCES: Final = {
    Reason.THRESHOLD: "{verdict}: {description}",
    Reason.RECOVERED: "{verdict}: the alert ended. {description}",
    Reason.INCONCLUSIVE: (
        "{verdict}: the alert ended after 28 closes without a verdict. {description}"
    ),
    Reason.RETURNED: "{verdict}: the alert ended because member {member} interacted on {day}.",
    Reason.LATE_DATA: (
        "{verdict}: the alert ended because an interaction of member {member} on {day} arrived "
        "late; the silence had been shorter."
    ),
    Reason.LEFT: "{verdict}: the alert ended because member {member} left on {day}.",
    Reason.LOST: "{verdict}: the alert ended because member {member} is lost. {description}",
}
"""What is said of a verdict, by the reason of the record."""


def _sentence(verdict: Verdict, reason: Reason, description: str, data: Mapping[str, Any]) -> str:
    return _SENTENCES[reason].format(
        verdict=verdict, description=description, member=data.get("member_id"), day=data["day"]
    )


def _explain_digest(record: Mapping[str, Any], data: Mapping[str, Any], rule: Rule) -> str:
    agree(rule.definition.subject == "member", f"the rule {rule.id!r} has no digests")
    _check_envelope(record, data, "digest", _DIGEST)
    day = day_at(data, "day")
    _check_alert_id(data, rule, None, day)
    _check_playbook(data, rule, {})
    count = field(data, "count", int)
    members = field(data, "member_ids", list)
    agree(all(isinstance(member, str) for member in members), "`member_ids` holds what is no name")
    agree(list(members) == sorted(set(members)), "`member_ids` is not in order, each name once")
    agree(count >= 1, f"`count` is {count}")
    named = min(count, DIGEST_MEMBERS)
    agree(len(members) == named, f"`count` is {count}, so {named} are named, not {len(members)}")
    who = "member" if count == 1 else "members"
    return f"{count} {who} fell silent at the close of {day}."


def _check_envelope(
    record: Mapping[str, Any], data: Mapping[str, Any], number: str, kind: str
) -> None:
    """Compare what the envelope says with what the data says."""
    community = field(data, "community_id", str)
    subject = subject_of(community, data.get("member_id"))
    equal("id", field(record, "id", str), f"{field(data, 'alert_id', str)}:{number}")
    equal("type", field(record, "type", str), kind)
    equal("subject", field(record, "subject", str), subject)
    equal("partitionkey", field(record, "partitionkey", str), community)


def _check_labels(data: Mapping[str, Any]) -> None:
    """See that the labels identify the subject of the alert."""
    labels = field(data, "labels", dict)
    agree(
        all(isinstance(part, str) for pair in labels.items() for part in pair),
        "`labels` holds what is no text",
    )
    field(labels, "alertname", str)
    equal("labels.severity", field(labels, "severity", str), field(data, "severity", str))
    community = field(data, "community_id", str)
    equal("labels.community_id", field(labels, "community_id", str), community)
    equal("labels.member_id", labels.get("member_id"), data.get("member_id"))


def _check_playbook(data: Mapping[str, Any], rule: Rule, evaluation: Mapping[str, Any]) -> None:
    """See that the playbook is the one that the evaluation's case asks for.

    Only where the record is of the definition at hand: another version may have named another.
    """
    if field(data, "rule.version", int) == rule.definition.version:
        stated, expected = field(data, "playbook.id", str), rule.playbook_for(evaluation).id
        equal("playbook.id", stated, expected)


def _check_member(data: Mapping[str, Any], rule: Rule, reason: Reason) -> None:
    if rule.definition.subject == "member":
        field(data, "member_id", str)
        return
    equal("member_id", data.get("member_id"), None)
    agree(reason not in _MEMBER_REASONS, f"only an alert about a member ends as {reason}")


def _check_days(data: Mapping[str, Any], rule: Rule, status: Status, reason: Reason) -> None:
    """See that the days fit each other, the reason and the alert's identity."""
    day = day_at(data, "day")
    started = (
        day_at(data, "started_day") if "started_day" in data or status is Status.RESOLVED else day
    )
    if status is Status.FIRING:
        _check_start(data, rule, day, started)
    elif reason in (Reason.RETURNED, Reason.LATE_DATA):
        fitting = Reason.LATE_DATA if day < started else Reason.RETURNED
        when = "before" if day < started else "not before"
        agree(
            reason is fitting,
            f"the reason is {reason}, but {day} is {when} {started}, when the alert started",
        )
    elif reason is not Reason.LEFT:
        agree(day > started, f"the alert ends on {day}, but started on {started}")
    window = field(data, "evaluation.window", list)
    agree(len(window) == 2, "`evaluation.window` is not two days")
    equal("evaluation.window", window[1], day)
    _check_alert_id(data, rule, data.get("member_id"), started)


def _check_start(data: Mapping[str, Any], rule: Rule, day: str, started: str) -> None:
    """See that an alert fires from the day on which it started; on a ladder, later rungs too."""
    if not _climbs(rule) or data["seq"] == 1:
        equal("started_day", started, day)
    else:
        agree(day > started, f"a later rung is reached on {day}, but the alert started {started}")


def _check_alert_id(data: Mapping[str, Any], rule: Rule, member: str | None, day: str) -> None:
    try:
        expected = alert_id(rule.id, field(data, "community_id", str), member, day)
    except UnicodeEncodeError:
        raise MismatchError("The name of the community or member is no text.") from None
    equal("alert_id", field(data, "alert_id", str), expected)


def _check_instants(record: Mapping[str, Any], data: Mapping[str, Any], status: Status) -> None:
    starts = field(data, "startsAt", str)
    if status is Status.FIRING:
        equal("endsAt", data.get("endsAt"), None)
        if data["seq"] == 1:
            equal("time", field(record, "time", str), starts)
    else:
        # RFC 3339 in UTC with whole seconds or milliseconds: the later instant is found by parsing.
        later = max(field(record, "time", str), starts, key=lambda text: parse_instant(text) or 0)
        equal("endsAt", field(data, "endsAt", str), later)


def _fingerprint(data: Mapping[str, Any]) -> str:
    try:
        return fingerprint(field(data, "labels", dict))
    except UnicodeEncodeError:
        raise MismatchError("A label is no text.") from None
