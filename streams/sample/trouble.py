"""How what is planted in the sample is written down: the community, the story, and its proofs.

Days are numbers of the sample (0 is the first); without a last one, it is the first of them alone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from streams.sample.community import Community, Errand
from streams.sample.incident import Incident, Proof, Status
from streams.sample.instants import local_day


@dataclass(frozen=True, slots=True)
class Trouble:
    """A community in which something is planted, and what must be seen of it."""

    community: Community
    incident: Incident


def trouble(
    name: str,
    story: str,
    community: Community,
    *proofs: Proof,
    rejected: Mapping[str, int] | None = None,
) -> Trouble:
    """Plant an incident of that name in the community."""
    return Trouble(community, Incident(name, story, community.id, proofs, dict(rejected or {})))


def fires(rule: str, first: int, last: int | None = None) -> Proof:
    """An alert about the community begins on one of these days."""
    return Proof(rule, "firing", _days(first, last), "threshold")


def recovers(rule: str, first: int, last: int | None = None) -> Proof:
    """It ends on one of these days, because the community is as before."""
    return Proof(rule, "resolved", _days(first, last), "recovered")


def of_each(
    rule: str,
    status: Status,
    reason: str,
    members: Collection[str],
    first: int,
    last: int | None = None,
    *,
    case: str | None = None,
) -> Proof:
    """On one of these days something is said of each of these members, and of no other."""
    number, days = len(members), _days(first, last)
    return Proof(rule, status, days, reason, number, number, frozenset(members), case=case)


def digest_of(rule: str, number: int, day: int) -> Proof:
    """A digest of the day counts so many members."""
    return Proof(rule, "digest", _days(day, None), member_count=number)


def _days(first: int, last: int | None) -> tuple[str, str]:
    return local_day(first), local_day(first if last is None else last)


def by_day(planned: Iterable[tuple[int, Errand]]) -> dict[int, tuple[Errand, ...]]:
    """Put errands that are planned for a day, in their order, on it."""
    errands: dict[int, tuple[Errand, ...]] = {}
    for day, errand in planned:
        errands[day] = (*errands.get(day, ()), errand)
    return errands
