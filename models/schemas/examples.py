"""One invented community, as examples of every record: what the schemas show and the tests read."""

from typing import Any, Final

Document = dict[str, Any]

FLAT_EVENT: Final[Document] = {
    "id": "9f2c",
    "type": "reply.created",
    "time": "2026-11-22T12:34:56.789Z",
    "community_id": "42",
    "user_id": "u7",
}
SHARE_EVENT: Final[Document] = {
    "id": "9f2d",
    "type": "share.converted",
    "time": "2026-11-22T20:35:10+08:00",
    "community_id": "42",
    "user_id": "u9",
    "share_id": "s301",
    "inviter_id": "u7",
}
INTERACTION_DATA: Final[Document] = {
    "community_id": "42",
    "user_id": "u7",
    "target_user_id": "u3",
}
STRUCTURED_EVENT: Final[Document] = {
    "specversion": "1.0",
    "id": "9f2c",
    "source": "https://forum.example.org",
    "type": "org.example.community.reply.created.v1",
    "time": "2026-11-22T12:34:56.789Z",
    "datacontenttype": "application/json",
    "data": INTERACTION_DATA,
}

_PAGES: Final = "https://pulse.example.org"
_ENVELOPE: Final[Document] = {
    "specversion": "1.0",
    "source": "/pulse/default",
    "datacontenttype": "application/json",
    "partitionkey": "42",
}
_DENSITY: Final[Document] = {
    "rule": {"id": "speech-density-drop", "version": 1},
    "community_id": "42",
    "member_id": None,
    "severity": "warning",
    "labels": {
        "alertname": "CommunitySpeechDensityDrop",
        "severity": "warning",
        "community_id": "42",
    },
    "fingerprint": "97b20ea9e81132c4",
    "generatorURL": f"{_PAGES}/rules/speech-density-drop?community=42",
    "playbook": {
        "id": "launch-topic-challenge",
        "version": 1,
        "title": "Launch a topic challenge",
        "title_zh": "启动话题挑战赛",
        "url": f"{_PAGES}/playbooks/launch-topic-challenge",
    },
}
_DENSITY_THRESHOLD: Final[Document] = {"drop_percent": 20, "floor": 20, "from": "default"}
_ACTIVATION: Final[Document] = {
    "id": "targeted-activation-plan",
    "version": 1,
    "title": "Targeted activation plan",
    "title_zh": "定向激活计划",
    "url": f"{_PAGES}/playbooks/targeted-activation-plan",
}
_SILENCE: Final[Document] = {
    "rule": {"id": "member-silent", "version": 1},
    "community_id": "42",
    "member_id": "u7",
    "severity": "info",
    "labels": {
        "alertname": "CommunityMemberSilent",
        "severity": "info",
        "community_id": "42",
        "member_id": "u7",
    },
    "fingerprint": "e02f7f4e6b029b10",
    "generatorURL": f"{_PAGES}/rules/member-silent?community=42",
    "playbook": _ACTIVATION,
}
_SILENCE_THRESHOLD: Final[Document] = {"silent_days": 30, "from": "default"}


def _evaluation(verdict: str, value: int, window: list[str], **more: Any) -> Document:
    figures = {"verdict": verdict, "value": value, "window": window}
    return {**figures, "timezone": "UTC", "late_events": 0, **more}


def _alert_event(
    subject: Document, alert_id: str, status: str, time: str, data: Document
) -> Document:
    member = "" if subject["member_id"] is None else f"/members/{subject['member_id']}"
    seq = 1 if status == "firing" else 2
    return {
        **_ENVELOPE,
        "id": f"{alert_id}:{seq}",
        "type": f"pulse.alert.{status}.v1",
        "subject": f"communities/42{member}",
        "time": time,
        "data": {"alert_id": alert_id, "seq": seq, "status": status, **subject, **data},
    }


def _annotations(playbook: str, summary: str, description: str) -> Document:
    address = f"{_PAGES}/playbooks/{playbook}"
    return {"summary": summary, "description": description, "runbook_url": address}


FIRING: Final = _alert_event(
    _DENSITY,
    "60421852e0d49ce2",
    "firing",
    "2026-11-22T01:00:00Z",
    {
        "reason": "threshold",
        "day": "2026-11-21",
        "started_day": "2026-11-21",
        "annotations": _annotations(
            "launch-topic-challenge",
            "Speech in the community fell week over week.",
            "61 posts and replies in the days 2026-11-15 to 2026-11-21, after 80 in the days "
            "2026-11-08 to 2026-11-14: -23.75 %, where a fall of 20 % or more warns.",
        ),
        "startsAt": "2026-11-22T01:00:00Z",
        "endsAt": None,
        "evaluation": _evaluation(
            "FIRE",
            61,
            ["2026-11-15", "2026-11-21"],
            baseline=80,
            baseline_window=["2026-11-08", "2026-11-14"],
            change_percent=-23.75,
            first_day="2025-03-02",
            threshold=_DENSITY_THRESHOLD,
        ),
    },
)
"""A community's alert begins."""

