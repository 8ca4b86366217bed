"""What the close of a day reads out of the ledger: circles, and the figures of the day.

Figures of a day itself (who spoke) are counted again where later events change it; figures of a
window (who was active in 28 days) stay as they were at its close.
"""

from collections.abc import Sequence
from typing import Final

from models import ledger as names
from models.alerts import TierChange
from models.ledger import ENTRY_DAYS
from models.panes import Figure
from rules.circles import Ranking, close_circles, measured
from rules.ledger import Ledger
from rules.measures.measure import CampaignFigures
from rules.state import Community

WEEK_DAYS: Final = 7
_FIFTH: Final = 5


def close_ledger(community: Community, ledger: Ledger, day: int, at: int) -> list[TierChange]:
    """Close `day` in the ledger, its pane and the totals; return who changed circle.

    Nobody is returned where the rule that tells of circles is off.
    """
    community.pane_of(day)
    ledger.recount.add(day)
    # Before the oldest entries go: a late event may just have come to them.
    for each in ledger.recount:
        pane = community.panes.get(each)
        if pane is not None:
            pane[Figure.SPEAKERS : Figure.SPEECH_OUTSIDE_TOP_FIFTH + 1] = _speakers(ledger, each)
            community.dirty_days.append(each)
    ledger.recount.clear()
    ledger.roll(day)
    counts = ledger.interactions
    if ledger.gone:
        counts = {name: count for name, count in counts.items() if name not in ledger.gone}
    ranking = measured(counts, community.policy.circles)
    changes = close_circles(community, ledger, ranking, day, at)
    _note_figures(community, ledger, ranking, day)
    _close_campaigns(ledger, day)
    community.add_up(day)
    return changes


def recount_after_restart(community: Community, ledger: Ledger) -> None:
    """Find the days whose speakers the next close must count again: late events have come."""
    for day, entries in ledger.days.items():
        pane = community.panes.get(day)
        if day < community.next_day and pane is not None and names.SPEECH in entries:
            found = pane[Figure.SPEAKERS : Figure.SPEECH_OUTSIDE_TOP_FIFTH + 1]
            if found != _speakers(ledger, day):
                ledger.recount.add(day)


def _speakers(ledger: Ledger, day: int) -> list[int]:
    """Count who spoke on a day, and what all but the busiest fifth of them said."""
    speech = ledger.days.get(day, {}).get(names.SPEECH, {})
    busiest = sorted(speech.values(), reverse=True)
    return [len(busiest), sum(busiest[-(-len(busiest) // _FIFTH) :])]


def _note_figures(community: Community, ledger: Ledger, ranking: Ranking, day: int) -> None:
    """Write the figures of the windows that end on `day`, as of its close."""
    sums, seats = ledger.sums, ledger.seats
    known = len(ledger.people) - len(ledger.gone)
    invited = sums[names.INVITES].keys() | sums[names.BROUGHT].keys()
    viewers = sums[names.VIEWS].keys()
    pane = community.panes[day]
    pane[Figure.KNOWN_MEMBERS :] = [
        known,
        len(ranking.members),
        *reversed(seats[1:]),
        ranking.total,
        ranking.top_fifth,
        len(viewers),
        len(viewers & sums[names.SPEECH].keys()),
        len(_invited_lately(ledger, day)) if invited else 0,
        len(invited),
    ]


def _invited_lately(ledger: Ledger, day: int) -> set[str]:
    """Return who invited somebody in the week that ends on `day`."""
    found: set[str] = set()
    for each in range(day - WEEK_DAYS + 1, day + 1):
        entries = ledger.days.get(each, {})
        found.update(entries.get(names.INVITES, ()), entries.get(names.BROUGHT, ()))
    return found


def _close_campaigns(ledger: Ledger, day: int) -> None:
    """Count the first weeks that late events may still change; forget what is long over."""
    for campaign_id, campaign in list(ledger.campaigns.items()):
        oldest = day - ENTRY_DAYS + 1
        if campaign.first_day >= oldest:
            last = campaign.first_day + WEEK_DAYS - 1
            campaign.first_week = _participants(ledger, campaign_id, last)
            campaign.first_late = _late(ledger, campaign_id, last)
        elif not any(
            each >= oldest and names.CAMPAIGN + campaign_id in entries
            for each, entries in ledger.days.items()
        ):
            del ledger.campaigns[campaign_id]


def known_campaigns(ledger: Ledger | None, day: int) -> Sequence[CampaignFigures]:
    """Return what the ledger knows of its campaigns at the close of `day`, by their ids.

    One that begins on the next day, before this close, is none of them yet.
    """
    if ledger is None:
        return ()
    return [
        CampaignFigures(
            campaign_id,
            campaign.first_day,
            campaign.first_week,
            _participants(ledger, campaign_id, day),
            campaign.first_late + _late(ledger, campaign_id, day),
        )
        for campaign_id, campaign in sorted(ledger.campaigns.items())
        if campaign.first_day <= day
    ]


def _participants(ledger: Ledger, campaign_id: str, last: int) -> int:
    """Count the distinct members who took part in the seven days that end on `last`."""
    found: set[str] = set()
    name = names.CAMPAIGN + campaign_id
    for day in range(last - WEEK_DAYS + 1, last + 1):
        found.update(ledger.days.get(day, {}).get(name, ()))
    return len(found)


def _late(ledger: Ledger, campaign_id: str, last: int) -> int:
    """Count what came late of what members did in those seven days."""
    name = names.LATE_IN_CAMPAIGN + campaign_id
    week = (ledger.days.get(day, {}) for day in range(last - WEEK_DAYS + 1, last + 1))
    return sum(sum(entries[name].values()) for entries in week if name in entries)
