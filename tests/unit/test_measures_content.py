"""The effect of content: what is read of what is viewed, and how often it is shared."""

from __future__ import annotations

from typing import Any

import pytest

from models.alerts import Verdict
from models.days import iso
from models.events import EventType
from models.panes import LATE, WIDE, Figure, Pane, empty_pane
from models.totals import add_up
from rules.measures.content_effect import MEASURE, ContentEffectParameters
from rules.measures.measure import Setting
from tests.builders import day

D = day("2025-06-30")
KNOWN_SINCE = D - 400
PARAMETERS = ContentEffectParameters(floor=100)


def pane(views: int, shares: int = 0, completions: int = 0, hundredths: int = 0) -> Pane:
    counters = empty_pane(WIDE)
    counters[EventType.CONTENT_VIEWED] = views
    counters[EventType.SHARE_CREATED] = shares
    counters[Figure.COMPLETIONS] = completions
    counters[Figure.COMPLETION_HUNDREDTHS] = hundredths
    return counters


def judged(panes: dict[int, Pane], *, first_day: int = KNOWN_SINCE) -> dict[str, Any]:
    setting = Setting(PARAMETERS, "default", "UTC")
    return MEASURE.gather(add_up(panes, D), D, first_day, setting)


ROWS = [
    ("at the floor", judged({D: pane(100)}), Verdict.OK),
    ("below it", judged({D: pane(99)}), Verdict.BELOW_FLOOR),
    ("no views", judged({D: pane(0, shares=9)}), Verdict.NOT_APPLICABLE),
    ("views 27 days ago", judged({D - 27: pane(100)}), Verdict.OK),
    ("views 28 days ago", judged({D - 28: pane(100)}), Verdict.NOT_APPLICABLE),
    ("28 known days", judged({D: pane(100)}, first_day=D - 27), Verdict.OK),
    ("27 known days", judged({D: pane(100)}, first_day=D - 26), Verdict.LEARNING),
    ("unknown before small", judged({D: pane(1)}, first_day=D - 26), Verdict.LEARNING),
]


@pytest.mark.parametrize(
    ("evaluation", "verdict"), [pytest.param(*row[1:], id=row[0]) for row in ROWS]
)
def test_the_verdict_is_read_out_of_the_evaluation(
    evaluation: dict[str, Any], verdict: Verdict
) -> None:
    assert MEASURE.verdict(evaluation) is verdict


def test_both_windows_end_on_the_day_and_hold_their_own_counts() -> None:
    own = {ago: 1 << (ago + 1) for ago in range(-1, 30)}
    panes = {D - ago: pane(count, 2 * count, 4 * count, 100 * count) for ago, count in own.items()}
    week, month = sum(own[ago] for ago in range(7)), sum(own[ago] for ago in range(28))
    evaluation = judged(panes)
    assert evaluation["content"]["week"] == {
        "window": [iso(D - 6), iso(D)],
        "views": week,
        "shares": 2 * week,
        "shares_percent": 200.0,
        "completions": 4 * week,
        "read_percent": 25.0,
    }
    assert evaluation["content"]["month"]["views"] == month
    assert evaluation["content"]["month"]["window"] == [iso(D - 27), iso(D)]
    assert evaluation["value"] == 2 * month


def test_a_view_that_does_not_say_what_was_read_counts_for_the_share_rate_alone() -> None:
    content = judged({D: pane(views=300, shares=20, completions=3, hundredths=200)})["content"]
    assert content["month"]["shares_percent"] == 6.66
    assert content["month"]["read_percent"] == 66.66


def test_of_nothing_there_is_no_rate() -> None:
    content = judged({D: pane(views=0, shares=3)})["content"]["week"]
    assert (content["shares_percent"], content["read_percent"]) == (None, None)


def test_late_events_are_those_of_28_days() -> None:
    panes = {D - ago: empty_pane(WIDE) for ago in (0, 27, 28)}
    for counters in panes.values():
        counters[LATE] = 3
    assert judged(panes)["late_events"] == 6
