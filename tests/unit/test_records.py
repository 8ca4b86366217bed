"""Records for the world: identities, envelope, texts."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import pytest

from models.alerts import Digest, Reason, Snapshot, Status, Transition, Verdict
from models.fingerprints import fingerprint
from models.schemas import AlertEvent, DigestEvent
from models.schemas import Snapshot as SnapshotSchema
from rules.effects import Output
from rules.records import AnnouncementError
from tests.builders import (
    catalogue,
    catalogue_with,
    day,
    density_alert,
    instant,
    published,
    record_of,
    shipped_outputs,
    silence_alert,
    silence_digest,
)


def label_signature(labels: dict[str, str]) -> str:
    """What prometheus/common computes, written down from its source (model/signature.go).

    `hashAdd` is FNV-1a over the bytes of a text, `hashAddByte` over one byte, here 255.
    """

    def hash_add_byte(total: int, byte: int) -> int:
        return ((total ^ byte) * 1099511628211) % 2**64

    def hash_add(total: int, text: str) -> int:
        for byte in text.encode("utf-8"):
            total = hash_add_byte(total, byte)
        return total

    total = 14695981039346656037
    for name in sorted(labels):
        total = hash_add_byte(hash_add(total, name), 255)
        total = hash_add_byte(hash_add(total, labels[name]), 255)
    return format(total, "016x")


@pytest.mark.parametrize(
    "labels",
    [
        {},
        {"alertname": "CommunitySpeechDensityDrop", "severity": "warning", "community_id": "42"},
        {"community_id": "社区", "member_id": "ü", "alertname": "A"},
        {"b": "1", "a": "2", "B": "3"},
    ],
)
def test_the_fingerprint_is_alertmanagers(labels: dict[str, str]) -> None:
    assert fingerprint(labels) == label_signature(labels)


@pytest.mark.parametrize(
    ("labels", "value"),
    [
        # prometheus/common, model/signature_test.go: TestLabelsToSignature, in hexadecimal.
        ({}, 14695981039346656037),
        ({"name": "garland, briggs", "fear": "love is not enough"}, 5799056148416392346),
    ],
)
def test_the_fingerprint_is_that_of_prometheus_own_tests(
    labels: dict[str, str], value: int
) -> None:
    assert fingerprint(labels) == format(value, "016x")


def test_the_record_of_the_contracts_example() -> None:
    record = published(record_of(density_alert()))
    data = record["data"]
    assert {name: content for name, content in record.items() if name not in ("data", "id")} == {
        "specversion": "1.0",
        "source": "/pulse/test",
        "type": "pulse.alert.firing.v1",
        "subject": "communities/42",
        "time": "2026-11-22T01:00:00Z",
        "datacontenttype": "application/json",
        "partitionkey": "42",
    }
    assert (data["seq"], data["status"], data["reason"]) == (1, "firing", "threshold")
    assert data["labels"] == {
        "alertname": "CommunitySpeechDensityDrop",
        "severity": "warning",
        "community_id": "42",
    }
    assert data["fingerprint"] == label_signature(data["labels"])
    assert data["annotations"]["description"] == (
        "61 posts and replies in the days 2026-11-15 to 2026-11-21, after 80 in the days "
        "2026-11-08 to 2026-11-14: -23.75 %, where a fall of 20 % or more warns."
    )
    assert (data["startsAt"], data["endsAt"]) == ("2026-11-22T01:00:00Z", None)
    assert data["playbook"] == {
        "id": "launch-topic-challenge",
        "version": 1,
        "title": "Launch a topic challenge",
        "title_zh": "启动话题挑战赛",
        "url": "https://pulse.example.org/playbooks/launch-topic-challenge",
    }
    assert data["evaluation"] == density_alert().evaluation


LADDER = {"first": "recall-gift-pack", "second": "free-upgrade"}
CHOSEN = [
    ("of its case", "second", "free-upgrade"),
    ("of the rule, where the case has none", "third", "launch-topic-challenge"),
    ("of the rule, where there is no case", ..., "launch-topic-challenge"),
]


@pytest.mark.parametrize(
    ("case", "book"), [pytest.param(*row[1:], id=f"that {row[0]}") for row in CHOSEN]
)
def test_an_alert_names_and_links_the_playbook(case: Any, book: str) -> None:
    figures = density_alert().evaluation | ({} if case is ... else {"case": case})
    known = catalogue_with("speech-density-drop", playbook_cases=LADDER)
    data = published(record_of(density_alert(evaluation=figures), known))["data"]
    url = f"https://pulse.example.org/playbooks/{book}"
    assert (data["playbook"]["id"], data["playbook"]["url"]) == (book, url)
    assert data["annotations"]["runbook_url"] == url
    assert data["evaluation"] == figures


def test_a_digest_has_the_playbook_of_its_rule_whatever_the_cases_are() -> None:
    known = catalogue_with("member-silent", playbook_cases=LADDER)
    assert record_of(silence_digest(), known) == record_of(silence_digest())


def test_of_a_rule_that_only_reports_no_alert_can_be_announced() -> None:
    known = catalogue_with("speech-density-drop", alertname=None, reports_only=True)
    with pytest.raises(AnnouncementError, match="'speech-density-drop' only reports"):
        record_of(density_alert(), known)
    assert record_of(silence_alert(), known) == record_of(silence_alert())


def identity(*parts: str) -> str:
    return blake2b("\x1f".join(parts).encode("utf-8")).hexdigest()[:16]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        pytest.param(
            density_alert(),
            identity("speech-density-drop", "42", "", "2026-11-21") + ":1",
            id="an alert begins",
        ),
        pytest.param(
            density_alert(status=Status.RESOLVED, reason=Reason.RECOVERED, day=day("2026-11-24")),
            identity("speech-density-drop", "42", "", "2026-11-21") + ":2",
            id="it ends under the day on which it started",
        ),
        pytest.param(
            silence_alert(),
            identity("member-silent", "42", "u7", "2026-11-21") + ":1",
            id="an alert about a member",
        ),
        pytest.param(
            silence_digest(),
            identity("member-silent", "42", "", "2026-11-21") + ":digest",
            id="a digest",
        ),
    ],
)
def test_the_id_is_made_of_rule_subject_and_starting_day(
    output: Transition | Digest, expected: str
) -> None:
    assert record_of(output)["id"] == expected
    assert record_of(output)["data"]["alert_id"] == expected.split(":", maxsplit=1)[0]


ENDINGS = [
    (Reason.RECOVERED, "Recovered. 61 posts and replies"),
    (Reason.INCONCLUSIVE, "Ended: 28 days without a verdict. 61 posts and replies"),
    (Reason.RETURNED, "The member came back on 2026-11-24."),
    (Reason.LATE_DATA, "An interaction of 2026-11-24 arrived late"),
    (Reason.LEFT, "The member left the community on 2026-11-24."),
    (Reason.LOST, "Ended: the member is lost. 61 posts and replies"),
]


@pytest.mark.parametrize(("reason", "words"), ENDINGS)
def test_the_end_of_an_alert_says_why_it_ended(reason: Reason, words: str) -> None:
    ended = density_alert(
        status=Status.RESOLVED,
        reason=reason,
        day=day("2026-11-24"),
        at=instant("2026-11-24T09:12:30.500Z"),
    )
    record = record_of(ended)
    assert record["data"]["annotations"]["description"].startswith(words)
    assert record["data"]["endsAt"] == record["time"] == "2026-11-24T09:12:30.500Z"
    assert record["data"]["startsAt"] == "2026-11-22T01:00:00Z"


def test_every_reason_has_its_words() -> None:
    assert {reason for reason, _ in ENDINGS} == set(Reason) - {Reason.THRESHOLD}


def test_a_figure_that_is_not_known_reads_unknown() -> None:
    figures = density_alert().evaluation | {"change_percent": None}
    description = record_of(density_alert(evaluation=figures))["data"]["annotations"]["description"]
    assert ": unknown %, where" in description


def test_an_alert_about_a_member_names_the_member_in_subject_and_labels() -> None:
    record = record_of(silence_alert())
    assert record["subject"] == "communities/42/members/u7"
    assert record["data"]["labels"]["member_id"] == "u7"
    assert "member_id" not in record_of(density_alert())["data"]["labels"]


def test_the_address_of_the_rule_holds_the_community_quoted() -> None:
    record = record_of(density_alert(community_id="a/b c&d"))
    assert record["data"]["generatorURL"] == (
        "https://pulse.example.org/rules/speech-density-drop?community=a%2Fb%20c%26d"
    )


def test_a_digest_counts_all_and_names_the_first() -> None:
    data = record_of(silence_digest(count=250))["data"]
    assert (data["count"], data["member_ids"]) == (250, ["u3", "u7"])
    assert data["annotations"]["description"] == (
        "Members who fell silent at the close of 2026-11-21: 250."
    )


def test_the_labels_do_not_depend_on_the_figures() -> None:
    other = density_alert(evaluation=density_alert().evaluation | {"value": 3, "late_events": 9})
    for part in ("labels", "fingerprint", "alert_id"):
        assert record_of(other)["data"][part] == record_of(density_alert())["data"][part]


SCHEMAS: dict[type[Output], Any] = {
    Transition: AlertEvent,
    Digest: DigestEvent,
    Snapshot: SnapshotSchema,
}


@pytest.mark.parametrize("kind", SCHEMAS, ids=lambda kind: kind.__name__)
def test_every_record_of_the_shipped_rule_tests_fits_its_published_schema(
    kind: type[Output],
) -> None:
    records = [published(record_of(each)) for each in shipped_outputs() if isinstance(each, kind)]
    assert records
    for record in records:
        SCHEMAS[kind].model_validate(record)


def test_the_shipped_rule_tests_show_every_reason_there_is() -> None:
    reasons = {each.reason for each in shipped_outputs() if isinstance(each, Transition)}
    assert reasons == set(Reason)


def test_a_snapshot_says_every_count_and_every_verdict_of_its_day() -> None:
    snapshot = next(each for each in shipped_outputs() if isinstance(each, Snapshot))
    record = published(record_of(snapshot))
    assert record["verdicts"].keys() <= catalogue().keys()
    assert {"post.created", "share.converted", "members", "silent_members"} <= record[
        "measures"
    ].keys()
    for judgement in record["verdicts"].values():
        assert judgement["verdict"] == judgement["evaluation"]["verdict"]
        assert judgement["verdict"] in set(Verdict)
