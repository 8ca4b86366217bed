"""What a fold gives out: what to publish, in the order of its causes, and what to count."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from enum import IntEnum

from models.alerts import Digest, Snapshot, TierChange, Transition, Verdict
from models.events import EventType

Output = Transition | Digest | Snapshot | TierChange


class Outcome(IntEnum):
    """What became of one readable event."""

    APPLIED = 0
    """Taken into account on its day."""
    LATE = 1
    """Counted on its day, after that day had closed."""
    DROPPED = 2
    """Too old to be counted."""
    DUPLICATE = 3
    """A repeat within the horizon of de-duplication."""
    SKIPPED = 4
    """Of an unknown type."""


UNKNOWN_TYPE = len(EventType)


def _no_events() -> list[int]:
    return [0] * ((len(EventType) + 1) * len(Outcome))


def _no_verdicts() -> dict[str, Counter[Verdict]]:
    return defaultdict(Counter)


@dataclass(slots=True)
class Tally:
    """Counts of what a fold met.

    `events` is indexed by type * number of outcomes + outcome, unknown types last; `ahead` are
    events whose own time was more than 5 min ahead of their arrival; `delays` says of each close
    how late it ran, in milliseconds of the partition's clock. `verdicts` are by rule id.
    """

    events: list[int] = field(default_factory=_no_events)
    ahead: int = 0
    delays: list[int] = field(default_factory=list)
    verdicts: dict[str, Counter[Verdict]] = field(default_factory=_no_verdicts)

    def of(self, outcome: Outcome) -> int:
        """Return how many events had the outcome."""
        return sum(self.events[outcome :: len(Outcome)])

    @property
    def read(self) -> int:
        """How many readable events there were."""
        return sum(self.events)

    def add(self, other: "Tally") -> None:
        """Add another tally's counts to this one."""
        self.events = [sum(pair) for pair in zip(self.events, other.events, strict=True)]
        self.ahead += other.ahead
        self.delays.extend(other.delays)
        for rule_id, verdicts in other.verdicts.items():
            self.verdicts[rule_id].update(verdicts)


@dataclass(slots=True)
class Effects:
    """Everything that one fold caused outside the state.

    `room` is how many outputs it may cause before it stops at the next close of a day. `stopped`
    says that it did, with closes left.
    """

    outputs: list[Output] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)
    room: int | None = None
    stopped: bool = False

    @property
    def is_full(self) -> bool:
        """Whether the next close is for the next fold."""
        return self.room is not None and len(self.outputs) >= self.room
