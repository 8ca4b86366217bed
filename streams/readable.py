"""Alert records as lines for people."""

from collections.abc import Mapping
from typing import Any, Final
from unicodedata import category

from rules.catalogue import Catalogue

Record = Mapping[str, Any]

FIRST_STEPS: Final = 2

_MARKS: Final = {"firing": "FIRING  ", "resolved": "resolved", "digest": "digest  "}

_COMMANDS: Final = frozenset({"Cc", "Zl", "Zp"})


def kind_of(record: Record) -> str:
    """Return `firing`, `resolved` or `digest`."""
    return str(record["type"]).removeprefix("pulse.alert.").removesuffix(".v1")


def line_of(record: Record) -> str:
    """Return one line: when, what, whom it is about, why."""
    data = record["data"]
    kind = kind_of(record)
    subject = data["community_id"]
    if data.get("member_id"):
        subject += f" / {data['member_id']}"
    text = data["annotations"]["description"]
    time = record["time"].replace("T", " ").replace("Z", "")
    line = f"{time}  {_MARKS.get(kind, kind)}  {data['rule']['id']}  {subject}  {text}"
    return in_one_line(line)


def in_one_line(text: str) -> str:
    """Write what would end the line, or command a terminal, as an escape: ids may hold anything."""
    return "".join(
        char.encode("unicode_escape").decode() if category(char) in _COMMANDS else char
        for char in text
    )


def steps_of(record: Record, catalogue: Catalogue, number: int = FIRST_STEPS) -> list[str]:
    """Return the playbook's title and its first steps, a line each; nothing once it is over."""
    if kind_of(record) == "resolved":
        return []
    data = record["data"]
    rule = catalogue.get(data["rule"]["id"])
    if rule is None:
        return []
    book = rule.playbook_for(data.get("evaluation", {}))
    steps = [f"    {index}. {step}" for index, step in enumerate(book.steps[:number], 1)]
    return [f"    → {book.title} {book.title_zh} ({book.owner})", *steps]
