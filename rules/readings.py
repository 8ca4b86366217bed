"""Reads fields out of a record that may be anything; whatever is wrong is a `MismatchError`."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

from models.days import day_from_iso

Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)


class MismatchError(Exception):
    """The record contradicts itself, or cannot be read; the message is the sentence."""


def field(holder: Mapping[str, Any], path: str, kind: type[Value]) -> Value:
    """Return what stands at `path` (names joined by dots) and is of the kind."""
    content: Any = holder
    for name in path.split("."):
        if not isinstance(content, Mapping) or name not in content:
            raise MismatchError(f"`{path}` is missing.")
        content = content[name]
    if not isinstance(content, kind) or (isinstance(content, bool) and kind is not bool):
        raise MismatchError(f"`{path}` is of the wrong kind: {str(content)[:80]!r}.")
    return content


def day_at(data: Mapping[str, Any], name: str) -> str:
    """Return the day that stands under `name`, as it is written."""
    text = field(data, name, str)
    try:
        day_from_iso(text)
    except ValueError:
        raise MismatchError(f"`{name}` is no day: {text[:80]!r}.") from None
    return text


def one_of(words: type[Word], text: str, name: str) -> Word:
    """Return the word that `text` is, out of a closed list."""
    try:
        return words(text)
    except ValueError:
        raise MismatchError(f"`{name}` is none that Pulse knows: {text[:80]!r}.") from None


def equal(name: str, stated: object, expected: object) -> None:
    """See that what is stated under `name` is what the rest of the record says."""
    agree(stated == expected, f"`{name}` is {stated!r}, but the rest says {expected!r}")


def agree(holds: bool, problem: str) -> None:
    """See that something holds; `problem` says what is wrong else."""
    if not holds:
        raise MismatchError(f"The record contradicts itself: {problem}.")