RESOLVED: Final = _alert_event(
    _DENSITY,
    "60421852e0d49ce2",
    "resolved",
    "2026-11-25T01:00:00Z",
    {
        "reason": "recovered",
        "day": "2026-11-24",
        "started_day": "2026-11-21",
        "annotations": _annotations(
            "launch-topic-challenge",
            "Speech in the community fell week over week.",
            "Recovered. 72 posts and replies in the days 2026-11-18 to 2026-11-24, after 75 in the "
            "days 2026-11-11 to 2026-11-17: -4.0 %, where a fall of 20 % or more warns.",
        ),
        "startsAt": "2026-11-22T01:00:00Z",
        "endsAt": "2026-11-25T01:00:00Z",
        "evaluation": _evaluation(
            "OK",
            72,
            ["2026-11-18", "2026-11-24"],
            baseline=75,
            baseline_window=["2026-11-11", "2026-11-17"],
            change_percent=-4.0,
            first_day="2025-03-02",
            threshold=_DENSITY_THRESHOLD,
        ),
    },
)
"""It ends."""

MEMBER_FIRING: Final = _alert_event(
    _SILENCE,
    "bfc8242431d64e77",
    "firing",
    "2026-11-22T01:00:00Z",
    {
        "reason": "threshold",
        "day": "2026-11-21",
        "started_day": "2026-11-21",
        "annotations": _annotations(
            "targeted-activation-plan",
            "A member of the community has fallen silent.",
            "30 whole days without interaction at the close of 2026-11-21, where 30 or more warn; "
            "the last interaction was on 2026-10-22.",
        ),
        "startsAt": "2026-11-22T01:00:00Z",
        "endsAt": None,
        "evaluation": _evaluation(
            "FIRE",
            30,
            ["2026-10-22", "2026-11-21"],
            last_interaction_day="2026-10-22",
            left=False,
            threshold=_SILENCE_THRESHOLD,
        ),
    },
)
"""A member's alert begins."""

MEMBER_RESOLVED: Final = _alert_event(
    _SILENCE,
    "bfc8242431d64e77",
    "resolved",
    "2026-11-24T09:12:30Z",
    {
        "reason": "returned",
        "day": "2026-11-24",
        "started_day": "2026-11-21",
        "annotations": _annotations(
            "targeted-activation-plan",
            "A member of the community has fallen silent.",
            "The member came back on 2026-11-24.",
        ),
        "startsAt": "2026-11-22T01:00:00Z",
        "endsAt": "2026-11-24T09:12:30Z",
        "evaluation": _evaluation(
            "OK",
            0,
            ["2026-11-24", "2026-11-24"],
            last_interaction_day="2026-11-24",
            left=False,
            threshold=_SILENCE_THRESHOLD,
        ),
    },
)
"""The member is back."""

DIGEST: Final[Document] = {
    **_ENVELOPE,
    "id": "92da6d98cf6a5a61:digest",
    "type": "pulse.alert.digest.v1",
    "subject": "communities/42",
    "time": "2026-11-22T01:00:00Z",
    "data": {
        "alert_id": "92da6d98cf6a5a61",
        "rule": {"id": "member-silent", "version": 1},
        "community_id": "42",
        "day": "2026-11-21",
        "count": 2,
        "member_ids": ["u3", "u7"],
        "severity": "info",
        "labels": {
            "alertname": "CommunityMemberSilent",
            "severity": "info",
            "community_id": "42",
        },
        "annotations": _annotations(
            "targeted-activation-plan",
            "Members of the community have fallen silent.",
            "2 members fell silent at the close of 2026-11-21.",
        ),
        "playbook": _ACTIVATION,
    },
}

SNAPSHOT: Final[Document] = {
    "community_id": "42",
    "day": "2026-11-21",
    "closed_at": "2026-11-22T01:00:00Z",
    "timezone": "UTC",
    "first_day": "2025-03-02",
    "measures": {"post.created": 2, "reply.created": 5, "speech_in_window": 61, "members": 118},
    "late_events": 0,
    "verdicts": {
        "speech-density-drop": {"verdict": "FIRE", "evaluation": FIRING["data"]["evaluation"]},
        "member-silent": {
            "verdict": "FIRE",
            "evaluation": {"verdict": "FIRE", "value": 2, "timezone": "UTC"},
        },
    },
}
