"""Policies: what holds for one community, once defaults and overrides are merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from models.days import Calendar, calendar
from models.panes import JOINED_DAYS
from rules.catalogue import Catalogue, Rule, parse_parameters
from rules.configuration import Configuration
from rules.lifecycle import Hold
from rules.measures import COMMUNITY_MEASURES, LADDER_MEASURES, MEMBER_MEASURES
from rules.measures.measure import (
    CommunityMeasure,
    LadderMeasure,
    MemberMeasure,
    Setting,
    needs_ledger,
)
from rules.measures.member_tiers import MemberTiersParameters

LATE_DAYS = 35
"""How many days before the next day to close a late event still counts (contract, section 3)."""


@dataclass(frozen=True, slots=True)
class RulePolicy:
    """One rule as it holds for one community; exactly one of the three measures is set.

    `enabled` says whether the rule judges; `horizon` is how many days up to and including the
    judged one it looks at.
    """

    id: str
    enabled: bool
    rule: Rule
    setting: Setting
    hold: Hold
    horizon: int
    community_measure: CommunityMeasure | None
    member_measure: MemberMeasure | None
    ladder_measure: LadderMeasure | None

    @property
    def may_end(self) -> bool:
        """Whether the rule is off, and an alert of it about a community must still end."""
        return not self.enabled and self.community_measure is not None

    @property
    def needs_ledger(self) -> bool:
        """Whether the rule, as it is set, needs to know who did how much on which day."""
        measure = self.community_measure or self.member_measure or self.ladder_measure
        assert measure is not None
        return self.enabled and needs_ledger(measure, self.setting.parameters)


@dataclass(frozen=True, slots=True)
class Circles:
    """How members are parted into circles (`rules.circles`), and whether their changes are told.

    `high` is from how much on a tag says `high`, in the order of the tags.
    """

    core_percent: int
    active_percent: int
    down_closes: int
    high: tuple[int, int, int]
    are_told: bool


_ARTICLE_CIRCLES = Circles(50, 85, 7, (20, 2, 10), are_told=False)
"""The circles where a catalogue has no rule that reports them."""


@dataclass(frozen=True, slots=True)
class CommunityPolicy:
    """All that holds for one community.

    `rules` are all of them in the order of their ids, disabled ones too: an alert of theirs that
    stands must still end. `rules_on` are those that judge, `rules_off` the ids of the others about
    communities. `member_policy` is the one about members and `member_rule` the same
    where it is enabled: the wheel of due days belongs to it. `lateness` is in milliseconds;
    `horizon` is how many days up to and including the judged one the enabled rules look at,
    `pane_days` how many days before the next day to close panes are kept. A rule that is off
    makes neither longer; where its alert still stands, it is told of the days that are kept.
    `ladder_policy` and `ladder_rule` are the churn ladder likewise. `keeps_ledger` says that a rule
    that is on needs the ledger; then the circles are drawn too.
    """

    calendar: Calendar
    lateness: int
    rules: tuple[RulePolicy, ...]
    rules_on: tuple[RulePolicy, ...]
    rules_off: frozenset[str]
    horizon: int
    pane_days: int
    member_policy: RulePolicy | None
    member_rule: RulePolicy | None
    ladder_policy: RulePolicy | None
    ladder_rule: RulePolicy | None
    keeps_ledger: bool
    circles: Circles

    def close_of(self, day: int) -> int:
        """Return the instant (milliseconds) at which `day` closes."""
        return self.calendar.midnight_after(day) + self.lateness


class Policies:
    """The policies of all communities; built on first use, the same one for all without override.

    `dedupe` is the horizon of de-duplication in milliseconds.
    """

    def __init__(self, configuration: Configuration, catalogue: Catalogue) -> None:
        """Bind a checked configuration to the catalogue that it was checked against."""
        self.configuration = configuration
        self.catalogue = catalogue
        self.dedupe = configuration.time.dedupe
        self._default = self._build(None)
        self._own = {name: self._build(name) for name in configuration.communities}

    def of(self, community_id: str) -> CommunityPolicy:
        """Return what holds for the community."""
        return self._own.get(community_id, self._default)

    @property
    def elsewhere(self) -> CommunityPolicy:
        """What holds for every community that the configuration does not name."""
        return self._default

    def _build(self, community_id: str | None) -> CommunityPolicy:
        time = self.configuration.time
        section = self.configuration.communities.get(community_id) if community_id else None
        zone = (section.timezone if section else None) or time.timezone
        rules = [
            self._rule(rule, section.rules.get(rule.id, {}) if section else {}, zone)
            for rule in self.catalogue.values()
        ]
        horizon = max([1, *(policy.horizon for policy in rules if policy.enabled)])
        members = next((policy for policy in rules if policy.member_measure), None)
        ladder = next((policy for policy in rules if policy.ladder_measure), None)
        keeps_ledger = any(policy.needs_ledger for policy in rules)
        return CommunityPolicy(
            calendar(zone),
            time.lateness,
            tuple(rules),
            tuple(policy for policy in rules if policy.enabled),
            frozenset(policy.id for policy in rules if policy.may_end),
            horizon,
            max(LATE_DAYS, horizon, JOINED_DAYS + 1 if keeps_ledger else 0),
            members,
            members if members is not None and members.enabled else None,
            ladder,
            ladder if ladder is not None and ladder.enabled else None,
            keeps_ledger,
            _circles(rules),
        )

    def _rule(self, rule: Rule, own: dict[str, object], zone: str) -> RulePolicy:
        general = self.configuration.rules.get(rule.id, {})
        merged = {**rule.definition.parameters, **general, **own}
        parameters = parse_parameters("configuration", rule.id, rule.definition, merged)
        origin = "community" if _sets(own) else "configuration" if _sets(general) else "default"
        measure = COMMUNITY_MEASURES.get(rule.definition.measure)
        ladder = LADDER_MEASURES.get(rule.definition.measure)
        horizon = 1 if ladder is None else ladder.horizon
        return RulePolicy(
            rule.id,
            parameters.enabled,
            rule,
            Setting(parameters, origin, zone),
            parameters.hold(),
            measure.horizon(parameters) if measure is not None else horizon,
            measure,
            MEMBER_MEASURES.get(rule.definition.measure),
            ladder,
        )


def _circles(rules: Iterable[RulePolicy]) -> Circles:
    """Read the circles out of the settings of the rule that reports them, on or off."""
    for policy in rules:
        parameters = policy.setting.parameters
        if isinstance(parameters, MemberTiersParameters):
            return Circles(
                parameters.core_percent,
                parameters.active_percent,
                parameters.down_closes,
                (parameters.demand_high, parameters.pay_high, parameters.social_high),
                policy.enabled,
            )
    return _ARTICLE_CIRCLES


def _sets(values: Mapping[str, object]) -> bool:
    """Tell whether a section says how a rule judges, and not only whether it does."""
    return any(name != "enabled" for name in values)
