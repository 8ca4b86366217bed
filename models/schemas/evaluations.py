"""The evaluation of an alert record: the figures that its verdict is read from."""

from typing import Annotated, Literal

from pydantic import Field

from models.alerts import Verdict
from models.schemas.fields import Count, Day, Days, Number, Open


class Threshold(Open):
    """The settings that the rule judged by, and where they come from."""

    from_: Literal["default", "configuration", "community"] = Field(
        alias="from",
        description="Whether they are the defaults, or set for all, or set for this community.",
    )


class Activity(Open):
    """How much there was of what the rule is about."""

    window: Days = Field(description="The first and the last day that were looked at.")
    events: Count = Field(description="How many such events those days hold.")


class Invitations(Open):
    """What came of invitations in a shorter window; it is not judged."""

    window: Days = Field(description="The first and the last day that were looked at.")
    joined: Count = Field(description="How many members joined by invitation.")
    inviters: Count = Field(description="How many members invited somebody.")
    rate_percent: Number | None = Field(description="Joined per 100 inviters, cut to 2 digits.")


class Participation(Open):
    """A campaign that is judged, and how many distinct members took part in it."""

    campaign_id: str = Field(description="The campaign, as the platform names it.")
    first_day: Day = Field(description="The day of its first interaction.")
    first: Count = Field(description="Participants of the seven days from its first day on.")
    latest: Count = Field(description="Participants of `window`.")
    late: Count = Field(description="Of what both did, how much arrived after its day closed.")


class NotJudged(Open):
    """How many campaigns are not judged, by the reason."""

    over: Count = Field(description="Nobody took part in `window`.")
    unseen: Count = Field(description="They may have begun before the first day that is known.")
    young: Count = Field(description="They have not run for the whole weeks that are asked for.")
    small: Count = Field(description="Too few took part in their first week.")


class Traces(Open):
    """What a member did before falling silent, as of the close at which the alert began."""

    window: Days = Field(description="The first and the last of the 60 days looked at.")
    known: bool = Field(description="Whether all of these days are known.")
    last_viewed_day: Day | None = Field(description="When the member last viewed something.")
    last_spoke_day: Day | None = Field(description="When the member last posted or replied.")
    last_received_day: Day | None = Field(
        description="When somebody last answered or liked something of the member's."
    )
    viewers: Count = Field(description="Members of the community who viewed in 28 days.")
    receivers: Count = Field(description="Members who were answered or liked in 28 days.")


class Funnel(Open):
    """How many of those who joined in `window` have come how far."""

    joined: Count = Field(description="Members who joined.")
    interacted: Count = Field(description="Who interacted within 30 days.")
    stayed: Count = Field(description="Who was active again 7 to 14 days later.")
    month: Count = Field(description="Who was active again 30 to 37 days later.")
    recommends: Count = Field(description="Who has given a score of 9 or more.")


class FunnelRates(Open):
    """The same per hundred who joined, cut to two digits; null where nobody joined."""

    interacted: Number | None = Field(description="Interacted within 30 days, per hundred.")
    stayed: Number | None = Field(description="Active again after a week, per hundred.")
    month: Number | None = Field(description="Active again after a month, per hundred.")
    recommends: Number | None = Field(description="Gave a score of 9 or more, per hundred.")


class Surveys(Open):
    """What the answered surveys say."""

    window: Days = Field(description="The first and the last day that were looked at.")
    answered: Count = Field(description="Surveys answered with a score.")
    promoters: Count = Field(description="Scores of 9 or more.")
    detractors: Count = Field(description="Scores of 6 or less.")
    net_promoter_score: Number | None = Field(
        description="Promoters less detractors per hundred answers, cut to two digits."
    )


class ContentEffect(Open):
    """How much of what was viewed in some days was read, and how often things were shared."""

    window: Days = Field(description="The first and the last day that were looked at.")
    views: Count = Field(description="How often something was viewed.")
    shares: Count = Field(description="How often something was shared.")
    shares_percent: Number | None = Field(description="Shares per 100 views, cut to two digits.")
    completions: Count = Field(description="How many of the views say how much was read.")
    read_percent: Number | None = Field(
        description="How much was read on average, 100 for all of it, cut to two digits."
    )


class Content(Open):
    """The effect of content over two windows."""

    week: ContentEffect = Field(description="The last seven days.")
    month: ContentEffect = Field(description="The last 28 days.")


Ratio = Annotated[list[Count], Field(min_length=2, max_length=2)]
"""A count, and out of how many."""


