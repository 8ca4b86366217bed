"""What `pulse alerts tail` prints: one line a record, whatever the record holds."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.subscribe import Received
from streams.tail import line_for

ALERT: dict[str, Any] = {
    "type": "pulse.alert.firing.v1",
    "time": "2025-02-12T01:00:00Z",
    "data": {
        "rule": {"id": "member-silent"},
        "community_id": "book-club",
        "member_id": "u7",
        "annotations": {"description": "30 whole days without interaction."},
    },
}
LINE = (
    "2025-02-12 01:00:00  FIRING    member-silent  book-club / u7  "
    "30 whole days without interaction."
)


def shown(value: bytes, *, raw: bool = False) -> str:
    return line_for(Received("community.alerts.v1", value), raw=raw)


def test_an_alert_is_one_readable_line() -> None:
    assert shown(json.dumps(ALERT).encode()) == LINE


def test_an_id_that_would_end_the_line_or_command_the_terminal_is_escaped() -> None:
    data = ALERT["data"] | {"community_id": "book\nclub", "member_id": "\x1b[2Ju7\u2028读"}
    line = shown(json.dumps(ALERT | {"data": data}).encode())
    assert line == LINE.replace("book-club / u7", r"book\nclub / \x1b[2Ju7\u2028读")


@pytest.mark.parametrize("value", [b"no JSON", b"[]", b"{}", b'{"data":1}', b'"', b"\xff\n"])
def test_what_others_wrote_to_the_topic_is_shown_and_ends_nothing(value: bytes) -> None:
    text = value.decode(errors="replace")
    assert shown(value) == f"community.alerts.v1 holds no alert record but {text!r}"


def test_records_may_be_had_as_they_are() -> None:
    assert shown(b"no JSON", raw=True) == "no JSON"
