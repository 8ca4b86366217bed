"""The silence of members: who is due at a close is judged, and who fell silent is told of.

(Contract, section 4: `member-silent`.) Members come by id, their digest after them.
"""

from typing import Final

from models import members as packed
from models.alerts import Digest, Phase, Transition
from rules.effects import Effects
from rules.lifecycle import Signal, step
from rules.policy import RulePolicy
from rules.state import Community
from rules.traces import take_down

DIGEST_MEMBERS: Final = 100
"""A digest names the first so many members, and counts them all."""


def judge_members(
    community: Community, rule: RulePolicy, day: int, at: int, effects: Effects
) -> int:
    """Judge, at the close of `day`, the members who are due; count who fell silent."""
    due = sorted(community.wheel.pop(day, ()))
    silenced = [
        user_id for user_id in due if _judge_member(community, rule, user_id, day, at, effects)
    ]
    if silenced:
        first = tuple(silenced[:DIGEST_MEMBERS])
        effects.outputs.append(Digest(rule.id, community.id, day, at, len(silenced), first))
    return len(silenced)


def _judge_member(
    community: Community, rule: RulePolicy, user_id: str, day: int, at: int, effects: Effects
) -> bool:
    """Judge a member who is due; tell whether an alert about the member begins."""
    measure = rule.member_measure
    assert measure is not None
    member = community.members[user_id]
    last = packed.last_day(member)
    due = measure.due(last, rule.setting.parameters)
    if due > day and packed.is_at_rest(member):
        community.wheel.setdefault(due, []).append(user_id)
        return False
    if member & packed.LEFT:
        community.unschedule(user_id, member)
        return False
    member &= ~packed.SCHEDULED
    phase = packed.phase_of(member)
    if due > day:
        phase, _ = step(phase, Signal.CLEAR_HELD)
        member = community.schedule(user_id, packed.in_phase(member, phase, 0), due)
        community.store(user_id, member)
        return False
    since = packed.since_day(member) if phase is Phase.PENDING else day
    held = day - since >= rule.hold.for_days
    phase, announcement = step(phase, Signal.BREACH_HELD if held else Signal.BREACH)
    if announcement is None:
        member = community.schedule(user_id, packed.in_phase(member, phase, since), day + 1)
        community.store(user_id, member)
        return False
    community.store(user_id, packed.in_phase(member, phase, day))
    community.silent += 1
    traces = take_down(community, rule, user_id, day)
    figures = measure.gather(last, day, rule.setting, traces)
    evaluation = {"verdict": measure.verdict(figures), **figures}
    status, reason = announcement
    effects.outputs.append(
        Transition(rule.id, community.id, user_id, status, reason, day, day, at, at, evaluation)
    )
    return True
