"""Snapshots as they are published: every measure and every verdict of one judged day."""

from pydantic import ConfigDict, Field

from models.alerts import Verdict
from models.schemas.examples import SNAPSHOT
from models.schemas.fields import Count, Day, Identifier, Instant, Number, Open, examples


class Figures(Open):
    """The figures of a verdict; which there are, beside these, depends on the rule."""

    verdict: Verdict = Field(strict=False, description="The answer of the rule.")
    value: Number | None = Field(description="The measure; null where it is not known.")
    timezone: str = Field(description="The time zone of the days (IANA name).")


class Judgement(Open):
    """What one rule said of the day."""

    verdict: Verdict = Field(strict=False, description="The answer of the rule.")
    evaluation: Figures = Field(description="The figures of the verdict.")


class Snapshot(Open):
    """Every measure and every verdict of one judged day of a community."""

    model_config = ConfigDict(title="Snapshot", json_schema_extra=examples(SNAPSHOT))

    community_id: Identifier = Field(description="The community that was judged.")
    day: Day = Field(description="The day that was judged.")
    closed_at: Instant = Field(description="When the day closed: local midnight plus `lateness`.")
    timezone: str = Field(description="The time zone of the community's days (IANA name).")
    first_day: Day = Field(description="The first day of the community.")
    measures: dict[str, Number | None] = Field(
        description="The measures of the day by name; null where one is not known."
    )
    late_events: Count = Field(
        description="How many of the day's events had arrived after their day closed."
    )
    verdicts: dict[str, Judgement] = Field(description="What each rule said, by rule id.")
