"""The close of a day: the community is judged, then its members, and a snapshot is taken.

The order of what comes out is part of the contract: by close instant, community id, rule id;
members by id, the digest after its members (sections 3 and 4).
"""

from collections.abc import Iterable
from heapq import heapreplace
from typing import Any, Final

from models.alerts import (
    AlertState,
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
    figures_at_close,
    recent,
)
from models.totals import NO_TOTALS
from rules.bookkeeping import settle
from rules.churn import judge_ladder
from rules.effects import Effects
from rules.ledger_close import close_ledger, known_campaigns
from rules.lifecycle import RESTING, advance
from rules.measures.measure import CommunityMeasure, LadderMeasure, read_verdict
from rules.policy import RulePolicy
from rules.silence import judge_members
from rules.state import Community, Partition

_NAMES: Final = (*(kind.wire_name for kind in EventType), "members")
_NAMES_WITH_LEDGER: Final = (*_NAMES, *FIGURE_NAMES, *(name for name, _, _ in GROWN))
_GROWN: Final = tuple(
    (ago, [int(figure) for _, figure, days in GROWN if days == ago])
    for ago in dict.fromkeys(days for _, _, days in GROWN)
)
"""The figures that are grown, by how many days later, in the order of their names."""

_TEXTS: Final = {verdict: verdict.value for verdict in Verdict}
"""Verdicts as they stand in evaluations: plain texts, which are written faster than enums are."""

_NOTHING_SEEN: Final[dict[str, Any]] = {"totals": NO_TOTALS, "campaigns": (), "cohorts": {}}
"""What a measure that needs the ledger sees where it may not, unless it sees panes."""

# To look a member of an enum up costs more than to compare with it.
_FIRE, _OK = Verdict.FIRE, Verdict.OK


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


class _Close:
    """One close of a community, as all that judge it see it.

    `panes` are those of the policy's horizon, or some more; `known_from` is the first day that the
    ledger knows whole.
    """

    __slots__ = ("at", "community", "day", "known_from", "panes")

    def __init__(self, community: Community, day: int, at: int) -> None:
        """Look back from `day`, whose close is at `at` (milliseconds)."""
        self.community = community
        self.day = day
        self.at = at
        self.panes = community.look_back(day)
        ledger = community.ledger
        self.known_from = day + 1 if ledger is None else max(community.first_day, ledger.since)


def _close_day(community: Community, at: int, effects: Effects) -> None:
    day = community.next_day
    settle(community)
    community.next_day = day + 1
    community.forget_today()
    if community.ledger is not None:
        effects.outputs += close_ledger(community, community.ledger, day, at)
    close = _Close(community, day, at)
    judgements, values = _judge(close, effects)
    # Who has reached a rung at this close is counted by now.
    measures = _counts(community, close.panes[-1], day)
    measures.update(values)
    measures["silent_members"] = community.silent
    effects.outputs.append(
        Snapshot(
            community.id,
            day,
            at,
            community.policy.calendar.name,
            community.first_day,
            measures,
            close.panes[-1][LATE],
            judgements,
        )
    )
    community.panes.pop(day - community.policy.pane_days, None)


def _judge(close: _Close, effects: Effects) -> tuple[dict[str, Judgement], dict[str, int | None]]:
    """Judge by each rule in order, and move its alert; return the values of measures too."""
    judgements: dict[str, Judgement] = {}
    values: dict[str, int | None] = {}
    alerts, tally = close.community.alerts, effects.tally.verdicts
    for rule in _judging(close.community):
        measure = rule.community_measure
        if measure is not None:
            verdict, figures = _judge_community(close, rule, measure)
            values[measure.value_name] = figures["value"]
        elif rule.ladder_measure is not None:
            verdict, figures = _judge_ladder(close, rule, rule.ladder_measure, effects)
        else:
            verdict, figures = _judge_members(close, rule, effects)
        text = _TEXTS[verdict]
        evaluation = {"verdict": text, **figures}
        judgements[rule.id] = {"verdict": text, "evaluation": evaluation}
        tally[rule.id][verdict] += 1
        # An alert at rest stays there, unless FIRE moves it (`rules.lifecycle`, law 4).
        if measure is not None and (verdict is _FIRE or rule.id in alerts):
            _move_alert(close, rule, verdict, evaluation, effects)
    return judgements, values


