"""Records that were rerouted to a home, and how far it has come with them."""

from dataclasses import dataclass, field
from typing import NamedTuple

from models.events import Arrived


class Rerouted(NamedTuple):
    """One record that was rerouted to here; `place` is where it stands in that topic.

    `since` is a time (milliseconds of the wall clock) at which it stood in the source topic.
    """

    clock: int
    source: int
    offset: int
    event: Arrived
    place: int
    since: int


@dataclass(slots=True)
class Passage:
    """How far one home has come with the records that were rerouted to it.

    `applied[q]` is the offset in source partition q of the last record applied of the channel
    q -> home. In the topic of rerouted records all before `begin` is applied, and nothing from
    `end` on.
    """

    applied: dict[int, int] = field(default_factory=dict)
    begin: int = 0
    end: int = 0
