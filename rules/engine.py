"""The engine: records in, state moved on, effects out. The worker and `pulse replay` share it.

Law 1 (contract, section 3): the result is a function of the records of a partition in order, and
of the configuration. So a fold looks at nothing else, and where a batch ends makes no difference.
"""

from collections.abc import Iterable
from typing import Final

from models import members as packed
from models.alerts import Phase, Transition
from models.events import (
    AHEAD_TOLERANCE,
    LAST_INTERACTION,
    NUMBERS,
    TYPES,
    Arrived,
    Event,
    EventType,
)
from rules.bookkeeping import keep, settle
from rules.churn import come_back, look_again, welcome_back
from rules.close import close_due_days
from rules.effects import UNKNOWN_TYPE, Effects, Outcome, Tally
from rules.lifecycle import Signal, step
from rules.policy import LATE_DAYS
from rules.state import Community, Partition
from rules.traces import give_back

# Plain ints: an enum's members multiply, add and compare several times slower.
_OUTCOMES: Final = len(Outcome)
_APPLIED, _LATE, _DROPPED, _DUPLICATE, _SKIPPED = (int(outcome) for outcome in Outcome)
_LAST_INTERACTION: Final = int(LAST_INTERACTION)
_LEAVE: Final = int(EventType.MEMBER_LEFT)
_DAY: Final = packed.DAY
_DAY_OR_LEFT: Final = packed.DAY_OR_LEFT
_REST: Final = packed.REST
_SCHEDULED: Final = packed.SCHEDULED
_PERSONS: Final = (None, "person")
_NEVER: Final = 1 << 62


def fold(
    partition: Partition,
    records: Iterable[Arrived],
    *,
    limit: int | None = None,
    tally: Tally | None = None,
    room: int | None = None,
) -> Effects:
    """Apply `records` in order; return what they caused, in the order of the causes.

    Before a record is applied, every day whose close is at or before the clock is closed.
    `limit` (milliseconds) bounds how far a record may move the clock: under `clock: wall` five
    minutes beyond the wall clock, else nothing. Counts go to `tally` where one is given.

    Where the outputs reach `room`, the fold stops at the next close (`Effects.stopped`): some of
    the closes that are due before a record are done, and neither that record nor those behind it
    are applied. To fold them, from that record on, gives what one fold would have given.
    """
    effects = _effects(tally, room)
    partition.prune()
    _apply_all(partition, records, _NEVER if limit is None else limit, effects)
    return effects


def _apply_all(  # noqa: C901, PLR0912 (calls would cost as much as what they do)
    partition: Partition, records: Iterable[Arrived], latest: int, effects: Effects
) -> None:
    """The loop over all events: what most of them need stands here, the rest in calls.

    The clock moves after its closes: who goes on after a crash must find those left still due.
    """
    counts, clock, due = effects.tally.events, partition.clock, partition.due
    communities, seen, horizon = partition.communities, partition.seen, partition.policies.dedupe
    for arrival, time, event in records:
        if arrival > clock and latest > clock:
            clock = arrival if arrival < latest else latest  # noqa: FURB136 (a call costs more)
            if due and due[0][0] <= clock:
                close_due_days(partition, clock, effects)
                if effects.stopped:
                    break
            partition.clock = clock
        kind = NUMBERS.get(event.type)
        if kind is None:
            counts[UNKNOWN_TYPE * _OUTCOMES + _SKIPPED] += 1
            continue
        identity = event.id if type(event) is Event else event.identity
        before = seen.get(identity)
        if before is None:
            seen[identity] = arrival
        else:
            seen[identity] = max(before, arrival)
            if clock - before <= horizon:
                counts[kind * _OUTCOMES + _DUPLICATE] += 1
                continue
        community = communities.get(event.community_id)
        if (
            community is None
            or not community.open_from <= time < community.open_until
            or event.actor_kind not in _PERSONS
            or time > arrival + AHEAD_TOLERANCE
        ):
            counts[kind * _OUTCOMES + _apply(partition, kind, event, arrival, time, effects)] += 1
            continue
        counts[kind * _OUTCOMES + _APPLIED] += 1
        community.today_pane[kind] += 1
        if community.ledger is not None:
            community.ledger.fresh.keep(kind, event)
        if not community.is_noted:
            community.is_noted = True
            partition.note(community, community.today)
        user_id = event.user_id
        if user_id and kind <= _LAST_INTERACTION:
            day, member = community.today, community.members.get(user_id, 0)
            if day <= member & _DAY_OR_LEFT <= _DAY:  # `is_settled`: not the first of the day
                continue
            if member & _REST == _SCHEDULED:  # `is_at_rest`
                community.store(user_id, member & ~_DAY | day)
            else:
                _interact(partition, community, user_id, day, arrival, effects)
        elif user_id and kind == _LEAVE:
            _leave(partition, community, user_id, community.today, arrival, effects)


def tick(
    partition: Partition, instant: int, *, tally: Tally | None = None, room: int | None = None
) -> Effects:
    """Move the clock on without a record, and close what is due by then.

    Where the outputs reach `room`, it stops before the next close, with the clock not yet moved.
    """
    effects = _effects(tally, room)
    if instant > partition.clock:
        close_due_days(partition, instant, effects)
        if not effects.stopped:
            partition.clock = instant
    return effects


def _effects(tally: Tally | None, room: int | None) -> Effects:
    return Effects(room=room) if tally is None else Effects(tally=tally, room=room)


