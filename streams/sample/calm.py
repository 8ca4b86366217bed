"""Who plays in the sample: the communities in which all is well."""

from __future__ import annotations

from random import Random
from typing import Final

from streams.sample.community import Community, Errand, between, counts
from streams.sample.growth import MONTHLY
from streams.sample.instants import DAYS


def quiet(random: Random, number: int) -> tuple[Community, ...]:
    """So many communities that must raise nothing: each kind of quiet in turn."""
    return tuple(_quiet(random, index) for index in range(number))


_QUIET: Final = (
    # name, time zone, members, speech a day at the start and at the end, referral, offset
    ("cycling-club", "Europe/London", 60, 46, 46, False, 0),
    ("留学互助会", "Asia/Shanghai", 70, 44, 50, False, 480),
    ("indie-games", "America/New_York", 80, 60, 60, False, 0),
    ("wine-lovers", "UTC", 50, 44, 36, True, 0),
    ("chess-corner", "Asia/Kolkata", 40, 30, 44, False, 330),
    ("village-choir", "Europe/London", 12, 2, 2, False, 0),
    ("亲子阅读", "Asia/Shanghai", 65, 50, 42, True, 0),
    ("home-barista", "America/New_York", 75, 52, 52, True, 0),
    ("trail-runners", "Australia/Sydney", 60, 45, 45, False, 0),
    ("python-beginners", "UTC", 90, 66, 70, False, 0),
    ("plant-swap", "Europe/London", 55, 38, 34, True, 0),
    ("night-photographers", "UTC", 45, 34, 40, False, 0),
)

_OWN_RULES: Final = {
    # Twelve sing, and ever more only listen.
    "village-choir": {MONTHLY: {"minimum_percent": 5}},
}


def _quiet(random: Random, index: int) -> Community:
    name, timezone, members, first, last, referral, offset = _QUIET[index % len(_QUIET)]
    turn = index // len(_QUIET)
    levels = [first + (last - first) * day // (DAYS - 1) for day in range(DAYS)]
    goodbye = members - 1
    return Community(
        id=f"{name}-{turn + 1}" if turn else name,
        code=f"q{index + 1:02d}",
        timezone=timezone,
        members=members,
        speech=counts(random, levels, jitter_percent=3),
        conversions=between(random, 58, 72) if referral else (0,) * DAYS,
        shares=8 if referral else 0,
        bot_posts=(2,) * DAYS,
        # One member says goodbye and is gone: no alert, for Pulse was told.
        away={goodbye: range(45, DAYS)},
        errands={45: (Errand("member.left", goodbye),)},
        offset_minutes=offset,
        fast_clock=range(20, 50) if index == 0 else range(0),
        rules=_OWN_RULES.get(name, {}),
    )
