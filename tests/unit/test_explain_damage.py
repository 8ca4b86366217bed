"""Whatever is damaged in a record is named; nothing that is damaged raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.explain import explain
from tests.builders import (
    catalogue,
    published,
    record_of,
    silence_digest,
)
from tests.explained import (
    DENSITY,
    DIGEST,
    LATE_DATA,
    LEFT,
    RATE,
    RECOVERED,
    RETURNED,
    SILENCE,
    STALLED,
    Record,
    complaint,
    sentence,
)
from tests.schemas.changes import REMOVED, changed

# Record; where it is changed; to what; part of the complaint.
DAMAGE = [
    ("a purchase", STALLED, "data/evaluation/value", 1, "The figures say OK"),
    ("no purchase before", STALLED, "data/evaluation/baseline", 0, "say NOT_APPLICABLE"),
    ("a first day in the window", STALLED, "data/evaluation/first_day", "2026-11-15", "LEARNING"),
    ("fewer shares", RATE, "data/evaluation/shares", 166, "The figures say OK"),
    ("shares below the floor", RATE, "data/evaluation/shares", 99, "The figures say BELOW_FLOOR"),
    ("no sharing", RATE, "data/evaluation/active/events", 0, "The figures say NOT_APPLICABLE"),
    ("no denominator", RATE, "data/evaluation/shares", REMOVED, "lacks the figure 'shares'"),
    ("figures that do not fire", DENSITY, "data/evaluation/value", 65, "The figures say OK"),
    ("a threshold not reached", DENSITY, "data/evaluation/threshold/drop_percent", 24,
     "The figures say OK, but the record says FIRE: 61 posts"),
    ("another verdict", DENSITY, "data/evaluation/verdict", "OK", "the record says OK"),
    ("no verdict", DENSITY, "data/evaluation/verdict", REMOVED, "`verdict` is missing"),
    ("an end that fires", RECOVERED, "data/evaluation/value", 40, "The figures say FIRE"),
    ("a missing figure", DENSITY, "data/evaluation/baseline", REMOVED, "lacks the figure"),
    ("a figure in quotes", DENSITY, "data/evaluation/value", "61", "figure of the wrong kind"),
    ("a figure that is not known", DENSITY, "data/evaluation/value", None, "of the wrong kind"),
    ("no evaluation", DENSITY, "data/evaluation", REMOVED, "`evaluation.window` is missing"),
    ("a window of one day", DENSITY, "data/evaluation/window", ["2026-11-21"], "not two days"),
    ("a window of another day", DENSITY, "data/evaluation/window", ["2026-11-14", "2026-11-20"],
     "`evaluation.window` is '2026-11-20', but the rest says '2026-11-21'"),
    ("another day", DENSITY, "data/day", "2026-11-20", "`started_day`"),
    ("a day that is none", DENSITY, "data/day", "2026-02-30", "`day` is no day"),
    ("another start", DENSITY, "data/started_day", "2026-11-20", "`started_day`"),
    ("another start of an end", RECOVERED, "data/started_day", "2026-11-20", "`alert_id`"),
    ("an end before its start", RECOVERED, "data/started_day", "2026-11-24", "started on"),
    ("an end without start", RECOVERED, "data/started_day", REMOVED, "`started_day` is missing"),
    ("another alert id", DENSITY, "data/alert_id", "0" * 16, "`id` is"),
    ("another id", DENSITY, "id", "0" * 16 + ":1", "`id` is"),
    ("another number", DENSITY, "data/seq", 2, "`seq` is 2"),
    ("a yes for a number", DENSITY, "data/seq", True, "`seq` is of the wrong kind"),
    ("another type", DENSITY, "type", "pulse.alert.resolved.v1", "`type` is"),
    ("another subject", DENSITY, "subject", "communities/43", "`subject` is"),
    ("another partition key", DENSITY, "partitionkey", "43", "`partitionkey` is"),
    ("another status", DENSITY, "data/status", "resolved", "no alert is resolved for the reason"),
    ("a status that is none", DENSITY, "data/status", "pending", "`status` is none that Pulse"),
    ("another reason", DENSITY, "data/reason", "recovered", "no alert is firing for the reason"),
    ("a reason that is none", DENSITY, "data/reason", "mood", "`reason` is none that Pulse knows"),
    ("an end without verdict that has one", RECOVERED, "data/reason", "inconclusive",
     "OK is no verdict for the reason inconclusive"),
    ("a community that returned", RECOVERED, "data/reason", "returned", "only an alert about a"),
    ("late data that was not", RETURNED, "data/reason", "late_data",
     "2026-11-24 is not before 2026-11-21"),
    ("a return that was late data", LATE_DATA, "data/reason", "returned",
     "2026-11-20 is before 2026-11-21"),
    ("who left and did not", LEFT, "data/evaluation/left", False, "The figures say FIRE"),
    ("who returned and left", RETURNED, "data/evaluation/left", True, "say NOT_APPLICABLE"),
    ("another member", SILENCE, "data/member_id", "u8", "`labels.member_id`"),
    ("no member", SILENCE, "data/member_id", None, "`labels.member_id`"),
    ("a label more", DENSITY, "data/labels/team", "a", "`fingerprint`"),
    ("a label that is a number", DENSITY, "data/labels/team", 1, "`labels` holds what is no text"),
    ("another severity", DENSITY, "data/labels/severity", "info", "`labels.severity`"),
    ("no alert name", DENSITY, "data/labels/alertname", REMOVED, "`alertname` is missing"),
    ("another fingerprint", DENSITY, "data/fingerprint", "0" * 16, "`fingerprint`"),
    ("no playbook", DENSITY, "data/playbook", REMOVED, "`playbook.id` is missing"),
    ("a playbook without title", DENSITY, "data/playbook/title", "", "`playbook.title` is empty"),
    ("another playbook", DENSITY, "data/playbook/id", "free-upgrade",
     "`playbook.id` is 'free-upgrade', but the rest says 'launch-topic-challenge'"),
    ("another playbook of an end", RECOVERED, "data/playbook/id", "free-upgrade", "`playbook.id`"),
    ("another playbook of a digest", DIGEST, "data/playbook/id", "free-upgrade", "`playbook.id`"),
    ("no version", DENSITY, "data/rule/version", REMOVED, "`rule.version` is missing"),
    ("an unknown rule", DENSITY, "data/rule/id", "mood", "The rule 'mood' is unknown here"),
    ("a rule of another kind", DENSITY, "data/rule/id", "share-conversion-low", "`alert_id`"),
    ("a rule about members", DENSITY, "data/rule/id", "member-silent", "`member_id` is of the"),
    ("a rule that is a list", DENSITY, "data/rule/id", [], "`rule.id` is of the wrong kind"),
    ("an end that has no end", RECOVERED, "data/endsAt", None, "`endsAt` is of the wrong kind"),
    ("a beginning that has an end", DENSITY, "data/endsAt", "2026-11-22T01:00:00Z", "`endsAt`"),
    ("another time", DENSITY, "time", "2026-11-22T02:00:00Z", "`time` is"),
    ("data that is none", DENSITY, "data", [], "`data` is of the wrong kind"),
    ("a name that is no text", SILENCE, "data/community_id", "\ud800", "labels.community_id"),
    ("a digest of fewer", DIGEST, "data/count", 1, "`count` is 1, so 1 are named, not 2"),
    ("a digest of more", DIGEST, "data/count", 3, "`count` is 3, so 3 are named, not 2"),
    ("a digest of none", DIGEST, "data/count", 0, "`count` is 0"),
    ("a digest out of order", DIGEST, "data/member_ids", ["u7", "u3"], "not in order"),
    ("a digest of one twice", DIGEST, "data/member_ids", ["u3", "u3"], "not in order"),
    ("a digest of numbers", DIGEST, "data/member_ids", [3, 7], "what is no name"),
    ("a digest of another day", DIGEST, "data/day", "2026-11-20", "`alert_id`"),
    ("a digest without playbook", DIGEST, "data/playbook", REMOVED, "`playbook.id` is missing"),
    ("a digest about communities", DIGEST, "data/rule/id", "share-conversion-low", "no digests"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "path", "value", "said"), [pytest.param(*row[1:], id=row[0]) for row in DAMAGE]
)
def test_each_damage_is_told_in_words_of_its_own(
    record: Record, path: str, value: Any, said: str
) -> None:
    assert said in complaint(changed(record, path, value))


def test_a_digest_of_a_crowd_names_the_first_hundred() -> None:
    names = tuple(f"m{number:03}" for number in range(100))
    crowd = published(record_of(silence_digest(count=101, member_ids=names)))
    assert sentence(crowd) == "101 members fell silent at the close of 2026-11-21."
    assert "so 100 are named, not 99" in complaint(
        published(record_of(silence_digest(count=101, member_ids=names[1:])))
    )


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ([], "not a JSON object"),
        (None, "not a JSON object"),
        ("text", "not a JSON object"),
        ({}, "`type` is missing"),
        ({"type": "order.created"}, "its type is 'order.created'"),
        ({"type": "pulse.alert.firing.v1"}, "`data` is missing"),
        ({"type": "pulse.alert.digest.v1", "data": {}}, "`rule.id` is missing"),
    ],
)
def test_what_is_no_alert_record_is_said_to_be_none(record: object, said: str) -> None:
    assert said in complaint(record)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def paths(part: object, prefix: str = "") -> list[str]:
    """Every place in a record, written as `data/labels/severity`."""
    if not isinstance(part, dict):
        return []
    own = [f"{prefix}{name}" for name in part]
    return own + [path for name in part for path in paths(part[name], f"{prefix}{name}/")]


@given(st.data(), st.sampled_from([DENSITY, RECOVERED, SILENCE, RETURNED, LEFT, DIGEST]))
def test_no_damage_in_one_place_raises(data: st.DataObject, record: Record) -> None:
    path = data.draw(st.sampled_from(paths(record)))
    value = data.draw(json_values | st.just(REMOVED))
    explanation = explain(changed(record, path, value), catalogue())
    assert explanation.sentence
    assert "\n" not in explanation.sentence.replace("\\n", "")


@given(json_values)
def test_nothing_that_json_can_say_raises(record: object) -> None:
    assert explain(record, catalogue()).matches is False


PINNED = ["id", "type", "subject", "partitionkey", "time", "data/alert_id", "data/seq",
          "data/status", "data/reason", "data/day", "data/community_id", "data/severity",
          "data/labels", "data/fingerprint", "data/rule/id", "data/startsAt", "data/playbook",
          "data/evaluation/verdict", "data/evaluation/threshold"]  # fmt: skip


@pytest.mark.parametrize("path", PINNED)
@given(value=st.none() | st.integers() | st.text() | st.lists(st.text()))
def test_no_other_value_than_the_written_one_matches(path: str, value: Any) -> None:
    forged = changed(DENSITY, path, value)
    assume(forged != DENSITY)
    assert not explain(forged, catalogue()).matches