def remember(partition: Partition, records: Iterable[Arrived]) -> None:
    """Remember that `records` were seen, without applying them: they were, before a restart."""
    for arrival, _, event in records:
        if event.type in TYPES:
            before = partition.seen.get(event.identity, arrival)
            partition.seen[event.identity] = max(before, arrival)


def _apply(
    partition: Partition, kind: int, event: Event, arrival: int, time: int, effects: Effects
) -> int:
    """Count one event on whatever day it falls, and look at its member; return the outcome."""
    if time > arrival + AHEAD_TOLERANCE:
        time = arrival
        effects.tally.ahead += 1
    span = partition.policies.of(event.community_id).calendar.span_of(time)
    day = span[0]
    community = partition.find(event.community_id) or partition.begin(event.community_id, day)
    outcome = _APPLIED
    if day < community.next_day:
        outcome = _LATE if day >= community.next_day - LATE_DAYS else _DROPPED
    # What waits of today comes before this event, in the ledger too.
    settle(community)
    if event.actor_kind in _PERSONS:
        if outcome != _DROPPED:
            _count(partition, community, kind, span, outcome)
        user_id = event.user_id if kind <= _LAST_INTERACTION else None
        if user_id and not packed.is_settled(community.members.get(user_id, 0), day):
            _interact(partition, community, user_id, day, arrival, effects)
            if outcome == _DROPPED:
                look_again(community, user_id, day)
        if outcome != _DROPPED:
            keep(community, day, kind, event)
    if kind == _LEAVE and event.user_id:
        _leave(partition, community, event.user_id, day, arrival, effects)
    return outcome


def _count(
    partition: Partition, community: Community, kind: int, span: tuple[int, int, int], outcome: int
) -> None:
    """Count an event in the pane of its day, `span`; what else falls on a day that is open, too."""
    partition.note(community, span[0])
    if outcome == _LATE:
        community.count_late(span[0], kind)
    else:
        pane = community.pane_of(span[0])
        pane[kind] += 1
        community.remember_today(*span, pane)


def _interact(
    partition: Partition,
    community: Community,
    user_id: str,
    day: int,
    arrival: int,
    effects: Effects,
) -> None:
    """Move the member's last interaction forward; an alert about the member ends at once."""
    partition.dirty[community.id] = community
    member = community.members.get(user_id)
    if member is None:
        member = community.newcomer(user_id, day)
    elif packed.is_at_rest(member):
        community.store(user_id, packed.moved(member, day))
        return
    else:
        if day > packed.last_day(member):
            # What ends comes in the order of the rules' ids.
            if member & packed.ON_LADDER:
                come_back(community, user_id, Signal.RETURN, day, arrival, effects)
                member &= ~packed.ON_LADDER
            if packed.is_firing(member):
                early = day < packed.since_day(member)
                signal = Signal.LATE_RETURN if early else Signal.RETURN
                member = _end(community, user_id, member, signal, day, arrival, effects)
            if not packed.last_day(member):
                community.onlookers -= 1
            member = packed.moved(member, day)
        if member & packed.LEFT:
            member &= ~packed.LEFT
            community.store(user_id, member)
            welcome_back(community, user_id)
    rule = community.policy.member_rule
    if rule is not None and not member & packed.SCHEDULED and not packed.is_firing(member):
        assert rule.member_measure is not None
        due = rule.member_measure.due(packed.last_day(member), rule.setting.parameters)
        member = community.schedule(user_id, member, due)
    community.store(user_id, member)


def _leave(
    partition: Partition,
    community: Community,
    user_id: str,
    day: int,
    arrival: int,
    effects: Effects,
) -> None:
    """The member is not judged until a new interaction; an alert about the member ends."""
    settle(community)
    member = community.members.get(user_id)
    if member is None or member & packed.LEFT:
        return
    if member & packed.ON_LADDER:
        come_back(community, user_id, Signal.LEAVE, day, arrival, effects)
        member &= ~packed.ON_LADDER
    if community.ledger is not None:
        community.ledger.leave(user_id)
    if packed.is_firing(member):
        member = _end(community, user_id, member, Signal.LEAVE, day, arrival, effects)
    else:
        phase, _ = step(packed.phase_of(member), Signal.LEAVE)
        member = packed.in_phase(member, phase, 0)
    community.store(user_id, member | packed.LEFT)
    partition.dirty[community.id] = community


def _end(
    community: Community,
    user_id: str,
    member: int,
    signal: Signal,
    day: int,
    arrival: int,
    effects: Effects,
) -> int:
    """End the alert about a member by an event of the day `day`; return the member at rest."""
    phase, announcement = step(Phase.FIRING, signal)
    rule = community.policy.member_policy
    community.silent -= 1
    if announcement is not None and rule is not None and rule.member_measure is not None:
        last = packed.last_day(member) if signal is Signal.LEAVE else day
        traces = give_back(community, user_id)
        figures = rule.member_measure.gather(last, day, rule.setting, traces)
        figures["left"] = signal is Signal.LEAVE
        figures["late_events"] = int(day < community.next_day)
        started = packed.since_day(member)
        effects.outputs.append(
            Transition(
                rule.id,
                community.id,
                user_id,
                announcement.status,
                announcement.reason,
                day,
                started,
                arrival,
                community.policy.close_of(started),
                {"verdict": rule.member_measure.verdict(figures), **figures},
            )
        )
    return packed.in_phase(member, phase, 0)
