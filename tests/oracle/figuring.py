"""Rules about a community as a whole that read the ledger's figures, turned on in a history."""

from __future__ import annotations

import random
from typing import Any

FIGURED: dict[str, dict[str, tuple[float, list[Any]]]] = {
    "core-circle-shrinking": {
        "drop_percent": (0.8, [1, 10, 20, 30, 50, 100]),
        "floor": (0.9, [0, 1, 2, 3]),
    },
    "health-index-falling": {
        "index_at_most": (0.7, [10, 50, 70, 90, 99]),
        "window_days": (0.5, [7, 8, 14, 21, 27]),
        "floor": (0.9, [0, 1, 20, 100]),
        "least_cases": (0.9, [1, 1, 2, 5]),
        "speech_density_weight": (0.3, [0, 1, 100]),
        "newcomers_who_stay_weight": (0.3, [0, 1, 100]),
        "share_conversion_weight": (0.3, [0, 1, 100]),
        "satisfaction_weight": (0.3, [0, 1, 100]),
    },
    "member-silent": {"silent_days": (0.5, [1, 3, 5, 10, 20, 30, 45])},
}
"""How probable it is that a setting of a rule is another, and what it may be then."""


def judged_by_figures(dice: random.Random, configuration: dict[str, Any]) -> None:
    """Turns on rules that read figures, and lets silent members be diagnosed."""
    if dice.random() < 0.8:
        configuration["rules"] = {**configuration["rules"], **_figured(dice)}
    for name in configuration["communities"]:
        if dice.random() < 0.4:
            own = configuration["communities"][name]
            own["rules"] = {**own.get("rules", {}), **_figured(dice)}


def _figured(dice: random.Random) -> dict[str, dict[str, Any]]:
    rules: dict[str, dict[str, Any]] = {}
    for rule, settings in FIGURED.items():
        switch = "diagnose" if rule == "member-silent" else "enabled"
        own: dict[str, Any] = {switch: dice.random() < 0.75}
        for key in ("for_days", "keep_firing_days"):
            if dice.random() < 0.25:
                own[key] = dice.choice([0, 1, 2, 4])
        for key, (chance, values) in settings.items():
            if dice.random() < chance:
                own[key] = dice.choice(values)
        rules[rule] = own
    return rules
