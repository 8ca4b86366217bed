"""Why a member fell silent: what is concluded, from what, and that every record tells the same."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Verdict
from models.instants import DAY
from rules.engine import fold, tick
from rules.explain import explain
from rules.measures.measure import Setting, Traces
from rules.measures.member_silence import Diagnosis, diagnosis, gather, verdict
from rules.policy import Policies
from rules.records import Record
from rules.state import Partition
from tests.builders import catalogue, configured, day
from tests.restarts import START, event, records, restarted

D = day("2025-06-30")
RULE = "member-silent"
SETTING = Setting(
    catalogue()[RULE].defaults.model_copy(update={"diagnose": True}), "default", "UTC"
)
ON, OFF = "rules: {member-silent: {diagnose: true}}", ""


def traces(viewed: int | None, spoke: int | None, received: int | None, **others: int) -> Traces:
    """What is known of a member: so many days ago, None for never."""
    days = [0 if ago is None else D - ago for ago in (viewed, spoke, received)]
    return Traces(D, *days, **{"viewers": 5, "receivers": 3, "known": 1, **others})


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        pytest.param(traces(28, None, None), Diagnosis.NO_DEMAND, id="no view in 28 days"),
        pytest.param(traces(27, None, None), Diagnosis.BARRIER, id="a view in 28 days"),
        pytest.param(traces(300, None, None), Diagnosis.NO_DEMAND, id="a view long ago"),
        pytest.param(traces(0, 60, None), Diagnosis.BARRIER, id="spoke before the 60 days"),
        pytest.param(traces(0, 59, None), Diagnosis.VALUE_NOT_FELT, id="spoke on their first"),
        pytest.param(traces(0, 59, 60), Diagnosis.VALUE_NOT_FELT, id="answered before them"),
        pytest.param(traces(0, 59, 59), Diagnosis.UNKNOWN, id="answered, and still views"),
        pytest.param(traces(28, 40, 35), Diagnosis.NO_DEMAND, id="answered, and views no more"),
        pytest.param(traces(28, 40, None), Diagnosis.VALUE_NOT_FELT, id="the owed answer first"),
        pytest.param(traces(None, 40, None), Diagnosis.VALUE_NOT_FELT, id="no view is needed"),
        pytest.param(traces(None, None, None), Diagnosis.UNKNOWN, id="never seen to view"),
        pytest.param(traces(-1, None, None), Diagnosis.BARRIER, id="a view on a day still open"),
        pytest.param(traces(40, None, None, viewers=0), Diagnosis.UNKNOWN, id="nobody views"),
        pytest.param(traces(0, 40, None, receivers=0), Diagnosis.UNKNOWN, id="nobody is answered"),
        pytest.param(traces(28, None, None, known=0), Diagnosis.UNKNOWN, id="days not known"),
    ],
)
def test_the_diagnosis_follows_from_the_traces(known: Traces, expected: Diagnosis) -> None:
    assert diagnosis(known) is expected
    evaluation = gather(D - 30, D, SETTING, known)
    assert evaluation["diagnosis"] == evaluation["case"] == expected
    assert verdict(evaluation) is Verdict.FIRE


@pytest.mark.parametrize(
    "change",
    [
        {"diagnosis": "barrier"},
        {"case": "barrier"},
        {"traces": {"last_viewed_day": "2025-06-29"}},
        {"traces": {"viewers": 0}},
        {"traces": {"known": False}},
    ],
    ids=str,
)
def test_a_diagnosis_that_does_not_follow_is_refused(change: dict[str, Any]) -> None:
    evaluation = gather(D - 30, D, SETTING, traces(28, None, None))
    changed = evaluation | change
    if "traces" in change:
        changed["traces"] = evaluation["traces"] | change["traces"]
    with pytest.raises(ValueError, match="does not follow"):
        verdict(changed)


def test_without_traces_nothing_is_said_of_why() -> None:
    assert not {"diagnosis", "case", "traces"} & gather(D - 30, D, SETTING, None).keys()


def policies(text: str) -> Policies:
    return Policies(configured(text), catalogue())


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (OFF, False),
        (ON, True),
        ("rules: {member-silent: {diagnose: true, enabled: false}}", False),
        ("communities: {a: {rules: {member-silent: {diagnose: true}}}}", True),
    ],
)
def test_a_ledger_is_kept_only_where_a_diagnosis_is_asked_for(text: str, kept: bool) -> None:
    assert policies(text).of("a").keeps_ledger is kept


STORY = [event(0, "post.created", "u")]


def about_u(outputs: list[Any]) -> list[Record]:
    return [each for each in records(outputs, RULE) if each["data"]["member_id"] == "u"]


@pytest.mark.parametrize("restarts", [False, True], ids=["in one go", "with a restart"])
def test_every_record_of_an_alert_tells_the_same_diagnosis(restarts: bool) -> None:
    partition = Partition(policies(ON))
    viewed = [event(number, "content.viewed", "u") for number in (3, 20)]
    (fired,) = about_u([*fold(partition, [*STORY, *viewed]).outputs,
                        *tick(partition, START + 31 * DAY).outputs])  # fmt: skip
    if restarts:
        partition = restarted(partition, policies(ON))
    # What happens in the meantime changes nothing that was told.
    more = [event(32, "content.viewed", "u"), event(33, "like.added", "u")]
    (ended,) = about_u(fold(partition, more).outputs)
    for record in (fired, ended):
        assert record["data"]["evaluation"]["diagnosis"] == "unknown"
        assert record["data"]["evaluation"]["traces"]["last_viewed_day"] == "2025-01-21"
        assert record["data"]["playbook"]["id"] == "activation-by-cause"
        assert explain(record, catalogue()).matches
    assert ended["data"]["evaluation"]["traces"] == fired["data"]["evaluation"]["traces"]


def test_the_next_alert_about_the_member_is_diagnosed_anew() -> None:
    partition = Partition(policies(ON))
    first = about_u([*fold(partition, STORY).outputs,
                     *tick(partition, START + 31 * DAY).outputs])  # fmt: skip
    back = fold(partition, [event(32, "task.completed", "u"), event(33, "content.viewed", "u")])
    later = [event(number, "content.viewed", "u") for number in (40, 62)]
    second = about_u([*fold(partition, later).outputs, *tick(partition, START + 63 * DAY).outputs])
    said = [
        each["data"]["evaluation"]["diagnosis"]
        for each in (*first, *about_u(back.outputs), *second)
    ]
    assert said == ["unknown", "unknown", "barrier"]


def test_what_was_not_seen_whole_is_not_diagnosed() -> None:
    partition = Partition(policies(OFF))
    fold(partition, [event(0, "content.viewed", "u"), event(1, "task.completed", "u")])
    partition = restarted(partition, policies(ON))
    (fired,) = about_u(tick(partition, START + 32 * DAY).outputs)
    assert fired["data"]["evaluation"]["diagnosis"] == "unknown"
    assert fired["data"]["evaluation"]["traces"]["known"] is False


@pytest.mark.parametrize(
    ("before", "after"), [(OFF, ON), (ON, OFF)], ids=["turned on later", "turned off meanwhile"]
)
def test_where_traces_are_missing_the_end_of_an_alert_has_no_diagnosis(
    before: str, after: str
) -> None:
    partition = Partition(policies(before))
    (fired,) = about_u([*fold(partition, STORY).outputs,
                        *tick(partition, START + 31 * DAY).outputs])  # fmt: skip
    partition = restarted(partition, policies(after))
    (ended,) = about_u(fold(partition, [event(33, "like.added", "u")]).outputs)
    assert ("diagnosis" in fired["data"]["evaluation"]) is (before == ON)
    assert "diagnosis" not in ended["data"]["evaluation"]
    assert explain(ended, catalogue()).matches
