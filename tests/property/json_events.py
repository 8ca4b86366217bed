"""Draws the JSON texts of interaction events: right, nearly right and odd, in every shape."""

from __future__ import annotations

import json

from hypothesis import strategies as st

from models.events import TYPES

Pairs = list[tuple[str, str]]
"""Names and contents of a JSON object, as text: a name may stand twice."""

texts = st.text(max_size=12).map(json.dumps) | st.text(max_size=5).map(
    lambda text: json.dumps(text, ensure_ascii=False)
)
identifiers = (
    texts
    | st.sampled_from(["", "x" * 256, "x" * 257, "社" * 256, "社" * 257]).map(json.dumps)
    | st.just('"\\u0000"')
)
instants = st.sampled_from(
    [
        "2026-11-22T12:34:56.789Z",
        "2026-11-22t12:34:56.7894561z",
        "2026-11-22 12:34:56+05:30",
        "0002-01-02T00:00:00Z",
        "0001-12-31T23:59:59Z",
        "9999-12-27T00:00:00Z",
        "9999-12-27T00:00:00.001Z",
        "2026-11-22T12:34:56",
        "2026-11-22T24:00:00Z",
        "yesterday",
        "",
    ]
).map(json.dumps) | st.datetimes(timezones=st.timezones()).map(lambda m: json.dumps(m.isoformat()))
NUMBERS = [
    "0", "-0", "10", "10.0", "10.000000000000000001", "11", "-1", "1", "1.01", "0.5", "1E1",
    "1e400", "-1e400", "1e-400", "1.7976931348623157e308", "01", "1.", ".5", "+1", "0x1", "1_0",
    "--1",
]  # fmt: skip
numbers = (
    st.sampled_from([*NUMBERS, "9" * 30, "9" * 400])
    | st.floats(-1, 12).map(json.dumps)
    | st.integers().map(str)
)
kinds = st.sampled_from(["person", "bot", "system", "robot", "Person", ""]).map(json.dumps)
UNUSUAL_TYPES = [
    "Post.created", "custom.thing", "post.created.v1", "com.example.post.created", "xheartbeat",
    "a.b.v1", ".v1", "com.example.post.created.v1", "com.example.heartbeat.v1",
]  # fmt: skip
types = st.sampled_from([*TYPES, *UNUSUAL_TYPES, ""]).map(json.dumps)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=3,
).map(json.dumps)
ODD = [
    r'"\ud800"', r'"\ud83d\ude42"', r'"\ude42\ud83d"', r'"\ud83d\u0041"', r'"\x41"', "[1,]",
    "[1_2]", "tru", "nul", '{"a"}', '{"a":1,}', '"', "1e400", "'a'",
]  # fmt: skip
odd = st.sampled_from([*ODD, '"\t"', ""])
FIELDS: dict[str, st.SearchStrategy[str]] = {
    "id": identifiers,
    "type": types,
    "time": instants,
    "community_id": identifiers,
    "user_id": identifiers,
    "actor_kind": kinds,
    "received_at": instants,
    "campaign_id": texts,
    "share_id": texts,
    "inviter_id": texts,
    "target_user_id": texts,
    "amount": numbers,
    "score": numbers,
    "completion": numbers,
}
ENVELOPE: dict[str, st.SearchStrategy[str]] = {
    "specversion": st.sampled_from(["1.0", "0.3", "1", ""]).map(json.dumps),
    "id": identifiers,
    "source": st.sampled_from(["/app", "urn:x", ""]).map(json.dumps),
    "type": types,
    "time": instants,
}
GOOD = {
    "specversion": '"1.0"',
    "id": '"e1"',
    "source": '"/app"',
    "type": '"com.example.reply.created.v1"',
    "time": '"2026-11-22T12:34:56Z"',
    "community_id": '"42"',
}
UNKNOWN = st.sampled_from(["else", "", "source", "data", "specversion", "Id", "\u0000"])


def spoiled(
    draw: st.DrawFn, most: int, fields: dict[str, st.SearchStrategy[str]], *required: str
) -> Pairs:
    """The required fields, with at most `most` of all right, mistyped, absent or twice."""
    pairs = [(name, GOOD[name]) for name in required]
    for _ in range(draw(st.integers(0, most))):
        name = draw(st.sampled_from(list(fields)))
        change = draw(st.sampled_from(["own", "own", "own", "null", "any", "odd", "drop", "twice"]))
        if change != "twice":
            pairs = [pair for pair in pairs if pair[0] != name]
        if change in ("own", "twice"):
            pairs.append((name, draw(fields[name])))
        elif change != "drop":
            content = {"null": st.just("null"), "any": anything, "odd": odd}[change]
            pairs.append((name, draw(content)))
    return draw(st.permutations(pairs))


def with_unknown(draw: st.DrawFn, pairs: Pairs, *without: str) -> Pairs:
    if not draw(st.booleans()):
        return pairs
    name = draw(UNKNOWN.filter(lambda each: each not in without))
    place = draw(st.integers(0, len(pairs)))
    return [*pairs[:place], (name, draw(anything | odd | numbers)), *pairs[place:]]


def object_text(pairs: Pairs) -> str:
    return "{" + ",".join(f"{json.dumps(name)}:{content}" for name, content in pairs) + "}"


@st.composite
def flat_texts(draw: st.DrawFn) -> str:
    pairs = spoiled(draw, 3, FIELDS, "id", "type", "time", "community_id")
    # Without headers an object with both would be tried as a structured event.
    return object_text(with_unknown(draw, pairs, "specversion"))


DATA = {name: own for name, own in FIELDS.items() if name not in ("id", "type")}


@st.composite
def data_texts(draw: st.DrawFn) -> str:
    pairs = spoiled(draw, 2, DATA, "community_id")
    return object_text(with_unknown(draw, pairs)) if draw(st.integers(0, 9)) else draw(anything)


@st.composite
def structured_texts(draw: st.DrawFn) -> str:
    envelope = spoiled(draw, 1, ENVELOPE, "specversion", "id", "source", "type", "time")
    pairs = with_unknown(draw, envelope, "specversion", "source", "data")
    if draw(st.integers(0, 19)):
        pairs.append(("data", draw(data_texts())))
    return object_text(pairs)
