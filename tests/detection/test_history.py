from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.days import iso
from models.events import EventType
from models.panes import WIDE, Figure, Pane, empty_pane
from tests.detection.history import History, outside_top_fifth, read_histories
from tests.detection.stories import FIRST_DAY, spoken


def history_of(tmp_path: Path, *events: dict[str, Any]) -> History:
    """The only community in a file of `events`, each with the `place` of its day."""
    lines = [
        {
            "id": str(number),
            "time": f"{iso(FIRST_DAY + event.pop('place', 0))}T12:00:00Z",
            "community_id": "42",
            **event,
        }
        for number, event in enumerate(events)
    ]
    file = tmp_path / "events.ndjson"
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    (history,) = read_histories(str(file))
    return history


def pane(counts: dict[int, int]) -> Pane:
    made = empty_pane(WIDE)
    for index, number in counts.items():
        made[index] = number
    return made


def test_a_day_counts_what_persons_did_on_it(tmp_path: Path) -> None:
    history = history_of(
        tmp_path,
        *[{"type": "post.created", "user_id": "u1"}] * 3,
        {"type": "reply.created", "user_id": "u2"},
        {"type": "reply.created"},
        {"type": "post.created", "user_id": "robot", "actor_kind": "bot"},
        {"type": "share.created", "user_id": "u1"},
        {"type": "share.converted"},
        {"type": "survey.answered", "user_id": "u2", "score": 7.5},
        {"type": "survey.answered", "user_id": "u3", "score": 9},
        {"type": "survey.answered", "user_id": "u4"},
        {"type": "no.such", "user_id": "u9"},
    )
    assert history.days == (
        pane(
            {
                EventType.POST_CREATED: 3,
                EventType.REPLY_CREATED: 2,
                EventType.SHARE_CREATED: 1,
                EventType.SHARE_CONVERTED: 1,
                EventType.SURVEY_ANSWERED: 3,
                Figure.SPEAKERS: 2,
                Figure.SPEECH_OUTSIDE_TOP_FIFTH: 1,
                Figure.SURVEYS: 2,
                Figure.SURVEY_HUNDREDTHS: 1_650,
            }
        ),
    )
    assert history.speech == [5]


@pytest.mark.parametrize(("active", "stayed"), [(6, 0), (7, 1), (10, 1), (14, 1), (15, 0)], ids=str)
def test_who_is_active_again_7_to_14_days_after_joining_has_stayed(
    active: int, stayed: int, tmp_path: Path
) -> None:
    history = history_of(
        tmp_path,
        {"type": "member.joined", "user_id": "u1"},
        {"type": "like.added", "user_id": "u1", "place": active},
        {"type": "post.created", "user_id": "u2", "place": 40},
    )
    joined = [pane[Figure.JOINED_MEMBERS] for pane in history.days]
    assert joined == [1, *[0] * 40]
    assert history.days[0][Figure.JOINED_STAYED] == stayed


def test_days_without_events_are_there_too(tmp_path: Path) -> None:
    history = history_of(tmp_path, {"type": "post.created"}, {"type": "post.created", "place": 2})
    assert history.speech == [1, 0, 1]


def test_before_the_first_day_nothing_happened() -> None:
    history = spoken([1, 2, 3])
    speech = [pane[EventType.POST_CREATED] for pane in history.last_days(FIRST_DAY + 1, 4)]
    assert speech == [0, 0, 1, 2]


@pytest.mark.parametrize(
    ("speech", "outside"),
    [
        pytest.param([], 0, id="nobody"),
        pytest.param([7], 0, id="one is a fifth of one, rounded up"),
        pytest.param([1, 9, 2, 3, 4], 10, id="one of five"),
        pytest.param([1, 9, 2, 3, 4, 5], 10, id="two of six"),
    ],
)
def test_outside_of_the_top_fifth_are_the_less_active(speech: list[int], outside: int) -> None:
    assert outside_top_fifth(speech) == outside