class Component(Open):
    """One component of the health index: its counts, and what they do to the index."""

    recent: list[Ratio | None] = Field(
        description="A count and out of how many, in each window that is judged."
    )
    usual: Ratio | None = Field(description="The same in the eight weeks.")
    score: Number | None = Field(description="0 to 100 of the usual; null where it is missing.")
    contribution: Number | None = Field(description="The points it gives to the index.")
    pull: Number | None = Field(description="The points it takes from the index.")


class Evaluation(Open):
    """The figures of the verdict: whoever holds them can recompute it."""

    verdict: Verdict = Field(
        strict=False,
        description="The answer of the rule: FIRE, OK, or one of the inconclusive ones.",
    )
    value: Number | None = Field(
        description="The measure over `window`; null where nothing is known to measure."
    )
    window: Days = Field(description="The first and the last day of the measure.")
    threshold: Threshold = Field(description="The settings that the rule judged by.")
    timezone: str = Field(description="The time zone of the days (IANA name).")
    late_events: Count = Field(
        description="How many of the events counted had arrived after their day closed."
    )
    baseline: Number | None = Field(None, description="What the value is compared with.")
    baseline_window: Days | None = Field(
        None, description="The first and the last day of the baseline."
    )
    change_percent: Number | None = Field(
        None, description="How far the value is from the baseline, cut to two digits."
    )
    first_day: Day | None = Field(None, description="The first day of the community.")
    active: Activity | None = Field(
        None, description="How much the community did of what the rule is about."
    )
    shares: Count | None = Field(None, description="How many shares of `window` it is a rate of.")
    interactions: Count | None = Field(None, description="The interactions of members in `window`.")
    interactions_before: Count | None = Field(
        None, description="The interactions of members in `baseline_window`."
    )
    inviters: Count | None = Field(
        None, description="How many members invited somebody in `window`: it is a rate of them."
    )
    viewers: Count | None = Field(
        None, description="How many members viewed something in `window`: it is a rate of them."
    )
    known_members: Count | None = Field(
        None, description="How many members were known at the close, without those who left."
    )
    rate_percent: Number | None = Field(
        None, description="Value per 100 of what it is a rate of, cut to 2 digits."
    )
    week: Invitations | None = Field(None, description="The same for the last seven days.")
    index: Number | None = Field(
        None, description="The health index, 0 to 100; `value` has it in hundredths, rounded up."
    )
    components: dict[str, Component] | None = Field(
        None, description="What the health index is made of, by the component's name."
    )
    pulled_most: list[str] | None = Field(
        None, description="The components that pull the index down most, at most three."
    )
    missing: list[str] | None = Field(
        None, description="The components that are not known; the others have their weight."
    )
    explanation: str | None = Field(None, description="The index and its parts, in words.")
    last_interaction_day: Day | None = Field(
        None, description="The day of the member's last interaction."
    )
    diagnosis: Literal["no_demand", "barrier", "value_not_felt", "unknown"] | None = Field(
        None, description="Why the member fell silent, as far as events tell; where asked for."
    )
    traces: Traces | None = Field(None, description="What the diagnosis was made from.")
    left: bool | None = Field(None, description="Whether the member has left the community.")
    case: str | None = Field(
        None, description="What was found, where the playbook depends on it: a rung, a stage."
    )
    campaign_id: str | None = Field(
        None, description="The campaign that the value and the baseline are of."
    )
    campaign_week: Count | None = Field(
        None, description="The week of that campaign in which `window` ends; 1 is its first."
    )
    campaigns: list[Participation] | None = Field(
        None, description="The campaigns that are judged, ten at most; that one fell most of them."
    )
    campaigns_not_judged: NotJudged | None = Field(
        None, description="How many other campaigns are known, and why they are not judged."
    )
    community_day: Count | None = Field(
        None, description="The day of the community, counted from its first day, which is 1."
    )
    joined: Count | None = Field(None, description="How many joined in `window`.")
    joined_plan: Count | None = Field(
        None, description="How many the plan asks for by the last day of `window`."
    )
    funnel: Funnel | None = Field(None, description="The steps of those who joined in `window`.")
    rates_percent: FunnelRates | None = Field(None, description="The steps as rates.")
    surveys: Surveys | None = Field(None, description="The surveys of the last 28 days.")
    content: Content | None = Field(None, description="What was read and shared.")
    firing_since: Day | None = Field(None, description="The day the alert started on.")
