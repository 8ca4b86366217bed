"""The churn ladder: who has gone quiet is called back, rung by rung (article, 5.2).

One alert an episode, one record a rung. An episode begins at the close at which a member of the
core, active or potential circle has been silent for `first_days`, and ends when the member comes
back or leaves, or at `lost_days`; then nothing more is said until a new interaction.
"""

from models import members as packed
from models.alerts import Phase, Transition
from models.ledger import Person, Rung, Tier
from models.panes import Figure
from rules.effects import Effects
from rules.ledger import Ledger
from rules.lifecycle import Signal, step
from rules.measures.measure import LadderMeasure
from rules.policy import RulePolicy
from rules.state import Community

RECALL_DAYS = 30
"""Who comes back within so many days after a rung was recalled (article, 5.2: the 30-day rate)."""

_REACHED = {
    Rung.FIRST: Figure.REACHED_FIRST,
    Rung.SECOND: Figure.REACHED_SECOND,
    Rung.THIRD: Figure.REACHED_THIRD,
}
_RECALLED = {
    Rung.FIRST: Figure.RECALLED_FIRST,
    Rung.SECOND: Figure.RECALLED_SECOND,
    Rung.THIRD: Figure.RECALLED_THIRD,
}


def watch(community: Community, ledger: Ledger, user_id: str, person: Person, day: int) -> None:
    """Let the ladder look at a member who has interacted on `day`, unless it does already."""
    rule = community.policy.ladder_rule
    if rule is None or person.waiting:
        return
    if person.rung == Rung.LOST:
        last = packed.last_day(community.members[user_id])
        if person.rung_day - last >= _bounds(rule)[Rung.LOST]:
            return
        person.rung, person.rung_day = Rung.NONE, 0
    _look_at(ledger, user_id, person, max(day + _bounds(rule)[Rung.FIRST], community.next_day))


def restore_watch(community: Community, ledger: Ledger) -> None:
    """Let the ladder look again at all whom it looked at before a restart."""
    rule = community.policy.ladder_rule
    for user_id, person in ledger.people.items():
        person.waiting = 0
        is_watched = person.first_interaction and person.rung < Rung.LOST
        if rule is not None and is_watched and user_id not in ledger.gone:
            last = packed.last_day(community.members[user_id])
            due = last + _bounds(rule)[person.rung + 1]
            _look_at(ledger, user_id, person, max(due, community.next_day))


def _look_at(ledger: Ledger, user_id: str, person: Person, day: int) -> None:
    person.waiting = day
    ledger.wheel.setdefault(day, []).append(user_id)


def _bounds(rule: RulePolicy) -> tuple[int, ...]:
    """Return, by rung, after how many silent days it is reached."""
    measure = rule.ladder_measure
    assert measure is not None
    return measure.bounds(rule.setting.parameters)


def judge_ladder(
    community: Community, rule: RulePolicy, day: int, at: int, effects: Effects
) -> int:
    """Judge, at the close of `day`, the members whom the ladder looks at; count who was told of."""
    ledger = community.ledger
    assert ledger is not None
    before = len(effects.outputs)
    for user_id in sorted(ledger.wheel.pop(day, ())):
        # Who came back since stands on another day too: that one counts.
        person = ledger.people[user_id]
        if person.waiting == day:
            person.waiting = 0
            if user_id not in ledger.gone:
                _judge(community, ledger, rule, user_id, person, day, at, effects)
    return len(effects.outputs) - before


