"""What one community is at a close: its events, its members, its verdicts, its alerts' lives."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from . import growth
from .beginnings import cold_start, content_effect, funnel
from .campaigns import Campaigns, participation
from .health import health_index
from .ladder import Ladder
from .ledger import Ledger
from .reading import EPOCH, SPEECH, Record, microseconds

INCONCLUSIVE_CLOSES_TO_END = 28
DAY = timedelta(days=1)
LIFECYCLE: dict[str, Any] = {"enabled": True, "for_days": 0, "keep_firing_days": 0}
OFF: dict[str, Any] = {**LIFECYCLE, "enabled": False}
DEFAULTS: dict[str, dict[str, Any]] = {
    "cohort-value": OFF,
    "core-circle-shrinking": {**OFF, "drop_percent": 20, "floor": 20},
    "content-conversion-low": {**OFF, "minimum_permille": 58, "floor": 100},
    "growth-stage": {
        **OFF, "few_inviters": 10, "grow_percent": 50, "viral_percent": 50, "pay_hundredths": 100,
        "drive_percent": 80,
    },
    "campaign-participation-decay": {
        **OFF, "keep_percent": 40, "floor": 20, "minimum_weeks": 2, "for_days": 6,
    },
    "cold-start-behind": {
        **OFF, "users": 100, "interviews": 100, "co_creation": 24, "votes": 50, "start_days": 7,
    },
    "health-index-falling": {
        **OFF, "keep_firing_days": 20, "index_at_most": 70, "window_days": 28, "floor": 400,
        "least_cases": 10, "speech_density_weight": 40, "speaking_members_weight": 15,
        "reply_rate_weight": 10, "newcomers_who_stay_weight": 10, "share_conversion_weight": 10,
        "concentration_weight": 5, "satisfaction_weight": 10,
    },
    "member-churn": {
        **OFF, "first_days": 14, "second_days": 30, "third_days": 60, "lost_days": 90,
    },
    "content-effect": {**OFF, "floor": 100},
    "member-funnel": {**OFF, "floor": 20},
    "member-silent": {**LIFECYCLE, "silent_days": 30, "diagnose": False},
    "member-tiers": {
        **OFF, "core_percent": 50, "active_percent": 85, "down_closes": 7,
        "demand_high": 20, "pay_high": 2, "social_high": 10,
    },
    "monthly-activity-low": {**OFF, "minimum_percent": 30, "floor": 50},
    "share-conversion-low": {**LIFECYCLE, "minimum": 50, "active_days": 28},
    "share-conversion-rate-low": {
        **OFF, "minimum_percent": 3, "floor": 100, "window_days": 7, "active_days": 28,
    },
    "speech-density-drop": {**LIFECYCLE, "drop_percent": 20, "floor": 20, "window_days": 7},
    "transactions-stalled": {**OFF, "window_days": 7, "active_days": 28},
    "viral-coefficient-low": {**OFF, "minimum_percent": 50, "floor": 10},
}  # fmt: skip


@dataclass
class Lifecycle:
    """One rule and subject: closes in a row, and the day the firing alert started on."""

    fires: int = 0
    oks: int = 0
    inconclusives: int = 0
    started_on: date | None = None

    def step(self, verdict: str, day: date, settings: Mapping[str, Any]) -> str | None:
        """Takes the verdict of one close; returns the reason of the transition, if any."""
        if verdict == "FIRE":
            self.fires, self.oks, self.inconclusives = self.fires + 1, 0, 0
            if self.started_on is None and self.fires > settings["for_days"]:
                self.started_on = day
                return "threshold"
        elif verdict == "OK":
            self.fires, self.oks, self.inconclusives = 0, self.oks + 1, 0
            if self.started_on is not None and self.oks > settings["keep_firing_days"]:
                return "recovered"
        else:
            self.inconclusives += 1
            if self.started_on is not None and self.inconclusives >= INCONCLUSIVE_CLOSES_TO_END:
                return "inconclusive"
        return None

    def end(self) -> date:
        """Ends the firing alert and forgets every row of closes; returns its first day."""
        started_on = self.started_on
        assert started_on is not None
        self.fires = self.oks = self.inconclusives = 0
        self.started_on = None
        return started_on


@dataclass
class Member:
    """The last interaction's day (None before the first), and whether the member has left.

    `cause` is what was diagnosed when the alert began that stands.
    """

    last_day: date | None = None
    cause: str | None = None
    left: bool = False
    alert: Lifecycle = field(default_factory=Lifecycle)
    ladder: Ladder = field(default_factory=Ladder)


@dataclass
class Community:
    """Everything known of one community; `events` and `happenings` hold what was counted."""

    id: str
    zone: ZoneInfo
    lateness: int
    rules: dict[str, dict[str, Any]]
    first_day: date
    next_day: date
    events: list[tuple[date, str]] = field(default_factory=list)
    happenings: list[tuple[date, Record]] = field(default_factory=list)
    members: dict[str, Member] = field(default_factory=dict)
    alerts: dict[str, Lifecycle] = field(default_factory=dict)
    campaigns: Campaigns = field(default_factory=dict)
    ledger: Ledger | None = None

    def close_of(self, day: date) -> int:
        """The instant at which that day closes."""
        midnight = datetime.combine(day + DAY, time(0), tzinfo=self.zone)
        return microseconds(midnight.astimezone(UTC)) + self.lateness

    def count(self, types: Iterable[str], first: date, last: date) -> int:
        """Persons' events of these types from the first to the last day, both included."""
        wanted = set(types)
        return sum(first <= day <= last and name in wanted for day, name in self.events)


