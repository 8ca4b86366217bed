"""Builds what reviews are made of: judged days, and the event log of a small community."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from models.alerts import Verdict
from rules.review.history import History, JudgedDay
from rules.review.outlook import Expected
from tests.builders import day

D = day("2026-06-28")
"""The last judged day of every story here."""


def judged(
    number: int,
    measures: Mapping[str, int | None],
    verdicts: Mapping[str, Verdict] | None = None,
    evaluations: Mapping[str, Mapping[str, Any]] | None = None,
) -> JudgedDay:
    said = dict(verdicts or {})
    return JudgedDay(number, measures, said, {name: {} for name in said} | dict(evaluations or {}))


def history(days: Sequence[JudgedDay]) -> History:
    return History("42", "UTC", days[0].day, days)


def told(values: Sequence[int], **more: int | None) -> History:
    """A community that wrote so many posts on each day up to D, and no reply."""
    first = D - len(values) + 1
    return history(
        [
            judged(first + number, {"post.created": value, "reply.created": 0, **more})
            for number, value in enumerate(values)
        ]
    )


def same_again(weeks: Sequence[int]) -> list[Expected]:
    """A model that expects every week to be as the last one, more or less ten."""
    return [Expected(weeks[-1], weeks[-1] - 10, weeks[-1] + 10)] * 4


def event_log(community: str, days: int, posts: Sequence[int]) -> list[bytes]:
    """A community from 2026-01-05 on: `posts` says how many each day of a week has, over and over.

    Each post is answered, by one of five members.
    """
    begin = datetime(2026, 1, 5, 9, tzinfo=UTC)
    lines = []
    for number in range(days):
        for post in range(posts[number % len(posts)]):
            for kind in ("post.created", "reply.created"):
                time = begin + timedelta(days=number, minutes=2 * post + (kind != "post.created"))
                event = {
                    "id": f"{community}-{number}-{post}-{kind}",
                    "type": kind,
                    "time": time.isoformat(),
                    "community_id": community,
                    "user_id": f"u{(number + post) % 5}",
                }
                lines.append((event["time"], json.dumps(event).encode()))
    return [line for _, line in sorted(lines)]
