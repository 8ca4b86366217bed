"""Why a member fell silent, as CATALOGUE tells it: read from all that the member ever did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from .counting import ANSWERS, Happening, who, within
from .ledger import Ledger
from .reading import SPEECH


def asked_why(rules: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether alerts about silent members say why."""
    settings = rules["member-silent"]
    return bool(settings["enabled"] and settings["diagnose"])


def cause(ledger: Ledger, member: str, day: date) -> str | None:
    """The branch of the problem tree; None where nothing of the member was ever counted."""
    if member not in ledger.known:
        return None
    month = within(ledger.happenings, day, 28)
    since = day - timedelta(days=59)
    own = [each for each in ledger.happenings if each[1].user_id == member]
    views = [when for when, record in own if record.type == "content.viewed"]
    spoke = [when for when, record in own if record.type in SPEECH and when >= since]
    heard = [when for when, name in answered(ledger.happenings) if name == member and when >= since]
    if spoke and not heard:
        return "value_not_felt" if answered(month) else "unknown"
    if not who(month, {"content.viewed"}) or not views:
        return "unknown"
    if (day - max(views)).days >= 28:
        return "no_demand"
    return "unknown" if spoke else "barrier"


def answered(happenings: Iterable[Happening]) -> list[tuple[date, str]]:
    """Who was answered or liked by somebody else, and when."""
    return [
        (when, record.target_user_id)
        for when, record in happenings
        if record.type in ANSWERS
        and record.target_user_id
        and record.target_user_id != record.user_id
    ]
