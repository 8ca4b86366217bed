"""What a review reads out of evaluations: the index, and counts that stand nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Verdict
from rules.review.judgements import index_of, more_measures
from tests.reviewed import D, judged

INDEX_EVALUATION: dict[str, Any] = {
    "index": 61.256,
    "components": {
        "speech_density": {"score": 50.0, "contribution": 30.0, "pull": 30.0},
        "reply_rate": {"score": 90.0, "contribution": 31.256, "pull": 3.5},
        "newcomers_who_stay": {
            "recent": [[2, 4]], "score": 100.0, "contribution": 5.25, "pull": 0.0
        },
        "satisfaction": {"recent": [None], "score": None, "contribution": None, "pull": None},
    },
}  # fmt: skip


def test_the_index_is_read_as_it_was_judged_last_with_its_parts() -> None:
    days = [
        judged(D - 1, {}, {"health-index-falling": Verdict.FIRE},
               {"health-index-falling": INDEX_EVALUATION}),
        judged(D, {}),
    ]  # fmt: skip
    index = index_of(days)
    assert index is not None
    assert (index.day, index.verdict, index.value) == (D - 1, Verdict.FIRE, 6_126)
    assert index.pulled_most == ("speech_density", "reply_rate")
    assert index.missing == ("satisfaction",)


def test_without_its_rule_there_is_no_index() -> None:
    assert index_of([judged(D, {"post.created": 1})]) is None


@pytest.mark.parametrize(
    ("evaluations", "expected"),
    [
        ({}, {}),
        ({"member-silent": {"value": 3}}, {"newly_silent": 3}),
        ({"member-churn": {"value": 0}}, {"churn_told": 0}),
        (
            {"health-index-falling": INDEX_EVALUATION},
            {"health_index": 6_126, "newcomers_who_stay.counted": 2, "newcomers_who_stay.cases": 4},
        ),
        (
            {"health-index-falling": {"index": None, "components": {"newcomers_who_stay": {}}}},
            {
                "health_index": None,
                "newcomers_who_stay.counted": None,
                "newcomers_who_stay.cases": None,
            },
        ),
    ],
    ids=["off", "silence", "churn", "index", "index not known"],
)
def test_counts_that_stand_in_evaluations_only_become_measures(
    evaluations: dict[str, Any], expected: dict[str, int | None]
) -> None:
    assert more_measures(evaluations) == expected
