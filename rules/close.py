"""The close of a day: the community is judged, then its members, and a snapshot is taken.

The order of what comes out is part of the contract: by close instant, community id, rule id;
members by id, the digest after its members (sections 3 and 4).
"""

from heapq import heapreplace
from typing import Any, Final

from models import members as packed
from models.alerts import (
    Digest,
    Evaluation,
    Judgement,
    Phase,
    Snapshot,
    Status,
    Transition,
    Verdict,
)
from models.events import EventType
from models.panes import (
    FIGURE_NAMES,
    GROWN,
    LATE,
    NOTHING,
    Pane,
    Recent,
    figures_at_close,
    recent,
)
from models.totals import NO_TOTALS
from rules.bookkeeping import settle
from rules.churn import judge_ladder
from rules.effects import Effects
from rules.ledger_close import close_ledger, known_campaigns
from rules.lifecycle import RESTING, AlertState, Signal, advance, step
from rules.measures.measure import CommunityMeasure, read_verdict
from rules.policy import RulePolicy
from rules.state import Community, Partition
from rules.traces import take_down

DIGEST_MEMBERS: Final = 100
"""A digest names the first so many members, and counts them all."""

_NAMES: Final = tuple(kind.wire_name for kind in EventType)


def close_due_days(partition: Partition, instant: int, effects: Effects) -> None:
    """Close every day whose close is at or before `instant`, in order, while there is room."""
    due, get = partition.due, partition.communities.get
    while due and due[0][0] <= instant:
        if effects.is_full:
            effects.stopped = True
            return
        at, community_id = due[0]
        community = get(community_id) or partition.find(community_id)
        assert community is not None
        effects.tally.delays.append(instant - at)
        _close_day(community, at, effects)
        community.next_close = community.policy.close_of(community.next_day)
        heapreplace(due, (community.next_close, community_id))
        partition.dirty[community_id] = community


def _close_day(community: Community, at: int, effects: Effects) -> None:
    day = community.next_day
    settle(community)
    community.next_day = day + 1
    community.forget_today()
    if community.ledger is not None:
        effects.outputs += close_ledger(community, community.ledger, day, at)
    judgements: dict[str, Judgement] = {}
    horizon = community.policy.horizon
    panes = community.look_back(day)
    values: dict[str, int | None] = {}
    alerts = community.alerts
    for rule in community.policy.rules:
        # Most rules are off, and have never had an alert here.
        if not rule.enabled and (rule.id not in alerts or not _stands(alerts[rule.id])):
            continue
        # Only a rule that is off, and ends its alert, looks further back than the horizon.
        seen = panes if rule.horizon <= horizon else recent(community.panes, day, rule.horizon)
        evaluation = _judge(community, rule, seen, day, at, effects)
        if rule.community_measure is not None:
            values[rule.community_measure.value_name] = evaluation["value"]
        verdict = evaluation["verdict"]
        judgements[rule.id] = {"verdict": verdict, "evaluation": evaluation}
        effects.tally.verdicts[rule.id, verdict] += 1
    # Who has reached a rung at this close is counted by now.
    measures = _counts(community, panes[-1], day) | values
    measures["silent_members"] = community.silent
    effects.outputs.append(
        Snapshot(
            community.id,
            day,
            at,
            community.policy.calendar.name,
            community.first_day,
            measures,
            panes[-1][LATE],
            judgements,
        )
    )
    community.panes.pop(day - community.policy.pane_days, None)


def _judge(
    community: Community, rule: RulePolicy, panes: Recent, day: int, at: int, effects: Effects
) -> Evaluation:
    if rule.community_measure is not None:
        return _judge_community(community, rule, panes, day, at, effects)
    if rule.ladder_measure is not None:
        return _judge_ladder(community, rule, panes, day, at, effects)
    return _judge_members(community, rule, day, at, effects)


