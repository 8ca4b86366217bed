"""What the engine decides about an alert, and the words for it (contract, sections 4 and 5)."""

from enum import IntEnum, StrEnum
from typing import Any

from models.ledger import Tier
from models.values import Value


class Verdict(StrEnum):
    """The answer of a rule for one subject at the close of one day."""

    FIRE = "FIRE"
    """The threshold is reached."""
    OK = "OK"
    """The threshold is not reached."""
    LEARNING = "LEARNING"
    """Inconclusive: the community is too young for the comparison."""
    BELOW_FLOOR = "BELOW_FLOOR"
    """Inconclusive: the baseline is too small to compare with."""
    NOT_APPLICABLE = "NOT_APPLICABLE"
    """Inconclusive: the rule is about something that this subject does not do."""
    NO_DATA = "NO_DATA"
    """Inconclusive: kept for later."""

    @property
    def is_conclusive(self) -> bool:
        """Whether the verdict says anything about the threshold."""
        return self in (Verdict.FIRE, Verdict.OK)


class Phase(IntEnum):
    """Where the alert of one rule and one subject stands. Numbers are part of the state."""

    QUIET = 0
    """No alert."""
    PENDING = 1
    """The threshold is reached, but not yet for `for_days` + 1 closes in a row."""
    FIRING = 2
    """An alert stands."""


class AlertState(Value, frozen=True, array_like=True):
    """The alert of one rule about one community between two closes, as it is stored too.

    The counts are of closes: `breaches` and `clears` since the last OK or FIRE, `unsure` in a
    row. `started_day` and `started_at` (milliseconds) are those of the alert that stands, else 0.
    """

    phase: Phase = Phase.QUIET
    breaches: int = 0
    clears: int = 0
    unsure: int = 0
    started_day: int = 0
    started_at: int = 0

    def counting(self, breaches: int, clears: int, unsure: int) -> "AlertState":
        """Return the same alert with other counts."""
        return AlertState(self.phase, breaches, clears, unsure, self.started_day, self.started_at)

    def in_phase(self, phase: Phase) -> "AlertState":
        """Return the same alert and counts in another phase."""
        return AlertState(
            phase, self.breaches, self.clears, self.unsure, self.started_day, self.started_at
        )


class Status(StrEnum):
    """What an alert record says of its alert."""

    FIRING = "firing"
    RESOLVED = "resolved"


class Reason(StrEnum):
    """Why a transition happened; also the field `reason` of the record."""

    THRESHOLD = "threshold"
    """Firing: FIRE for `for_days` + 1 closes in a row."""
    RECOVERED = "recovered"
    """Resolved: OK for `keep_firing_days` + 1 closes."""
    INCONCLUSIVE = "inconclusive"
    """Resolved: 28 inconclusive closes in a row."""
    RETURNED = "returned"
    """Resolved: the member interacted again."""
    LATE_DATA = "late_data"
    """Resolved: an interaction from before the alert started has arrived."""
    LEFT = "left"
    """Resolved: the member has left the community."""
    LOST = "lost"
    """Resolved: the member has come to the end of the churn ladder."""


Evaluation = dict[str, Any]
"""The figures of a verdict, as they stand in `data.evaluation`: enough to recompute it."""


Judgement = dict[str, Any]
"""A rule's `verdict` and the `evaluation` it is read from, as they stand in a snapshot."""


class Transition(Value, frozen=True):
    """One alert begins or ends.

    `day` is the day whose close judged it, or the day of the event that ended it; `started_day`
    the day whose close started the alert. `at` is the close or the arrival that caused the
    transition and `started_at` the close that started the alert, in milliseconds. `sequence` counts
    the records of an alert that has more than two; else it is 0.
    """

    rule_id: str
    community_id: str
    member_id: str | None
    status: Status
    reason: Reason
    day: int
    started_day: int
    at: int
    started_at: int
    evaluation: Evaluation
    sequence: int = 0


class Digest(Value, frozen=True):
    """How many members of a community fell silent at one close, and the first of them."""

    rule_id: str
    community_id: str
    day: int
    at: int
    count: int
    member_ids: tuple[str, ...]


class Snapshot(Value, frozen=True):
    """All measures and verdicts of one judged day of a community.

    `measures` maps a name to a number (or None where it is not known); `verdicts` maps a rule id
    to its judgement.
    """

    community_id: str
    day: int
    closed_at: int
    timezone: str
    first_day: int
    measures: dict[str, int | None]
    late_events: int
    verdicts: dict[str, Judgement]


class TierChange(Value, frozen=True):
    """A member has changed its circle at a close; `Tier.NONE` where it has left.

    `counts` are the member's own in the 28 days that end on `day`, `tags` one word for each
    dimension of article 1.1.
    """

    community_id: str
    member_id: str
    before: Tier
    tier: Tier
    day: int
    at: int
    counts: dict[str, int]
    tags: dict[str, str]
