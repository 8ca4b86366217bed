"""Recomputes the verdict of an alert record from the record alone (contract, Law 3).

Nothing but the record and the rule's measure is asked: no state, no configuration, no events.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final, NamedTuple, TypeVar

from models.alerts import Reason, Status, Verdict
from models.days import day_from_iso
from models.fingerprints import alert_id, fingerprint
from models.instants import parse_instant
from rules.catalogue import Catalogue, Rule
from rules.close import DIGEST_MEMBERS
from rules.measures import MEASURES
from rules.measures.measure import read_verdict
from rules.records import SEQUENCE, describe, subject_of

Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)

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
}
_MEMBER_REASONS: Final = {Reason.RETURNED, Reason.LATE_DATA, Reason.LEFT}
_DIGEST: Final = "pulse.alert.digest.v1"


class Explanation(NamedTuple):
    """Whether the record agrees with itself, and why, in one sentence for people."""

    matches: bool
    sentence: str


class _MismatchError(Exception):
    """The record contradicts itself, or cannot be read; the message is the sentence."""


def explain(record: object, catalogue: Catalogue) -> Explanation:
    """Judge one alert record (transition or digest) again; never raises, whatever `record` is."""
    try:
        return Explanation(True, _explain(record, catalogue))
    except _MismatchError as mismatch:
        return Explanation(False, str(mismatch))


def _explain(record: object, catalogue: Catalogue) -> str:
    if not isinstance(record, Mapping):
        raise _MismatchError("This is no alert record: it is not a JSON object.")
    kind = _field(record, "type", str)
    if not kind.startswith("pulse.alert."):
        raise _MismatchError(f"This is no alert record: its type is {kind!r}.")
    data = _field(record, "data", dict)
    rule_id = _field(data, "rule.id", str)
    rule = catalogue.get(rule_id)
    if rule is None:
        raise _MismatchError(f"The rule {rule_id!r} is unknown here.")
    if rule.definition.reports_only:
        raise _MismatchError(f"The rule {rule_id!r} only reports: no alert of it can exist.")
    _check_labels(data)
    for key in ("id", "title", "url"):
        _agree(bool(_field(data, f"playbook.{key}", str)), f"`playbook.{key}` is empty")
    if kind == _DIGEST:
        return _explain_digest(record, data, rule)
    return _explain_alert(record, data, rule)


def _explain_alert(record: Mapping[str, Any], data: Mapping[str, Any], rule: Rule) -> str:
    status = _one_of(Status, _field(data, "status", str), "status")
    reason = _one_of(Reason, _field(data, "reason", str), "reason")
    _agree(reason in _REASONS[status], f"no alert is {status} for the reason {reason}")
    _check_envelope(record, data, str(SEQUENCE[status]), f"pulse.alert.{status}.v1")
    _equal("seq", _field(data, "seq", int), SEQUENCE[status])
    _check_member(data, rule, reason)
    _check_days(data, rule, status, reason)
    _check_instants(record, data, status)
    _check_playbook(data, rule, _field(data, "evaluation", dict))
    _equal("fingerprint", _field(data, "fingerprint", str), _fingerprint(data))
    return _judge(data, rule, reason)


def _judge(data: Mapping[str, Any], rule: Rule, reason: Reason) -> str:
    """Read the verdict out of the evaluation; return the sentence that says so."""
    evaluation = _field(data, "evaluation", dict)
    try:
        verdict = read_verdict(MEASURES[rule.definition.measure], evaluation)
        description = describe(rule.definition.description, evaluation)
    except KeyError as missing:
        raise _MismatchError(f"The evaluation lacks the figure {missing}.") from None
    except (ArithmeticError, AttributeError, IndexError, RecursionError, TypeError, ValueError):
        raise _MismatchError("The evaluation holds a figure of the wrong kind.") from None
    stated = _field(evaluation, "verdict", str)
    if stated != verdict:
        raise _MismatchError(
            f"The figures say {verdict}, but the record says {stated}: {description}"
        )
    if verdict not in _VERDICTS[reason]:
        raise _MismatchError(f"{verdict} is no verdict for the reason {reason}: {description}")
    return _sentence(verdict, reason, description, data)


def _sentence(verdict: Verdict, reason: Reason, description: str, data: Mapping[str, Any]) -> str:
    day, member = data["day"], data.get("member_id")
    if reason is Reason.THRESHOLD:
        return f"{verdict}: {description}"
    if reason is Reason.RETURNED:
        return f"{verdict}: the alert ended because member {member} interacted on {day}."
    if reason is Reason.LATE_DATA:
        return (
            f"{verdict}: the alert ended because an interaction of member {member} on {day} "
            f"arrived late; the silence had been shorter."
        )
    if reason is Reason.LEFT:
        return f"{verdict}: the alert ended because member {member} left on {day}."
    if reason is Reason.INCONCLUSIVE:
        return f"{verdict}: the alert ended after 28 closes without a verdict. {description}"
    return f"{verdict}: the alert ended. {description}"


def _explain_digest(record: Mapping[str, Any], data: Mapping[str, Any], rule: Rule) -> str:
    _agree(rule.definition.subject == "member", f"the rule {rule.id!r} has no digests")
    _check_envelope(record, data, "digest", _DIGEST)
    day = _day(data, "day")
    _check_alert_id(data, rule, None, day)
    _check_playbook(data, rule, {})
    count = _field(data, "count", int)
    members = _field(data, "member_ids", list)
    _agree(all(isinstance(member, str) for member in members), "`member_ids` holds what is no name")
    _agree(list(members) == sorted(set(members)), "`member_ids` is not in order, each name once")
    _agree(count >= 1, f"`count` is {count}")
    named = min(count, DIGEST_MEMBERS)
    _agree(len(members) == named, f"`count` is {count}, so {named} are named, not {len(members)}")
    who = "member" if count == 1 else "members"
    return f"{count} {who} fell silent at the close of {day}."


def _check_envelope(
    record: Mapping[str, Any], data: Mapping[str, Any], number: str, kind: str
) -> None:
    """Compare what the envelope says with what the data says."""
    community = _field(data, "community_id", str)
    subject = subject_of(community, data.get("member_id"))
    _equal("id", _field(record, "id", str), f"{_field(data, 'alert_id', str)}:{number}")
    _equal("type", _field(record, "type", str), kind)
    _equal("subject", _field(record, "subject", str), subject)
    _equal("partitionkey", _field(record, "partitionkey", str), community)


def _check_labels(data: Mapping[str, Any]) -> None:
    """See that the labels identify the subject of the alert."""
    labels = _field(data, "labels", dict)
    _agree(
        all(isinstance(part, str) for pair in labels.items() for part in pair),
        "`labels` holds what is no text",
    )
    _field(labels, "alertname", str)
    _equal("labels.severity", _field(labels, "severity", str), _field(data, "severity", str))
    community = _field(data, "community_id", str)
    _equal("labels.community_id", _field(labels, "community_id", str), community)
    _equal("labels.member_id", labels.get("member_id"), data.get("member_id"))


def _check_playbook(data: Mapping[str, Any], rule: Rule, evaluation: Mapping[str, Any]) -> None:
    """See that the playbook is the one that the evaluation's case asks for.

    Only where the record is of the definition at hand: another version may have named another.
    """
    if _field(data, "rule.version", int) == rule.definition.version:
        stated, expected = _field(data, "playbook.id", str), rule.playbook_for(evaluation).id
        _equal("playbook.id", stated, expected)


def _check_member(data: Mapping[str, Any], rule: Rule, reason: Reason) -> None:
    if rule.definition.subject == "member":
        _field(data, "member_id", str)
        return
    _equal("member_id", data.get("member_id"), None)
    _agree(reason not in _MEMBER_REASONS, f"only an alert about a member ends as {reason}")


def _check_days(data: Mapping[str, Any], rule: Rule, status: Status, reason: Reason) -> None:
    """See that the days fit each other, the reason and the alert's identity."""
    day = _day(data, "day")
    started = (
        _day(data, "started_day") if "started_day" in data or status is Status.RESOLVED else day
    )
    if status is Status.FIRING:
        _equal("started_day", started, day)
    elif reason in (Reason.RETURNED, Reason.LATE_DATA):
        fitting = Reason.LATE_DATA if day < started else Reason.RETURNED
        when = "before" if day < started else "not before"
        _agree(
            reason is fitting,
            f"the reason is {reason}, but {day} is {when} {started}, when the alert started",
        )
    elif reason is not Reason.LEFT:
        _agree(day > started, f"the alert ends on {day}, but started on {started}")
    window = _field(data, "evaluation.window", list)
    _agree(len(window) == 2, "`evaluation.window` is not two days")
    _equal("evaluation.window", window[1], day)
    _check_alert_id(data, rule, data.get("member_id"), started)


