"""What the oracle knows of campaigns: who took part in the first week, and who does now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from .reading import INTERACTIONS, Record

WEEK = timedelta(days=7)
FORGOTTEN_AFTER = timedelta(days=35)
MOST = 10


@dataclass
class Campaign:
    """A campaign that is known: where in the story it began, and who came in its first week."""

    begins_at: int = 0
    first: int = 0


Campaigns = dict[str, Campaign]


def participation(
    happenings: Sequence[tuple[date, Record]],
    campaigns: Campaigns,
    first_day: date,
    day: date,
    settings: Mapping[str, Any],
) -> tuple[int, int | None, str]:
    """The campaign that kept least of its first week; `campaigns` is what earlier closes knew."""
    parts: list[tuple[Fraction, int, str, int]] = []
    young = small = False
    for name in sorted({str(each.campaign_id) for _, each in happenings if each.campaign_id}):
        campaign = campaigns.setdefault(name, Campaign())
        own = [
            (when, each.user_id)
            for when, each in happenings[campaign.begins_at :]
            if each.campaign_id == name and each.type in INTERACTIONS
        ]
        if not own:
            continue
        begun = min(when for when, _ in own)
        if day - begun < FORGOTTEN_AFTER:
            # Late events may come until then; afterwards the first week stays as it is.
            campaign.first = members(own, begun)
        elif not any(user and day - when < FORGOTTEN_AFTER for when, user in own):
            campaigns[name] = Campaign(begins_at=len(happenings))
            continue
        latest = members(own, day - WEEK + timedelta(days=1))
        if latest == 0 or begun <= first_day:
            continue
        if (day - begun).days + 1 < 7 * settings["minimum_weeks"]:
            young = True
        elif campaign.first < settings["floor"]:
            small = True
        else:
            parts.append((Fraction(latest, campaign.first), -campaign.first, name, latest))
    if not parts:
        return 0, None, "LEARNING" if young else "BELOW_FLOOR" if small else "NOT_APPLICABLE"
    largest = sorted(parts, key=lambda each: each[1:3])[:MOST]
    kept, minus_first, _, latest = min(largest)
    fires = kept <= Fraction(settings["keep_percent"], 100)
    return latest, -minus_first, "FIRE" if fires else "OK"


def members(own: Sequence[tuple[date, str | None]], first: date) -> int:
    """How many distinct members took part in the seven days from `first` on."""
    return len({user for when, user in own if user and first <= when < first + WEEK})
