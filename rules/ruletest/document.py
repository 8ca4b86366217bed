"""What may stand in a rule test file; anything else is an error that names it.

```yaml
rule: share-conversion-low          # the file is named after it; other rules' records do not count
cases:
  - name: 49 conversions on a day fire
    configuration: {time: {timezone: UTC}}                # optional, as in `--config`
    events:                                               # in the order in which they arrive
      - {day: 2025-01-01, type: share.created}            # at noon of the community's local day
      - {day: 2025-01-02, to: 2025-01-03, at: "23:30", count: 49, type: share.converted}
      - {time: 2025-01-03T13:00:00Z, received_at: 2025-01-05T13:00:00Z, type: share.converted}
    until: 2025-01-03T01:00:00Z                           # optional: moves the clock on at last
    alerts:                                               # all of them, in their order
      - {status: firing, day: 2025-01-02, reason: threshold, evaluation: {value: 49}}
    verdicts:                                             # optional: only the days named
      - {day: 2025-01-02, verdict: FIRE, value: 49}
```
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationError,
    field_validator,
    model_validator,
)

from models.alerts import Reason, Verdict
from rules.documents import DocumentError, read_mapping
from rules.ruletest.fields import Amount, Day, Figures, Identifier, Instant, TimeOfDay, Type, Users

COMMUNITY = "42"
"""The community meant where a row names none."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class _Happening(_Part):
    """What may be said of one event or of many; absent is absent, as in a record."""

    type: Type
    community: Identifier = COMMUNITY
    actor_kind: Literal["person", "bot", "system"] | None = None
    received_at: Instant | None = None
    campaign_id: Identifier | None = None
    inviter_id: Identifier | None = None
    target_user_id: Identifier | None = None
    amount: Amount | None = None
    score: Annotated[Amount, Field(ge=0, le=10)] | None = None
    completion: Annotated[Amount, Field(ge=0, le=1)] | None = None


class EventsOfDays(_Happening):
    """`count` events on each local day from `day` to `to`, all at the local time `at`.

    `users` take turns; without them the events are anonymous. `received_at` is when all of them
    arrive, where it is not the time at which they happen.
    """

    day: Day
    to: Day | None = None
    at: TimeOfDay = 12 * 60
    count: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    users: Users | None = None

    @field_validator("to")
    @classmethod
    def _ordered(cls, to: int | None, info: Any) -> int | None:
        if to is not None and to < info.data.get("day", to):
            raise ValueError("before `day`")
        return to

    @property
    def last_day(self) -> int:
        """The last day that has such events."""
        return self.day if self.to is None else self.to

    @property
    def per_day(self) -> int:
        """How many there are a day: one, or one of each user, where `count` does not say."""
        return self.count or len(self.users or [None])


class SingleEvent(_Happening):
    """One event at an exact instant; two with the same `id` are repeats of each other."""

    time: Instant
    id: Identifier | None = None
    user_id: Identifier | None = None


class ExpectedAlert(_Part):
    """One transition; `evaluation` names the figures that matter, the others may be any.

    `playbook` is the id of the one that answers it, for rules that have several.
    `members` stands for one transition of each of them, in their order.
    """

    status: Literal["firing", "resolved"]
    community: Identifier = COMMUNITY
    member: Identifier | None = None
    members: Users | None = None
    day: Day
    reason: Annotated[Reason, Field(strict=False)]
    started_day: Day | None = None
    time: Instant | None = None
    playbook: Identifier | None = None
    evaluation: Figures = {}

    @model_validator(mode="after")
    def _of_one_kind(self) -> "ExpectedAlert":
        if self.member is not None and self.members is not None:
            raise ValueError("`member` and `members` exclude each other")
        return self

    def each(self) -> "list[ExpectedAlert]":
        """Return one row per member, where there are several."""
        if self.members is None:
            return [self]
        return [self.model_copy(update={"member": name, "members": None}) for name in self.members]


class ExpectedDigest(_Part):
    """One digest; `members` are the ids it names."""

    status: Literal["digest"]
    community: Identifier = COMMUNITY
    day: Day
    count: Annotated[int, Field(ge=1)]
    members: Users | None = None
    time: Instant | None = None

    def each(self) -> "list[ExpectedDigest]":
        """Return the row: a digest is one record."""
        return [self]


class ExpectedVerdict(_Part):
    """The verdict of each day from `day` to `to`, or null where the rule judges none of them."""

    community: Identifier = COMMUNITY
    day: Day
    to: Day | None = None
    verdict: Annotated[Verdict | None, Field(strict=False)]
    value: int | None = None
    baseline: int | None = None

    @property
    def days(self) -> range:
        """The days meant."""
        return range(self.day, (self.day if self.to is None else self.to) + 1)


def _kind_of_events(row: Any) -> str:
    return "<single>" if isinstance(row, dict) and "time" in row else "<days>"


def _kind_of_record(row: Any) -> str:
    return "<digest>" if isinstance(row, dict) and row.get("status") == "digest" else "<alert>"


EventRow = Annotated[
    Annotated[EventsOfDays, Tag("<days>")] | Annotated[SingleEvent, Tag("<single>")],
    Discriminator(_kind_of_events),
]
ExpectedRecord = Annotated[
    Annotated[ExpectedAlert, Tag("<alert>")] | Annotated[ExpectedDigest, Tag("<digest>")],
    Discriminator(_kind_of_record),
]


class Case(_Part):
    """One case: what happens, under which configuration, and what must come of it."""

    name: Annotated[str, Field(min_length=1)]
    configuration: dict[str, Any] = {}
    events: Annotated[list[EventRow], Field(min_length=1)]
    until: Instant | None = None
    alerts: list[ExpectedRecord]
    verdicts: list[ExpectedVerdict] = []


class RuleTest(_Part):
    """One file: the rule it is about, and its cases."""

    rule: str
    cases: Annotated[list[Case], Field(min_length=1)]

    @model_validator(mode="after")
    def _named_once(self) -> "RuleTest":
        names = [case.name for case in self.cases]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two cases are named {name!r}")
        return self


def parse_rule_test(document: str, text: str) -> RuleTest:
    """Parse a rule test file's text; DocumentError names the key that is wrong, and why."""
    values: Mapping[Any, Any] = read_mapping(document, text)
    unnamed = [key for key in values if not isinstance(key, str)]
    if unnamed:
        raise DocumentError(document, str(unnamed[0]), "unknown key")
    try:
        return RuleTest(**values)
    except ValidationError as error:
        first = error.errors()[0]
    key = ".".join(str(part) for part in first["loc"] if not str(part).startswith("<"))
    unknown = first["type"] == "extra_forbidden"
    problem = "unknown key" if unknown else first["msg"].removeprefix("Value error, ")
    raise DocumentError(document, key, problem)