def speech_density(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """Speech in the window that ends with the day, against the window before."""
    length = settings["window_days"] * DAY
    current = community.count(SPEECH, day - length + DAY, day)
    previous = community.count(SPEECH, day - 2 * length + DAY, day - length)
    if day - 2 * length + DAY < community.first_day:
        return current, previous, "LEARNING"
    if previous < settings["floor"] or previous == 0:
        return current, previous, "BELOW_FLOOR"
    fires = 100 * (previous - current) >= settings["drop_percent"] * previous
    return current, previous, "FIRE" if fires else "OK"


def share_conversion(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """Converted shares of the day, where the community shares at all."""
    converted = community.count(["share.converted"], day, day)
    if day == community.first_day:
        return converted, None, "LEARNING"
    active_since = day - settings["active_days"] * DAY + DAY
    if community.count(["share.created", "share.converted"], active_since, day) == 0:
        return converted, None, "NOT_APPLICABLE"
    return converted, None, "FIRE" if converted < settings["minimum"] else "OK"


def share_conversion_rate(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """Conversions of the last days for each hundred shares of the same days."""
    first = day - (settings["window_days"] - 1) * DAY
    converted = community.count(["share.converted"], first, day)
    shares = community.count(["share.created"], first, day)
    shared_since = day - (settings["active_days"] - 1) * DAY
    if (first - community.first_day).days < 0:
        answer = "LEARNING"
    elif not community.count(["share.created"], shared_since, day):
        answer = "NOT_APPLICABLE"
    elif shares < settings["floor"]:
        answer = "BELOW_FLOOR"
    else:
        enough = Fraction(converted, shares) >= Fraction(settings["minimum_percent"], 100)
        answer = "OK" if enough else "FIRE"
    return converted, None, answer


def transactions(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """Whether anybody bought in the last days; judged once all of them were seen from midnight."""
    bought = ["purchase.completed"]
    before = day - settings["window_days"] * DAY
    now = community.count(bought, before + DAY, day)
    earlier = community.count(bought, before - (settings["active_days"] - 1) * DAY, before)
    days_seen_whole = (day - community.first_day).days
    if days_seen_whole < settings["window_days"]:
        return now, earlier, "LEARNING"
    if now == 0:
        return now, earlier, "FIRE" if earlier else "NOT_APPLICABLE"
    return now, earlier, "OK"


def core_circle(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int | None, int | None, str]:
    """Core members now, and four weeks ago."""
    if (day - community.first_day).days < 55:
        return None, None, "LEARNING"
    assert community.ledger is not None
    closes = community.ledger.closes
    now = closes[day]["tier_core"]
    # A day that had passed when the first event came was never closed: nobody was core.
    earlier = closes.get(day - 28 * DAY, {"tier_core": 0})["tier_core"]
    if earlier == 0 or earlier < settings["floor"]:
        return now, earlier, "BELOW_FLOOR"
    lost = Fraction(earlier - now, earlier)
    return now, earlier, "FIRE" if lost >= Fraction(settings["drop_percent"], 100) else "OK"


def of_growth(measure: growth.Measure) -> Measure:
    """A measure of members, who are counted in the ledger."""

    def judged(
        community: Community, day: date, settings: Mapping[str, Any]
    ) -> tuple[int | None, int | None, str]:
        assert community.ledger is not None
        value, verdict = measure(community.ledger, community.first_day, day, settings)
        return value, None, verdict

    return judged


def campaign_participation(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """The latest week of a campaign against its first."""
    return participation(
        community.happenings, community.campaigns, community.first_day, day, settings
    )


def health(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int | None, int | None, str]:
    """The community against its own last eight weeks."""
    return health_index(community.happenings, community.first_day, day, settings)


def tiers(
    community: Community, day: date, settings: Mapping[str, Any]
) -> tuple[int, int | None, str]:
    """The core circle; only told of."""
    assert community.ledger is not None
    figures = community.ledger.closes[day]
    answer = "OK" if figures["interactions_28"] else "NOT_APPLICABLE"
    if day - 27 * DAY < community.first_day:
        answer = "LEARNING"
    return figures["tier_core"], None, answer


Measure = Callable[[Community, date, Mapping[str, Any]], tuple[int | None, int | None, str]]
MEASURES: dict[str, Measure] = {
    "core-circle-shrinking": core_circle,
    "cohort-value": of_growth(growth.cohort_value),
    "content-conversion-low": of_growth(growth.content_conversion),
    "growth-stage": of_growth(growth.growth_stage),
    "monthly-activity-low": of_growth(growth.monthly_activity),
    "campaign-participation-decay": campaign_participation,
    "cold-start-behind": cold_start,
    "health-index-falling": health,
    "member-tiers": tiers,
    "share-conversion-low": share_conversion,
    "share-conversion-rate-low": share_conversion_rate,
    "content-effect": content_effect,
    "member-funnel": funnel,
    "speech-density-drop": speech_density,
    "transactions-stalled": transactions,
    "viral-coefficient-low": of_growth(growth.viral_coefficient),
}


def settings_of(
    everywhere: Mapping[str, Any], here: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """Defaults, then the configuration's rules, then the community's own."""
    return {
        rule: {**defaults, **(everywhere.get(rule) or {}), **(here.get(rule) or {})}
        for rule, defaults in DEFAULTS.items()
    }


def local_day(moment: int, zone: ZoneInfo) -> date:
    """The calendar day of an instant in a zone."""
    return (EPOCH + timedelta(microseconds=moment)).astimezone(zone).date()