def _counts(community: Community, pane: Pane, day: int) -> dict[str, int | None]:
    """Return what the day's pane counts, by name, and how many members there are."""
    measures: dict[str, int | None] = dict(zip(_NAMES, pane, strict=False))
    measures["members"] = community.size
    ledger = community.ledger
    if ledger is not None and ledger.since <= day:
        measures.update(zip(FIGURE_NAMES, figures_at_close(pane), strict=True))
        for name, figure, ago in GROWN:
            grown = community.panes.get(day - ago)
            is_known = ledger.since <= day - ago
            measures[name] = grown[figure] if grown is not None and is_known else None
    return measures


def _stands(alert: AlertState) -> bool:
    """Tell whether an alert of a rule that is disabled now still stands.

    It is judged on, without a verdict, and so ends after 28 closes; members' alerts end when the
    members come back.
    """
    return alert.phase is Phase.FIRING


def _judge_community(
    community: Community, rule: RulePolicy, panes: Recent, day: int, at: int, effects: Effects
) -> Evaluation:
    measure = rule.community_measure
    assert measure is not None
    seen, first_day = _known_to(measure, community, rule, panes, day)
    figures = measure.gather(seen, day, first_day, rule.setting)
    if not rule.enabled:
        figures["enabled"] = False
    verdict = read_verdict(measure, figures)
    evaluation = {"verdict": verdict, **figures}
    before = community.alerts.get(rule.id, RESTING)
    after, announcement = advance(before, verdict, day, at, hold=rule.hold)
    community.alerts[rule.id] = after
    if announcement is not None:
        started = after if announcement.status is Status.FIRING else before
        effects.outputs.append(
            Transition(
                rule.id,
                community.id,
                None,
                announcement.status,
                announcement.reason,
                day,
                started.started_day,
                at,
                started.started_at,
                evaluation,
            )
        )
    return evaluation


def _known_to(
    measure: CommunityMeasure, community: Community, rule: RulePolicy, panes: Recent, day: int
) -> tuple[Any, int]:
    """Return what the measure is given, and the first day that is known of it."""
    if not measure.needs_ledger:
        return panes, community.first_day
    # A rule that is off, and ends its alert, is told of nothing: it has no verdict.
    ledger = community.ledger if rule.enabled else None
    first_day = day + 1 if ledger is None else max(community.first_day, ledger.since)
    if measure.sees == "totals":
        return (NO_TOTALS if ledger is None else community.totals), first_day
    if measure.sees == "campaigns":
        return known_campaigns(ledger, day), first_day
    if measure.sees == "cohorts":
        return ({} if ledger is None else ledger.cohorts), first_day
    return panes if ledger is not None else [NOTHING] * len(panes), first_day


def _judge_members(
    community: Community, rule: RulePolicy, day: int, at: int, effects: Effects
) -> Evaluation:
    due = sorted(community.wheel.pop(day, ()))
    silenced = [
        user_id for user_id in due if _judge_member(community, rule, user_id, day, at, effects)
    ]
    if silenced:
        first = tuple(silenced[:DIGEST_MEMBERS])
        effects.outputs.append(Digest(rule.id, community.id, day, at, len(silenced), first))
    return {
        "verdict": Verdict.FIRE if silenced else Verdict.OK,
        "value": len(silenced),
        "members": community.size,
        "silent": community.silent,
        "timezone": rule.setting.timezone,
    }


def _judge_ladder(
    community: Community, rule: RulePolicy, panes: Recent, day: int, at: int, effects: Effects
) -> Evaluation:
    """Judge the members whom the churn ladder looks at; where it is off, nobody."""
    told = judge_ladder(community, rule, day, at, effects) if rule.enabled else 0
    figures: Evaluation = {
        "verdict": Verdict.FIRE if told else Verdict.OK,
        "value": told,
        "members": community.size,
        "timezone": rule.setting.timezone,
    }
    if rule.enabled and rule.ladder_measure is not None:
        figures["recall"] = rule.ladder_measure.recall(panes, day)
    return figures


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