def _check_alert_id(data: Mapping[str, Any], rule: Rule, member: str | None, day: str) -> None:
    try:
        expected = alert_id(rule.id, _field(data, "community_id", str), member, day)
    except UnicodeEncodeError:
        raise _MismatchError("The name of the community or member is no text.") from None
    _equal("alert_id", _field(data, "alert_id", str), expected)


def _check_instants(record: Mapping[str, Any], data: Mapping[str, Any], status: Status) -> None:
    starts = _field(data, "startsAt", str)
    if status is Status.FIRING:
        _equal("endsAt", data.get("endsAt"), None)
        _equal("time", _field(record, "time", str), starts)
    else:
        # RFC 3339 in UTC with whole seconds or milliseconds: the later instant is found by parsing.
        later = max(_field(record, "time", str), starts, key=lambda text: parse_instant(text) or 0)
        _equal("endsAt", _field(data, "endsAt", str), later)


def _fingerprint(data: Mapping[str, Any]) -> str:
    try:
        return fingerprint(_field(data, "labels", dict))
    except UnicodeEncodeError:
        raise _MismatchError("A label is no text.") from None


def _field(holder: Mapping[str, Any], path: str, kind: type[Value]) -> Value:
    """Return what stands at `path` (names joined by dots) and is of the kind."""
    content: Any = holder
    for name in path.split("."):
        if not isinstance(content, Mapping) or name not in content:
            raise _MismatchError(f"`{path}` is missing.")
        content = content[name]
    if not isinstance(content, kind) or (isinstance(content, bool) and kind is not bool):
        raise _MismatchError(f"`{path}` is of the wrong kind: {str(content)[:80]!r}.")
    return content


def _day(data: Mapping[str, Any], name: str) -> str:
    text = _field(data, name, str)
    try:
        day_from_iso(text)
    except ValueError:
        raise _MismatchError(f"`{name}` is no day: {text[:80]!r}.") from None
    return text


def _one_of(words: type[Word], text: str, name: str) -> Word:
    try:
        return words(text)
    except ValueError:
        raise _MismatchError(f"`{name}` is none that Pulse knows: {text[:80]!r}.") from None


def _equal(name: str, stated: object, expected: object) -> None:
    _agree(stated == expected, f"`{name}` is {stated!r}, but the rest says {expected!r}")


def _agree(holds: bool, problem: str) -> None:
    if not holds:
        raise _MismatchError(f"The record contradicts itself: {problem}.")
