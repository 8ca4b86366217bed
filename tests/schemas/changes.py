"""One change to a good record: what the tests spoil, and how they say where."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

REMOVED = object()


def changed(document: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy in which `value` stands at `path` (`data/labels/severity`), or nothing if REMOVED."""
    copy = deepcopy(document)
    *parents, last = path.split("/")
    part = copy
    for name in parents:
        part = part[name]
    if value is REMOVED:
        del part[last]
    else:
        part[last] = value
    return copy
