"""Records that were rerouted to a home, and how far it has come with them."""

from dataclasses import dataclass, field

from models.events import Arrived

Rerouted = tuple[int, int, int, Arrived, int, int]
"""One record that was rerouted to a home: its channel clock, source partition and offset, which are
its place in the order; the event; where in the topic of rerouted records it stands; and a time
(milliseconds of the wall clock) at which it stood in the source topic."""


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
