"""The churn ladder: who has gone quiet is called back, rung by rung (article, 5.2).

One alert an episode, one record a rung. An episode begins at the close at which a member of the
core, active or potential circle has been silent for `first_days`, and ends when the member comes
back or leaves, or at `lost_days`; then nothing more is said until a new interaction.
"""

from typing import NamedTuple

from models import members as packed
from models.alerts import Phase, Transition
from models.ledger import Person, Rung, Tier
from models.panes import RECALL_DAYS, Figure
from rules.effects import Effects
from rules.ledger import Ledger
from rules.lifecycle import Signal, step
from rules.policy import RulePolicy
from rules.state import Community

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

_BY_EVENTS = frozenset({Signal.RETURN, Signal.LATE_RETURN, Signal.LEAVE})


class Visit(NamedTuple):
    """What the ladder looks at: a member of a community, on a day, because of a close or an event.

    `at` is that close, or the event's arrival (milliseconds).
    """

    community: Community
    ledger: Ledger
    rule: RulePolicy
    user_id: str
    day: int
    at: int

    @property
    def person(self) -> Person:
        """What is known of the member, to be changed."""
        return self.ledger.people[self.user_id]

    @property
    def bounds(self) -> tuple[int, ...]:
        """After how many silent days each rung is reached."""
        return _bounds(self.rule)

    @property
    def member(self) -> int:
        """The member's packed record."""
        return self.community.members[self.user_id]


def watch(community: Community, ledger: Ledger, user_id: str, person: Person, day: int) -> None:
    """Let the ladder look at a member who has interacted on `day`, unless it does already."""
    rule = community.policy.ladder_rule
    if rule is None or person.waiting:
        return
    if person.rung == Rung.LOST:
        last = packed.last_day(community.members[user_id])
        if person.rung_day - last >= _bounds(rule)[Rung.LOST]:
            return
        person.rung = person.rung_day = 0
        ledger.changed_people[user_id] = person
    _look_at(ledger, user_id, person, max(day + _bounds(rule)[Rung.FIRST], community.next_day))


def look_again(community: Community, user_id: str, day: int) -> None:
    """Take in an interaction of `day`, too old to be entered, that is the last, or ends a leave.

    The silence is shorter than it was known to be, and a circle that was lost before `day` is none
    that the member went quiet out of.
    """
    ledger = community.ledger
    person = None if ledger is None else ledger.people.get(user_id)
    if ledger is None or person is None:
        return
    if day > person.quiet_day > 0:
        person.quiet_tier = person.quiet_day = 0
        ledger.changed_people[user_id] = person
    if person.first_interaction:
        watch(community, ledger, user_id, person, day)


def welcome_back(community: Community, user_id: str) -> None:
    """Take in again who had left: circles and ladder look at the member as before.

    The interaction need not be the first of its day: an earlier one may have arrived before.
    """
    ledger = community.ledger
    person = None if ledger is None else ledger.people.get(user_id)
    if ledger is None or person is None:
        return
    ledger.gone.discard(user_id)
    ledger.faded[user_id] = None
    ledger.changed_people[user_id] = person
    if person.first_interaction:
        watch(community, ledger, user_id, person, packed.last_day(community.members[user_id]))


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
                _judge(Visit(community, ledger, rule, user_id, day, at), effects)
            if not person.waiting:
                ledger.restless.add(user_id)
    return len(effects.outputs) - before


def _judge(visit: Visit, effects: Effects) -> None:
    """Let a silent member step on the rung that is due; look again when the next one is."""
    person, bounds, ledger, day = visit.person, visit.bounds, visit.ledger, visit.day
    last = packed.last_day(visit.member)
    silent = max(day - last, 0)
    rung = max(number for number, bound in enumerate(bounds) if silent >= bound)
    if rung <= person.rung:
        _look_at(ledger, visit.user_id, person, last + bounds[person.rung + 1])
        return
    ledger.changed_people[visit.user_id] = person
    if person.rung == Rung.NONE and not _begin(visit, rung):
        return
    person.rung, person.rung_day = rung, day
    if rung == Rung.LOST:
        _tell(visit, Signal.LADDER_END, last, effects)
        person.episode_day = person.episode_tier = person.told = 0
        visit.community.store(visit.user_id, visit.member & ~packed.ON_LADDER)
        return
    _look_at(ledger, visit.user_id, person, last + bounds[rung + 1])
    visit.community.count(day, _REACHED[Rung(rung)])
    _tell(visit, Signal.RUNG, last, effects)


def _begin(visit: Visit, rung: int) -> bool:
    """Begin an episode, unless the member never took part, or was lost before anybody looked."""
    person = visit.person
    tier = person.quiet_tier or person.tier
    if tier < Tier.POTENTIAL or rung == Rung.LOST:
        person.rung, person.rung_day = Rung.LOST, visit.day
        return False
    person.episode_day, person.episode_tier, person.told = visit.day, tier, 0
    visit.community.store(visit.user_id, visit.member | packed.ON_LADDER)
    return True


def come_back(
    community: Community,
    user_id: str,
    signal: Signal,
    day: int,
    arrival: int,
    effects: Effects,
) -> None:
    """End the episode of a member by an event of `day`: RETURN for any interaction, or LEAVE."""
    ledger, rule = community.ledger, community.policy.ladder_policy
    if ledger is None or rule is None:
        return
    visit = Visit(community, ledger, rule, user_id, day, arrival)
    person = visit.person
    ledger.changed_people[user_id] = person
    if signal is Signal.LEAVE:
        _tell(visit, signal, packed.last_day(visit.member), effects)
    elif day < person.episode_day:
        _tell(visit, Signal.LATE_RETURN, day, effects)
    else:
        if day - person.rung_day <= RECALL_DAYS:
            community.count(person.rung_day, _RECALLED[Rung(person.rung)])
        _tell(visit, Signal.RETURN, day, effects)
    person.rung = person.rung_day = person.waiting = 0
    person.episode_day = person.episode_tier = person.told = 0
    ledger.restless.add(user_id)
    if rule.enabled and signal is not Signal.LEAVE:
        _look_at(ledger, user_id, person, max(day + visit.bounds[Rung.FIRST], community.next_day))


def _tell(visit: Visit, signal: Signal, last: int, effects: Effects) -> None:
    """Say what has become of an episode of a member whose last interaction was on `last`."""
    community, rule, person = visit.community, visit.rule, visit.person
    measure = rule.ladder_measure
    assert measure is not None
    _, announcement = step(Phase.FIRING if person.told else Phase.QUIET, signal)
    assert announcement is not None
    person.told += 1
    left = signal is Signal.LEAVE
    figures = measure.gather(last, visit.day, Tier(person.episode_tier), left, rule.setting)
    figures["late_events"] = int(signal in _BY_EVENTS and visit.day < community.next_day)
    effects.outputs.append(
        Transition(
            rule.id,
            community.id,
            visit.user_id,
            announcement.status,
            announcement.reason,
            visit.day,
            person.episode_day,
            visit.at,
            community.policy.close_of(person.episode_day),
            {"verdict": measure.verdict(figures), **figures},
            person.told,
        )
    )
