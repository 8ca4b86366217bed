"""What may stand in a rule test file: anything else is refused, with its key."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from rules.documents import DocumentError
from rules.ruletest import CaseResult, parse_rule_test, run_file
from rules.ruletest.expansion import expand
from tests.builders import catalogue

FIRING = {"status": "firing", "day": "2025-01-02", "reason": "threshold"}

FIRES: dict[str, Any] = {
    "name": "it fires",
    "events": [{"day": "2025-01-01", "type": "share.created"}],
    "until": "2025-01-03T01:00:00Z",
    "alerts": [FIRING],
}


def refused(**changes: Any) -> DocumentError:
    document = {"rule": "share-conversion-low", "cases": [FIRES]} | changes
    with pytest.raises(DocumentError) as refusal:
        run_file("share-conversion-low.yaml", yaml.safe_dump(document), catalogue())
    assert refusal.value.document == "share-conversion-low.yaml"
    assert "\n" not in str(refusal.value)
    return refusal.value


def event(**changes: Any) -> dict[str, Any]:
    """A case whose second event is changed; `day` and `type` stand unless they are removed."""
    row = {"day": "2025-01-01", "type": "share.created"} | changes
    return {"cases": [FIRES | {"events": [FIRES["events"][0], row]}]}


def alert(**changes: Any) -> dict[str, Any]:
    return {"cases": [FIRES | {"alerts": [FIRING | changes]}]}


def single(**changes: Any) -> dict[str, Any]:
    row = {"time": "2025-01-01T12:00:00Z", "type": "share.created"} | changes
    return {"cases": [FIRES | {"events": [row]}]}


REFUSED = [
    ("a key of the file", {"title": "x"}, "title", "unknown key"),
    ("no cases", {"cases": []}, "cases", "at least 1 item"),
    ("an unknown rule", {"rule": "mood"}, "rule", "unknown rule 'mood' (known: "),
    ("another file's rule", {"rule": "member-silent"}, "rule", "is not the file's name"),
    ("a key of a case", {"cases": [FIRES | {"event": []}]}, "cases.0.event", "unknown key"),
    ("a case without name", {"cases": [FIRES | {"name": ""}]}, "cases.0.name", "at least 1"),
    ("a name twice", {"cases": [FIRES, FIRES]}, "", "two cases are named 'it fires'"),
    ("no events", {"cases": [FIRES | {"events": []}]}, "cases.0.events", "at least 1 item"),
    ("an until without offset", {"cases": [FIRES | {"until": "2025-01-03T01:00:00"}]},
     "cases.0.until", "not an instant with offset"),
    ("an until that is a day", {"cases": [FIRES | {"until": "2025-01-03"}]},
     "cases.0.until", "not an instant with offset"),
    ("a key of an event", event(typ="x"), "cases.0.events.1.typ", "unknown key"),
    ("a type that is none", event(type="post.creatd"), "cases.0.events.1.type", "unknown type"),
    ("a day that is none", event(day="2025-02-30"), "cases.0.events.1.day", "not a day"),
    ("a day with time", event(day="2025-02-01T00:00:00Z"), "cases.0.events.1.day", "not a day"),
    ("days backwards", event(to="2024-12-31"), "cases.0.events.1.to", "before `day`"),
    ("a count of none", event(count=0), "cases.0.events.1.count", "greater than or equal to 1"),
    ("a count in quotes", event(count="3"), "cases.0.events.1.count", "valid integer"),
    ("no users", event(users=[]), "cases.0.events.1.users", "at least 1 item"),
    ("a user for users", event(users="u1"), "cases.0.events.1.users", "not a list"),
    ("a user that is a number", event(users=[1]), "cases.0.events.1.users.0", "valid string"),
    ("a range backwards", event(users=["m12..m01"]), "cases.0.events.1.users", "not a range"),
    ("a range of two kinds", event(users=["m1..n2"]), "cases.0.events.1.users", "not a range"),
    ("an hour that is none", event(at="24:00"), "cases.0.events.1.at", "in quotes"),
    ("an hour without quotes", event(at=1410), "cases.0.events.1.at", "in quotes"),
    ("an actor that is none", event(actor_kind="robot"), "cases.0.events.1.actor_kind", "'bot'"),
    ("a campaign without name", event(campaign_id=""), "cases.0.events.1.campaign_id",
     "at least 1 character"),
    ("a score out of range", event(score=11), "cases.0.events.1.score", "less than or equal to 10"),
    ("a score that is text", single(score="9"), "cases.0.events.0.score", "valid number"),
    ("more than all of it", single(completion=1.5), "cases.0.events.0.completion",
     "less than or equal to 1"),
    ("an amount without end", single(amount=float("inf")), "cases.0.events.0.amount",
     "finite number"),
    ("a member of a day", event(user_id="u"), "cases.0.events.1.user_id", "unknown key"),
    ("a community that is a number", event(community=42), "cases.0.events.1.community", "string"),
    ("a count of one event", single(count=2), "cases.0.events.0.count", "unknown key"),
    ("a time without offset", single(time="2025-01-01T12:00:00"), "cases.0.events.0.time",
     "not an instant with offset"),
    ("an arrival that is none", single(received_at="soon"), "cases.0.events.0.received_at",
     "not an instant with offset"),
    ("an empty id", single(id=""), "cases.0.events.0.id", "at least 1 character"),
    ("a key of an alert", alert(rule="x"), "cases.0.alerts.0.rule", "unknown key"),
    ("a status that is none", alert(status="pending"), "cases.0.alerts.0.status", "'firing'"),
    ("a reason that is none", alert(reason="mood"), "cases.0.alerts.0.reason", "'threshold'"),
    ("an alert without day", alert(day=None), "cases.0.alerts.0.day", "not a day"),
    ("one member and many", alert(member="a", members=["b"]), "cases.0.alerts.0", "exclude"),
    ("a digest with a reason", alert(status="digest", count=1), "cases.0.alerts.0.reason",
     "unknown key"),
    ("a verdict that is none",
     {"cases": [FIRES | {"verdicts": [{"day": "2025-01-02", "verdict": "MAYBE"}]}]},
     "cases.0.verdicts.0.verdict", "'FIRE'"),
    ("a verdict left out", {"cases": [FIRES | {"verdicts": [{"day": "2025-01-02"}]}]},
     "cases.0.verdicts.0.verdict", "Field required"),
    ("a key of the configuration", {"cases": [FIRES | {"configuration": {"times": {}}}]},
     "cases.0.configuration.times", "unknown key"),
    ("a rule of the configuration", {"cases": [FIRES | {"configuration": {"rules": {"x": {}}}}]},
     "cases.0.configuration.rules.x", "unknown rule"),
    ("an hour that the clocks skip",
     {"cases": [FIRES | {
         "configuration": {"time": {"timezone": "Europe/London"}},
         "events": [{"day": "2025-03-30", "at": "01:30", "type": "post.created"}]}]},
     "cases.0.events", "01:30 does not exist on 2025-03-30 in Europe/London"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "key", "reason"), [pytest.param(*row[1:], id=row[0]) for row in REFUSED]
)
def test_a_wrong_file_is_refused_with_its_key(
    changes: dict[str, Any], key: str, reason: str
) -> None:
    error = refused(**changes)
    assert error.key == key
    assert reason in error.problem


def test_dates_and_times_need_no_quotes() -> None:
    text = """
    rule: share-conversion-low
    cases:
      - name: unquoted
        events: [{day: 2025-01-01, type: share.created}]
        until: 2025-01-03T09:00:00+08:00
        alerts:
          - status: firing
            day: 2025-01-02
            reason: threshold
            evaluation: {first_day: 2025-01-01}
    """
    (result,) = run_file("share-conversion-low.yaml", text, catalogue())
    assert result == CaseResult("unquoted", [])


def test_what_a_row_says_of_its_events_stands_in_each_of_them() -> None:
    said = {"campaign_id": "spring", "inviter_id": "a", "target_user_id": "b", "amount": 9.9}
    said |= {"score": 9, "completion": 0.5}
    row = {"day": "2025-01-01", "type": "share.created", "count": 2} | said
    text = yaml.safe_dump({"rule": "share-conversion-low", "cases": [FIRES | {"events": [row]}]})
    (case,) = parse_rule_test("share-conversion-low.yaml", text).cases
    events = [event for _, _, event in expand(case.events, lambda _: "UTC")]
    assert len(events) == 2
    for event in events:
        assert {name: getattr(event, name) for name in said} == said