def _judge(
    community: Community,
    ledger: Ledger,
    rule: RulePolicy,
    user_id: str,
    person: Person,
    day: int,
    at: int,
    effects: Effects,
) -> None:
    measure = rule.ladder_measure
    assert measure is not None
    bounds = measure.bounds(rule.setting.parameters)
    last = packed.last_day(community.members[user_id])
    silent = max(day - last, 0)
    rung = max(number for number, bound in enumerate(bounds) if silent >= bound)
    if rung <= person.rung:
        _look_at(ledger, user_id, person, last + bounds[person.rung + 1])
        return
    ledger.changed_people[user_id] = person
    if rung < Rung.LOST:
        _look_at(ledger, user_id, person, last + bounds[rung + 1])
    if person.rung == Rung.NONE:
        before = person.quiet_tier or person.tier
        if before < Tier.POTENTIAL or rung == Rung.LOST:
            # Too quiet to be called back, or lost before anybody looked.
            person.rung, person.rung_day, person.waiting = Rung.LOST, day, 0
            return
        if not person.quiet_tier:
            person.quiet_tier, person.quiet_day = person.tier, day
        person.episode_day, person.told = day, 0
        community.store(user_id, community.members[user_id] | packed.ON_LADDER)
    person.rung, person.rung_day = rung, day
    if rung == Rung.LOST:
        _end(community, rule, user_id, person, Signal.LADDER_END, last, day, at, effects)
        return
    community.count(day, _REACHED[Rung(rung)])
    _tell(community, rule, user_id, person, Signal.RUNG, last, day, at, effects)


def come_back(
    community: Community,
    user_id: str,
    member: int,
    signal: Signal,
    day: int,
    arrival: int,
    effects: Effects,
) -> int:
    """End the episode of a member by an event of `day`; return the member, off the ladder.

    `signal` is RETURN for any interaction; it becomes LATE_RETURN by the episode's own day.
    """
    ledger, rule = community.ledger, community.policy.ladder_policy
    if ledger is None or rule is None:
        return member & ~packed.ON_LADDER
    person = ledger.people[user_id]
    ledger.changed_people[user_id] = person
    last = day
    if signal is Signal.LEAVE:
        last = packed.last_day(member)
    elif day < person.episode_day:
        signal = Signal.LATE_RETURN
    if signal is Signal.RETURN and 0 <= day - person.rung_day <= RECALL_DAYS:
        community.count(person.rung_day, _RECALLED[Rung(person.rung)])
    _end(community, rule, user_id, person, signal, last, day, arrival, effects)
    if rule.enabled and signal is not Signal.LEAVE:
        first = _bounds(rule)[Rung.FIRST]
        _look_at(ledger, user_id, person, max(day + first, community.next_day))
    return member & ~packed.ON_LADDER


def _end(
    community: Community,
    rule: RulePolicy,
    user_id: str,
    person: Person,
    signal: Signal,
    last: int,
    day: int,
    at: int,
    effects: Effects,
) -> None:
    _tell(community, rule, user_id, person, signal, last, day, at, effects)
    if signal is Signal.LADDER_END:
        community.store(user_id, community.members[user_id] & ~packed.ON_LADDER)
    else:
        person.rung, person.rung_day = Rung.NONE, 0
    person.episode_day = person.told = person.waiting = 0


def _tell(
    community: Community,
    rule: RulePolicy,
    user_id: str,
    person: Person,
    signal: Signal,
    last: int,
    day: int,
    at: int,
    effects: Effects,
) -> None:
    """Say what has become of an episode."""
    measure = rule.ladder_measure
    assert isinstance(measure, LadderMeasure)
    _, announcement = step(Phase.FIRING if person.told else Phase.QUIET, signal)
    assert announcement is not None
    person.told += 1
    is_event = signal in (Signal.RETURN, Signal.LATE_RETURN, Signal.LEAVE)
    figures = measure.gather(
        last, day, Tier(person.quiet_tier), signal is Signal.LEAVE, rule.setting
    )
    figures["late_events"] = int(is_event and day < community.next_day)
    effects.outputs.append(
        Transition(
            rule.id,
            community.id,
            user_id,
            announcement.status,
            announcement.reason,
            day,
            person.episode_day,
            at,
            community.policy.close_of(person.episode_day),
            {"verdict": measure.verdict(figures), **figures},
            person.told,
        )
    )
