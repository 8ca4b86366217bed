"""A record explains itself: whole ones match, and each kind of damage is named."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Digest, Transition
from rules.explain import explain
from tests.builders import (
    catalogue,
    catalogue_with,
    density_alert,
    published,
    record_of,
    shipped_outputs,
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
    SWITCHED_OFF,
    Record,
    complaint,
    sentence,
)
from tests.schemas.changes import REMOVED, changed


def test_every_record_of_the_shipped_rule_tests_matches() -> None:
    alerts = [each for each in shipped_outputs() if isinstance(each, Transition | Digest)]
    assert len(alerts) > 100
    for output in alerts:
        sentence(record_of(output))
        sentence(published(record_of(output)))


def test_an_alert_of_a_rule_that_was_switched_off_ended_without_a_verdict() -> None:
    said = sentence(SWITCHED_OFF)
    assert said.startswith("NOT_APPLICABLE: the alert ended after 28 closes without a verdict. ")
    assert "The figures say FIRE" in complaint(
        changed(SWITCHED_OFF, "data/evaluation/enabled", REMOVED)
    )


SENTENCES = [
    (
        DENSITY,
        (
            "FIRE: 61 posts and replies in the days 2026-11-15 to 2026-11-21, after 80 in the days "
            "2026-11-08 to 2026-11-14: -23.75 %, where a fall of 20 % or more warns."
        ),
    ),
    (
        RECOVERED,
        (
            "OK: the alert ended. 72 posts and replies in the days 2026-11-18 to 2026-11-24, "
            "after 75 in the days 2026-11-11 to 2026-11-17: -4.0 %, where a fall of 20 % or more "
            "warns."
        ),
    ),
    (
        SILENCE,
        (
            "FIRE: 30 whole days without interaction at the close of 2026-11-21, where 30 or more "
            "warn; the last interaction was on 2026-10-22."
        ),
    ),
    (
        STALLED,
        (
            "FIRE: 0 purchases in the 7 days 2026-11-15 to 2026-11-21, after 12 in the 28 days "
            "2026-10-18 to 2026-11-14; none at all warns where there were some before."
        ),
    ),
    (
        RATE,
        (
            "FIRE: 5 share conversions of 210 shares in the days 2026-11-15 to 2026-11-21: 2.38 %, "
            "where less than 3 % of 100 shares or more warns; shares in the days 2026-10-25 to "
            "2026-11-21: 800."
        ),
    ),
    (RETURNED, "OK: the alert ended because member u7 interacted on 2026-11-24."),
    (
        LATE_DATA,
        (
            "OK: the alert ended because an interaction of member u7 on 2026-11-20 arrived late; "
            "the silence had been shorter."
        ),
    ),
    (LEFT, "NOT_APPLICABLE: the alert ended because member u7 left on 2026-11-24."),
    (DIGEST, "2 members fell silent at the close of 2026-11-21."),
]


@pytest.mark.parametrize(("record", "said"), SENTENCES)
def test_a_record_that_matches_is_explained_in_one_sentence(record: Record, said: str) -> None:
    assert sentence(record) == said


WITH_CASES = catalogue_with(
    "speech-density-drop", playbook_cases={"first": "recall-gift-pack", "second": "free-upgrade"}
)
SECOND = published(
    record_of(density_alert(evaluation=density_alert().evaluation | {"case": "second"}), WITH_CASES)
)


def test_a_record_of_a_case_matches_and_is_of_the_playbook_of_that_case() -> None:
    assert SECOND["data"]["playbook"]["id"] == "free-upgrade"
    assert explain(SECOND, WITH_CASES).matches


CASES = [
    ("another case", "data/evaluation/case", "first", "'recall-gift-pack'"),
    ("a case that is not listed", "data/evaluation/case", "third", "'launch-topic-challenge'"),
    ("no case", "data/evaluation/case", REMOVED, "'launch-topic-challenge'"),
    ("a case that is no name", "data/evaluation/case", ["second"], "'launch-topic-challenge'"),
]


@pytest.mark.parametrize(
    ("path", "value", "book"), [pytest.param(*row[1:], id=row[0]) for row in CASES]
)
def test_the_case_must_ask_for_the_playbook(path: str, value: Any, book: str) -> None:
    explanation = explain(changed(SECOND, path, value), WITH_CASES)
    assert not explanation.matches
    assert f"`playbook.id` is 'free-upgrade', but the rest says {book}." in explanation.sentence


def test_a_record_of_another_version_of_its_rule_may_name_another_playbook() -> None:
    assert explain(changed(SECOND, "data/rule/version", 2), catalogue()).matches


def test_of_a_rule_that_only_reports_no_record_can_exist() -> None:
    known = catalogue_with("speech-density-drop", alertname=None, reports_only=True)
    assert explain(DENSITY, known) == (
        False,
        "The rule 'speech-density-drop' only reports: no alert of it can exist.",
    )
