"""Rows of a rule test become events, in the order in which they arrive."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from models.days import iso
from models.events import Arrived, Event
from models.instants import SECOND, format_instant
from rules.ruletest.document import EventRow, EventsOfDays, SingleEvent

Zones = Callable[[str], str]
"""The name of the time zone of a community."""


class NoSuchTimeError(ValueError):
    """A local time that a day does not have, because the clocks skip it."""


def expand(rows: Iterable[EventRow], zone_of: Zones) -> list[Arrived]:
    """Return the events of all rows by arrival; those that arrive together keep their order.

    NoSuchTimeError where a row means a local time that does not exist.
    """
    arrived = [event for number, row in enumerate(rows) for event in _expand(row, number, zone_of)]
    return sorted(arrived, key=lambda record: record[0])


def _expand(row: EventRow, number: int, zone_of: Zones) -> Iterator[Arrived]:
    if isinstance(row, SingleEvent):
        yield _event(row, row.id or f"{number}", row.time, row.user_id)
        return
    zone = ZoneInfo(zone_of(row.community))
    for day in range(row.day, row.last_day + 1):
        moment = _local_instant(day, row.at, zone)
        for turn in range(row.per_day):
            user_id = row.users[turn % len(row.users)] if row.users else None
            yield _event(row, f"{number}/{iso(day)}/{turn}", moment, user_id)


def _event(
    row: EventsOfDays | SingleEvent, identity: str, moment: int, user_id: str | None
) -> Arrived:
    event = Event(
        id=identity,
        type=row.type,
        time=format_instant(moment),
        community_id=row.community,
        user_id=user_id,
        actor_kind=row.actor_kind,
        campaign_id=row.campaign_id,
        inviter_id=row.inviter_id,
        target_user_id=row.target_user_id,
        amount=row.amount,
        score=row.score,
        completion=row.completion,
    )
    arrival = moment if row.received_at is None else row.received_at
    return arrival, moment, event


def _local_instant(day: int, minute: int, zone: ZoneInfo) -> int:
    """Return the instant (milliseconds) of a local time; the first, where it comes twice."""
    local = datetime.combine(date.fromordinal(day), time(minute // 60, minute % 60), tzinfo=zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise NoSuchTimeError(f"{local:%H:%M} does not exist on {iso(day)} in {zone.key}")
    seconds = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    return seconds * SECOND
