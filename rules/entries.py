"""What one event says to the ledger beyond who acted: answers, joins, invitations, scores, money.

Definitions (article, 1.1, 1.2, 3.1, 4.1): who acted, was answered or liked, or invited somebody,
is a known member. An answer or like to oneself is received by nobody. A score of 9 or more
recommends, one of 6 or less does not (net promoter score). Amounts count in hundredths; those
below 0 or above a thousand million are not believed.
"""

from collections.abc import Callable
from datetime import date
from enum import IntFlag
from functools import lru_cache
from typing import Final, NamedTuple

from models import ledger as names
from models import members as packed
from models.events import Event, EventType
from models.ledger import Campaign, Cohort, Person
from models.panes import Figure
from rules.churn import watch
from rules.ledger import Ledger
from rules.state import Community


class Stage(IntFlag):
    """How far a member who joined has come in the value funnel (article, 1.2)."""

    INTERACTED = 1
    STAYED = 2
    MONTH = 4
    RECOMMENDS = 8


_PROMOTES: Final = 9
_DETRACTS: Final = 6
_LARGEST_AMOUNT: Final = 10**9
_FIRST_INTERACTION_DAYS: Final = range(31)
_STAYED_DAYS: Final = range(7, 15)
_MONTH_DAYS: Final = range(30, 38)
_BY_INTERACTIONS: Final = int(Stage.INTERACTED | Stage.STAYED | Stage.MONTH)


def known(community: Community, ledger: Ledger, user_id: str) -> Person:
    """Return what is known of a member, to be changed; whoever is new is known from now on."""
    person = ledger.people.get(user_id)
    if person is None:
        person = ledger.people[user_id] = Person()
        ledger.faded[user_id] = None
        ledger.restless.add(user_id)
        ledger.seats[0] += 1
        community.know(user_id)
        if community.members[user_id] & packed.LEFT:
            # Known so far only by what was too old to count.
            ledger.gone.add(user_id)
        _cohort(ledger, 0).members += 1
    ledger.changed_people[user_id] = person
    return person


def note_interaction(community: Community, ledger: Ledger, user_id: str, day: int) -> None:
    """Note what an interaction on a day says of a known member; to note it again says no more."""
    person = ledger.people[user_id]
    if not person.first_interaction or day < person.first_interaction:
        person.first_interaction = day
        ledger.changed_people[user_id] = person
    if day > person.quiet_day > 0:
        person.quiet_tier = person.quiet_day = 0
        ledger.changed_people[user_id] = person
    if person.joined:
        stages = person.stages
        _pass_stages(community, person, day)
        if person.stages != stages:
            ledger.changed_people[user_id] = person
    if not person.waiting:
        watch(community, ledger, user_id, person, day)
    if not is_restless(community, person):
        ledger.restless.discard(user_id)


def is_restless(community: Community, person: Person) -> bool:
    """Tell whether the next interaction of a member may say something new of the member."""
    return (
        not person.first_interaction
        or person.quiet_day > 0
        or (not person.waiting and community.policy.ladder_rule is not None)
        or (
            person.joined > 0
            and person.stages & _BY_INTERACTIONS != _BY_INTERACTIONS
            and person.joined + _MONTH_DAYS[-1] >= community.next_day
        )
    )


def _pass_stages(community: Community, person: Person, day: int) -> None:
    """Count, on the day on which the member joined, which stages of the funnel it has passed."""
    days = day - person.joined
    if days in _FIRST_INTERACTION_DAYS:
        _pass(community, person, Stage.INTERACTED, Figure.JOINED_INTERACTED)
    if days in _STAYED_DAYS:
        _pass(community, person, Stage.STAYED, Figure.JOINED_STAYED)
    elif days in _MONTH_DAYS:
        _pass(community, person, Stage.MONTH, Figure.JOINED_MONTH)


def _pass(community: Community, person: Person, stage: Stage, figure: Figure) -> None:
    if not person.stages & stage:
        person.stages |= int(stage)
        community.count(person.joined, figure)


class Entry(NamedTuple):
    """One event of a person, and the day of the community on which it counts."""

    community: Community
    ledger: Ledger
    event: Event
    day: int

    def add_figure(self, figure: Figure, number: int = 1) -> None:
        """Add to a figure of the day."""
        self.community.panes[self.day][figure] += number

    def add_entry(self, name: str, user_id: str, number: int = 1) -> int:
        """Add to a member's entry of the day; return what it is now."""
        return self.ledger.add(self.day, name, user_id, number, self.community.next_day)

    def known(self, user_id: str) -> Person:
        """Return what is known of a member, to be changed."""
        return known(self.community, self.ledger, user_id)


