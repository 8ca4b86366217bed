"""Random configurations, as section 7 of the contract lets them be written."""

from __future__ import annotations

import random
from typing import Any

ZONES = [
    "UTC", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "America/Havana",
    "Europe/London", "Asia/Shanghai", "America/New_York", "Pacific/Kiritimati", "Asia/Beirut",
    "America/St_Johns", "Pacific/Pago_Pago",
]  # fmt: skip


def configured(dice: random.Random, zones: dict[str, str]) -> dict[str, Any]:
    """A configuration for these communities; sets in `zones` the zone that each really gets."""
    times: dict[str, Any] = {"clock": "records"}
    if dice.random() < 0.4:
        times["lateness"] = dice.choice(["0s", "30m", "1h", "6h", "26h", "72h"])
    if dice.random() < 0.4:
        times["dedupe"] = dice.choice(["0s", "1m", "15m", "2h", "48h"])
    if dice.random() < 0.5:
        times["timezone"] = dice.choice(ZONES)
    communities: dict[str, Any] = {}
    for name in list(zones):
        own: dict[str, Any] = {}
        if dice.random() < 0.8:
            own["timezone"] = zones[name]
        else:
            zones[name] = times.get("timezone", "UTC")
        if dice.random() < 0.5:
            own["rules"] = _rules(dice)
        if own:
            communities[name] = own
    rules = _rules(dice) if dice.random() < 0.7 else {}
    return {"time": times, "rules": rules, "communities": communities}


def _rules(dice: random.Random) -> dict[str, dict[str, Any]]:
    settings: dict[str, dict[str, tuple[float, list[Any]]]] = {
        "speech-density-drop": {
            "drop_percent": (0.4, [1, 10, 20, 25, 50, 100]),
            "floor": (0.5, [0, 1, 5, 20, 28, 35]),
            "window_days": (0.4, [1, 2, 3, 7, 14, 30]),
        },
        "share-conversion-low": {
            "minimum": (0.7, [1, 2, 3, 4]),
            "active_days": (0.5, [1, 2, 3, 7, 28, 40]),
        },
        "share-conversion-rate-low": {
            "minimum_percent": (0.8, [1, 50, 100, 250, 400, 1000]),
            "floor": (0.9, [1, 1, 2, 3, 5]),
            "window_days": (0.4, [1, 2, 3, 7, 14, 30]),
            "active_days": (0.4, [1, 2, 7, 28, 40]),
        },
        "transactions-stalled": {
            "window_days": (0.5, [1, 2, 3, 7, 14, 30]),
            "active_days": (0.5, [1, 2, 7, 28, 40, 60]),
        },
        "member-silent": {"silent_days": (0.6, [1, 2, 3, 5, 7, 14, 30, 45])},
    }
    rules: dict[str, dict[str, Any]] = {}
    for rule, own in settings.items():
        own["for_days"] = (0.25, [0, 1, 2, 3])
        own["keep_firing_days"] = (0.25, [0, 1, 2, 4])
        # What is off as shipped is turned on more often than not.
        is_off = rule in ("share-conversion-rate-low", "transactions-stalled")
        own["enabled"] = (0.8, [True, True, True, False]) if is_off else (0.1, [True, False])
        chosen = {key: dice.choice(values) for key, (p, values) in own.items() if dice.random() < p}
        if chosen:
            rules[rule] = chosen
    return rules
