"""Sets the gauges that describe what a worker owns now."""

from collections.abc import Mapping

from models.alerts import Phase
from models.instants import SECOND
from rules.catalogue import Catalogue
from rules.state import Community, Partition
from streams.metrics import Metrics


def set_gauges(metrics: Metrics, catalogue: Catalogue, states: Mapping[int, Partition]) -> None:
    """Set communities, members, standing alerts and clocks out of the owned `states`."""
    communities = [
        community for state in states.values() for community in state.communities.values()
    ]
    metrics.communities.set(len(communities))
    metrics.members.set(sum(len(community.members) for community in communities))
    firing = dict.fromkeys(catalogue, 0)
    for community in communities:
        _count_firing(community, firing)
    for rule_id, number in firing.items():
        metrics.firing.labels(rule_id, catalogue[rule_id].definition.severity).set(number)
    metrics.clock.clear()
    for partition, state in states.items():
        if state.communities:
            metrics.clock.labels(partition).set(state.clock / SECOND)


def _count_firing(community: Community, firing: dict[str, int]) -> None:
    for rule_id, alert in community.alerts.items():
        if alert.phase is Phase.FIRING and rule_id in firing:
            firing[rule_id] += 1
    # A disabled rule's alerts about members stand until the members come back.
    rule = community.policy.member_policy
    if rule is not None:
        firing[rule.id] += community.silent
