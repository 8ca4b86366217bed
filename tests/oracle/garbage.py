"""Lines that are no interaction events: each must be rejected, and move no clock."""

from __future__ import annotations

import json
import random
from typing import Any

FAR = "2031-01-01T00:00:00Z"
GOOD: dict[str, Any] = {
    "id": "garbage",
    "type": "post.created",
    "time": FAR,
    "community_id": "42",
    "user_id": "u1",
}
CLOUD_EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "garbage",
    "source": "/app",
    "type": "com.example.post.created.v1",
    "time": FAR,
    "data": {"community_id": "42"},
}
NOT_AN_OBJECT = [
    b"[]", b"{", b'"x"', b"NaN", b"null", b"17", b"\x00", b"\xff\xfe", b"{}", b"not json",
    b"\xef\xbb\xbf{}", b'{"id": 1}', b'{"a": 1}{"b": 2}', b"[{}]",
]  # fmt: skip
SPOILED: dict[str, list[Any]] = {
    "id": ["", 7, None, "i" * 257, ["x"]],
    "type": [None, 3, ["post.created"]],
    "community_id": ["", 7, None, "c" * 257, "社" * 257],
    "user_id": [7, ["u1"], True],
    "actor_kind": ["robot", 1, "Person", ""],
    "time": [
        "yesterday", None, 1767225600, "", "2031-01-01", "2031-01-01T00:00:00",
        "2031-02-30T00:00:00Z", "2031-01-01T24:00:00Z", "2031-01-01T00:60:00Z",
        "2031-01-01T00:00:00+0100", "2031-01-01T00:00Z", "20310101T000000Z",
        "2031-01-01T00:00:00.Z", "2031-01-01T00:00:00,5Z", " 2031-01-01T00:00:00Z",
        "2031-W01-1T00:00:00Z", "2031-01-01T00:00:00+24:00", "2031-01-01T00:00:00+01:60",
    ],
    "received_at": ["soon", 1767225600, "", "2031-01-01T00:00:00", "2031-01-01T00:00:00+0100"],
    "amount": ["12", True, {}],
    "score": [10.5, -1, "5", False],
    "completion": [1.01, -0.1, "1", True],
    "campaign_id": [5],
    "share_id": [5],
    "inviter_id": [[]],
    "target_user_id": [{"id": "u1"}],
}  # fmt: skip
SPOILED_CLOUD_EVENT: dict[str, list[Any]] = {
    "id": [None, "", 7],
    "source": [None, "", 5],
    "type": [None, 7],
    "time": [None, "2031-01-01T00:00:00"],
    "data": [None, "x", [], {}, {"community_id": 7}, {"community_id": "42", "score": 11}],
    "specversion": ["0.3", 1.0, None],
}
BAD_UTF_8 = [b"\xff", b"\xc3\x28", b"\xed\xa0\x80", b"\xc0\x80"]


def garbage_line(dice: random.Random) -> bytes:
    """One line that must be rejected. Those that have a time are far ahead of every history."""
    return dice.choice([_not_an_object, _bad_utf_8, _too_large, _lacking, _cut, *3 * [_spoiled]])(
        dice
    )


def _not_an_object(dice: random.Random) -> bytes:
    return dice.choice(NOT_AN_OBJECT)


def _bad_utf_8(dice: random.Random) -> bytes:
    line = _text({**GOOD, dice.choice(["user_id", "note", "target_user_id"]): "here"})
    return line.replace(b"here", dice.choice(BAD_UTF_8))


def _too_large(dice: random.Random) -> bytes:
    too_much = dice.choice([65_537, 65_538, 70_000])
    return _text({**GOOD, "note": "x" * (too_much - len(_text({**GOOD, "note": ""})))})


def _lacking(dice: random.Random) -> bytes:
    field = dice.choice(["id", "type", "time", "community_id"])
    return _text({name: value for name, value in GOOD.items() if name != field})


def _cut(dice: random.Random) -> bytes:
    line = _text(GOOD)
    return line[: dice.randrange(1, len(line))]


def _spoiled(dice: random.Random) -> bytes:
    flat = dice.random() < 0.7
    good, values = (GOOD, SPOILED) if flat else (CLOUD_EVENT, SPOILED_CLOUD_EVENT)
    field = dice.choice(list(values))
    return _text({**good, field: dice.choice(values[field])})


def _text(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode("utf-8")