def _judging(community: Community) -> Iterable[RulePolicy]:
    """Return the rules that are on, and those off of which an alert stands, in order.

    Such a rule is judged on, without a verdict, and so its alert ends after 28 closes; members'
    alerts end when the members come back.
    """
    policy, alerts = community.policy, community.alerts
    if policy.rules_off.isdisjoint(alerts):
        return policy.rules_on
    ending = {name for name in policy.rules_off if _stands(alerts.get(name, RESTING))}
    return [rule for rule in policy.rules if rule.enabled or rule.id in ending]


def _stands(alert: AlertState) -> bool:
    return alert.phase is Phase.FIRING


def _counts(community: Community, pane: Pane, day: int) -> dict[str, int | None]:
    """Return what the day's pane counts, by name, and how many members there are."""
    ledger = community.ledger
    if ledger is None or ledger.since > day:
        return dict(zip(_NAMES, [*pane[:LATE], community.size], strict=True))
    counts: list[int | None] = [*pane[:LATE], community.size, *figures_at_close(pane)]
    for ago, figures in _GROWN:
        grown = community.panes.get(day - ago)
        if grown is None or ledger.since > day - ago:
            counts += [None] * len(figures)
        else:
            counts += [grown[figure] for figure in figures]
    return dict(zip(_NAMES_WITH_LEDGER, counts, strict=True))


def _judge_community(
    close: _Close, rule: RulePolicy, measure: CommunityMeasure
) -> tuple[Verdict, Evaluation]:
    if not rule.enabled:
        return _judge_off(close, rule, measure)
    first_day = close.known_from if measure.needs_ledger else close.community.first_day
    seen: Any = close.panes
    ledger = close.community.ledger
    if measure.sees == "totals":
        seen = close.community.totals
    elif measure.sees == "campaigns":
        seen = known_campaigns(ledger, close.day)
    elif measure.sees == "cohorts" and ledger is not None:
        seen = ledger.cohorts
    figures = measure.gather(seen, close.day, first_day, rule.setting)
    return measure.verdict(figures), figures


def _judge_off(
    close: _Close, rule: RulePolicy, measure: CommunityMeasure
) -> tuple[Verdict, Evaluation]:
    """Judge for a rule that is off, and ends its alert: of a ledger it is told nothing.

    It may look further back than the horizon.
    """
    community, day = close.community, close.day
    seen: Any = recent(community.panes, day, rule.horizon)
    first_day = community.first_day
    if measure.needs_ledger:
        seen = _NOTHING_SEEN.get(measure.sees, [NOTHING] * rule.horizon)
        first_day = day + 1
    figures = measure.gather(seen, day, first_day, rule.setting)
    figures["enabled"] = False
    return read_verdict(measure, figures), figures


def _move_alert(
    close: _Close, rule: RulePolicy, verdict: Verdict, evaluation: Evaluation, effects: Effects
) -> None:
    community, day, at = close.community, close.day, close.at
    before = community.alerts.get(rule.id, RESTING)
    after, announcement = advance(before, verdict, day, at, hold=rule.hold)
    if after is RESTING:
        community.alerts.pop(rule.id, None)
    else:
        community.alerts[rule.id] = after
    if announcement is None:
        return
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


def _judge_members(close: _Close, rule: RulePolicy, effects: Effects) -> tuple[Verdict, Evaluation]:
    community = close.community
    silenced = judge_members(community, rule, close.day, close.at, effects)
    return _FIRE if silenced else _OK, {
        "value": silenced,
        "members": community.size,
        "silent": community.silent,
        "timezone": rule.setting.timezone,
    }


def _judge_ladder(
    close: _Close, rule: RulePolicy, measure: LadderMeasure, effects: Effects
) -> tuple[Verdict, Evaluation]:
    """Judge the members whom the churn ladder looks at."""
    community, day = close.community, close.day
    told = judge_ladder(community, rule, day, close.at, effects)
    return _FIRE if told else _OK, {
        "value": told,
        "members": community.size,
        "timezone": rule.setting.timezone,
        "recall": measure.recall(close.panes, day),
    }