def _enter_view(entry: Entry) -> None:
    if entry.event.completion is not None:
        entry.add_figure(Figure.COMPLETIONS)
        entry.add_figure(Figure.COMPLETION_HUNDREDTHS, round(entry.event.completion * 100))


def _enter_join(entry: Entry) -> None:
    """Enter that somebody joined, once for each member; and by whose invitation, each time."""
    inviter, user_id = entry.event.inviter_id, entry.event.user_id
    if inviter and inviter != user_id:
        entry.add_figure(Figure.INVITED_JOINED)
        entry.add_entry(names.BROUGHT, inviter)
        _invite(entry, inviter)
    if not user_id:
        return
    person = entry.known(user_id)
    if person.joined:
        return
    person.joined = entry.day
    entry.ledger.restless.add(user_id)
    entry.add_figure(Figure.JOINED_MEMBERS)
    _cohort(entry.ledger, 0).members -= 1
    _cohort(entry.ledger, _month(entry.day)).members += 1
    if person.first_interaction:
        _look_back(entry, user_id, person)


def _look_back(entry: Entry, user_id: str, person: Person) -> None:
    """Count the stages passed by interactions that arrived before the event of joining did."""
    for day, entries in entry.ledger.days.items():
        if day >= person.joined and any(
            user_id in entries.get(name, ()) for name in (names.SPEECH, names.OTHER)
        ):
            _pass_stages(entry.community, person, day)


def _enter_invitation(entry: Entry) -> None:
    user_id = entry.event.user_id
    if user_id:
        entry.add_entry(names.INVITES, user_id)
        _invite(entry, user_id)


def _invite(entry: Entry, inviter: str) -> None:
    """Note the first day on which a member invited, though a later one may have arrived before."""
    person = entry.known(inviter)
    first = person.first_invite
    if first and entry.day >= first:
        return
    if first:
        entry.community.count(first, Figure.NEW_INVITERS, -1)
    person.first_invite = entry.day
    entry.add_figure(Figure.NEW_INVITERS)


def _enter_score(entry: Entry) -> None:
    score, user_id = entry.event.score, entry.event.user_id
    if score is None:
        return
    entry.add_figure(Figure.SURVEYS)
    entry.add_figure(Figure.SURVEY_HUNDREDTHS, round(score * 100))
    entry.add_figure(Figure.PROMOTERS, score >= _PROMOTES)
    entry.add_figure(Figure.DETRACTORS, score <= _DETRACTS)
    if user_id and score >= _PROMOTES:
        person = entry.known(user_id)
        if person.joined:
            _pass(entry.community, person, Stage.RECOMMENDS, Figure.JOINED_RECOMMENDS)


def _enter_purchase(entry: Entry) -> None:
    amount, user_id = entry.event.amount, entry.event.user_id
    spent = round(amount * 100) if amount is not None and 0 <= amount <= _LARGEST_AMOUNT else 0
    entry.add_figure(Figure.SPENT_HUNDREDTHS, spent)
    if not user_id:
        return
    entry.add_entry(names.PURCHASES, user_id)
    if spent:
        entry.add_entry(names.SPENT, user_id, spent)
        joined = entry.known(user_id).joined
        _cohort(entry.ledger, _month(joined) if joined else 0).spent += spent


def enter_campaign(entry: Entry, campaign_id: str) -> None:
    """Enter an interaction that belongs to a campaign, and who took part."""
    entry.add_figure(Figure.IN_CAMPAIGN)
    campaign = entry.ledger.campaigns.get(campaign_id)
    if campaign is None:
        entry.ledger.campaigns[campaign_id] = Campaign(entry.day)
    elif entry.day < campaign.first_day:
        campaign.first_day = entry.day
    user_id = entry.event.user_id
    if user_id:
        entry.add_entry(names.CAMPAIGN + campaign_id, user_id)
        if entry.day < entry.community.next_day:
            entry.add_entry(names.LATE_IN_CAMPAIGN + campaign_id, user_id)


SPECIAL: Final[dict[int, Callable[[Entry], None]]] = {
    int(EventType.CONTENT_VIEWED): _enter_view,
    int(EventType.MEMBER_JOINED): _enter_join,
    int(EventType.INVITE_SENT): _enter_invitation,
    int(EventType.SURVEY_ANSWERED): _enter_score,
    int(EventType.PURCHASE_COMPLETED): _enter_purchase,
}
"""What events of some types say beyond who acted."""


def _cohort(ledger: Ledger, month: int) -> Cohort:
    cohort = ledger.cohorts.get(month)
    if cohort is None:
        cohort = ledger.cohorts[month] = Cohort()
    return cohort


@lru_cache(maxsize=4_096)
def _month(day: int) -> int:
    joined = date.fromordinal(day)
    return 12 * joined.year + joined.month - 1
