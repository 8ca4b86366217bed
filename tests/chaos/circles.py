"""The gate of the members topic: every change of a circle once, and none that did not happen."""

from __future__ import annotations

import json
from collections.abc import Iterable

from tests.noted import noted_change
from tests.oracle.expected import ExpectedChange

Written = Iterable[tuple[bytes, bytes]]
"""Keys and values of the topic, in the order of each partition."""
_Place = tuple[str, str, str]
"""Community, member and day: at one close a member changes once."""


def circle_differences(
    circles: Written, changes: Iterable[ExpectedChange], deviations: list[str]
) -> tuple[list[str], tuple[int, int]]:
    """What differs from the oracle's changes; and how many records are repeats, of how many.

    The topic is compacted, and not written through the outbox: where a worker that was taken for
    dead has left an older circle as the last one of a member, that is a deviation and no fault.
    """
    differences, number = [], 0
    found: dict[_Place, bytes] = {}
    last: dict[bytes, ExpectedChange] = {}
    for key, value in circles:
        number += 1
        change = noted_change(json.loads(value))
        last[key] = change
        if found.setdefault(_place(change), value) != value:
            differences.append(f"circle {_place(change)}: a repeat has other bytes")
    expected = {_place(change): change for change in changes}
    differences += [f"circle {place} is lost" for place in expected.keys() - found.keys()]
    differences += [f"circle {place} is extra" for place in found.keys() - expected.keys()]
    for place in found.keys() & expected.keys():
        change = noted_change(json.loads(found[place]))
        if change != expected[place]:
            differences.append(f"{change}, not {expected[place]}")
    latest = {f"{each.community}|{each.member}".encode(): each for each in expected.values()}
    deviations += [
        f"the last circle of {key.decode()} is that of {last[key].day}"
        for key in sorted(last.keys() & latest.keys())
        if last[key].day != latest[key].day
    ]
    return sorted(differences), (number - len(found), number)


def _place(change: ExpectedChange) -> _Place:
    return change.community, change.member, change.day
