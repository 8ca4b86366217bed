"""Sets the gauges that describe what a worker owns now."""

from collections.abc import Mapping

from models.instants import SECOND
from rules.catalogue import Catalogue
from streams.figures import Figures
from streams.metrics import Metrics
from streams.owned import Owned


def set_gauges(metrics: Metrics, catalogue: Catalogue, owned: Mapping[int, Owned]) -> None:
    """Set communities, members, standing alerts and clocks out of what is `owned`."""
    figures, in_memory = Figures(), 0
    for each in owned.values():
        in_memory += len(each.state.communities)
        for community in each.state.communities.values():
            figures.add(community)
        if each.cold is not None:
            figures.join(each.cold.figures)
    metrics.communities.set(figures.communities)
    metrics.communities_in_memory.set(in_memory)
    metrics.members.set(figures.members)
    for rule in catalogue.values():
        metrics.firing.labels(rule.id, rule.definition.severity).set(figures.firing[rule.id])
    metrics.clock.clear()
    for partition, each in owned.items():
        if each.state.due:
            metrics.clock.labels(partition).set(each.state.clock / SECOND)
