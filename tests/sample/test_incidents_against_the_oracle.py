"""Each planted incident raises what it says under the shipped rules, and would not without them.

The second opinion on the contract, `tests/oracle`, judges the lines; where it is given lines or
settings as a careless reader would see them, `check` must notice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import cache
from itertools import count
from typing import Any

import pytest

from streams.sample import Incident, check, sample
from tests.oracle.oracle import judge

INCIDENTS = {incident.name: incident for incident in sample().incidents}


@cache
def all_lines() -> tuple[bytes, ...]:
    return tuple(sample(scale=0.0).lines)


@cache
def lines_of(community_id: str) -> tuple[bytes, ...]:
    name = f'"community_id":"{community_id}"'.encode()
    return tuple(line for line in all_lines() if name in line)


def judged(
    incident: Incident,
    change: Callable[[bytes], bytes] = bytes,
    settings: Mapping[str, Any] | None = None,
) -> tuple[bool, str]:
    lines = [change(line) for line in lines_of(incident.community_id)]
    configuration = {**sample().configuration, **(settings or {})}
    alerts = [
        {
            "id": f"{each.id}:{each.seq}",
            "type": f"pulse.alert.{each.kind}.v1",
            "data": {
                "rule": {"id": each.rule},
                "community_id": each.community,
                "member_id": each.member,
                "day": each.day,
                "reason": each.reason,
                "count": each.count,
                "evaluation": {"case": each.case},
            },
        }
        for each in judge(lines, configuration)
    ]
    finding = check([incident], (), alerts)[0]
    return finding.ok, finding.sentence


@pytest.mark.parametrize("name", INCIDENTS)
def test_the_incident_raises_exactly_what_it_should(name: str) -> None:
    ok, sentence = judged(INCIDENTS[name])
    assert ok, sentence


def without(fragment: bytes) -> Callable[[bytes], bytes]:
    return lambda line: line.replace(fragment, b"")


def votes_as_tasks(line: bytes) -> bytes:
    return line.replace(b'"campaign.joined"', b'"task.completed"')


def answered(line: bytes) -> bytes:
    return line.replace(b"post.created", b"reply.created")


def mended() -> Callable[[bytes], bytes]:
    """A reader that guesses what a spoiled conversion was to say."""
    number = count()
    latest = "2025-01-06T00:00:00Z"

    def mend(line: bytes) -> bytes:
        nonlocal latest
        try:
            event = json.loads(line)
        except ValueError:
            return line
        if b"spoiled" not in line:
            latest = event.get("time", latest)
            return line
        guess = {"id": f"guess-{next(number)}", "type": "share.converted", "time": latest}
        fields = event.get("data", event)
        return json.dumps({"community_id": fields["community_id"], **guess}).encode()

    return mend


@pytest.mark.parametrize(
    ("name", "change", "settings"),
    [
        ("bot storm", without(b',"actor_kind":"bot"'), None),
        ("fall hidden by bots", without(b',"actor_kind":"bot"'), None),
        ("duplicates", bytes, {"time": {"dedupe": "0s"}}),
        ("bad records", mended(), None),
        ("stalled transactions", bytes, {"rules": {}}),
        ("shares in vain", bytes, {"rules": {}}),
        ("shares in vain", bytes, {"communities": {}}),
        ("invitations in vain", without(b',"inviter_id":"t31-m'), None),
        ("few voices", lambda line: line.replace(b"content.viewed", b"content.passed"), None),
        (
            "strangers on the list",
            lambda line: line.replace(b"member.left", b"member.parted"),
            None,
        ),
        ("worn-out campaign", bytes, {"rules": {}}),
        ("worn-out campaign", lambda line: line.replace(b"a-page-a-day", b"season-1"), None),
        ("cold start without a vote", bytes, {"communities": {}}),
        ("cold start without a vote", votes_as_tasks, None),
        ("falling health", bytes, {"rules": {}}),
        ("falling health", without(b',"user_id"'), None),
        ("falling health", answered, None),
        ("shrinking core circle", bytes, {"rules": {}}),
        ("shrinking core circle", without(b',"user_id"'), None),
        ("four causes", bytes, {"communities": {}}),
        ("four causes", lambda line: line.replace(b"content.viewed", b"heartbeat"), None),
        ("four causes", without(b"target_user_id"), None),
        ("late backlog", lambda line: line.split(b',"received_at"')[0] + b"}", None),
    ],
    ids=[
        "counts bots",
        "is fooled by bots",
        "counts repeats",
        "guesses",
        "leaves transactions off",
        "leaves the rate off",
        "takes a small community for a large one",
        "does not see who invited",
        "does not see who views",
        "does not see who leaves",
        "leaves campaigns off",
        "takes one campaign for another",
        "does not know that a community is new",
        "takes votes for tasks",
        "leaves the health index off",
        "does not see who speaks",
        "takes every post for a reply",
        "leaves the core circle off",
        "does not see who carries the place",
        "does not ask why",
        "does not see who reads",
        "does not see who is answered",
        "takes a backlog for punctual",
    ],
)
def test_a_reader_that_is_careless_fails_the_check(
    name: str, change: Callable[[bytes], bytes], settings: Mapping[str, Any] | None
) -> None:
    ok, _ = judged(INCIDENTS[name], change, settings)
    assert not ok
