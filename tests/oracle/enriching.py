"""What the ledger lives on, put into a history: who invites, answers, buys, joins and leaves."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from .reading import INTERACTIONS, duration
from .writing import Event

Fields = dict[str, Any]
TYPES = {
    "member.joined": 10, "content.viewed": 8, "purchase.completed": 4, "survey.answered": 4,
    "invite.sent": 4, "like.added": 3, "campaign.joined": 2, "member.left": 3, "post.created": 2,
}  # fmt: skip
AMOUNTS = [0, 1, 12, 9.9, 19.99, 0.1, 0.005, 0.015, 2.675, 12.345, 1e9, -5, -0.125, 99_999.99]
SCORES = [0, 3, 5.5, 6, 6.01, 7, 8.99, 8.995, 9, 9.0, 9.5, 10]
COMPLETIONS = [0, 0.005, 0.1, 0.29, 0.333, 0.5, 0.995, 0.999, 1, 1.0]
DAY_OR_SO = duration("1d") + duration("1m")
CAMPAIGNS = ["spring", "c:1", "", "社", "spring"]
LADDERS = [
    (14, 30, 60, 90), (1, 2, 3, 4), (2, 5, 9, 14), (3, 4, 10, 11), (7, 14, 21, 28), (5, 20, 36, 40),
    (14, 30, 35, 45),
]  # fmt: skip
CIRCLES = [(50, 85), (20, 50), (1, 99), (50, 51), (80, 99), (33, 67)]


def enriched(dice: random.Random, events: list[Event]) -> None:
    """Retypes a part of the events, and gives all the fields that the ledger reads."""
    users = sorted({each.fields["user_id"] for each in events if each.fields.get("user_id")})
    names = [*users, *(f"guest {number}" for number in range(3))]
    often, late = dice.choice([0.05, 0.2, 0.5]), dice.choice([0, 0, 0.02, 0.1, 0.4])
    leaving = dice.choice([0, 0, 0, 0.15])
    for event in events:
        fields = event.fields
        if dice.random() < often and fields["type"] not in ("custom.thing", "heartbeat"):
            fields["type"] = dice.choices(list(TYPES), list(TYPES.values()))[0]
        if dice.random() < leaving and fields["type"] in INTERACTIONS:
            fields["type"] = "member.left"
        give(dice, fields, names)
        if dice.random() < late:
            event.arrival = max(event.arrival, event.time + dice.randrange(38 * DAY_OR_SO))


def overdue(dice: random.Random, events: list[Event]) -> None:
    """Lets all that some members do after some moment arrive when it is too late to count.

    Whoever was given up for lost meanwhile had not been silent for as long as it seemed.
    """
    if dice.random() < 0.6:
        return
    by_member: dict[tuple[str, str], list[Event]] = {}
    for event in events:
        if event.fields.get("user_id"):
            name = (event.fields["community_id"], event.fields["user_id"])
            by_member.setdefault(name, []).append(event)
    for name in dice.sample(sorted(by_member), len(by_member) // 3):
        since = dice.choice(by_member[name]).time
        for event in by_member[name]:
            if event.time > since:
                event.arrival = event.time + dice.randrange(35, 46) * DAY_OR_SO


def give(dice: random.Random, fields: Fields, names: list[str]) -> None:
    """Gives an event what the ledger reads of its type; of others now and then, too."""
    name = fields["type"]
    someone: Callable[[], Any] = lambda: dice.choice(  # noqa: E731
        [dice.choice(names), dice.choice(names), fields.get("user_id"), ""]
    )
    if name == "member.joined" or dice.random() < 0.02:
        fields |= {"inviter_id": someone()} if dice.random() < 0.6 else {}
    if name in ("reply.created", "like.added", "like.removed") or dice.random() < 0.02:
        fields |= {"target_user_id": someone()} if dice.random() < 0.5 else {}
    if name == "purchase.completed" or dice.random() < 0.02:
        fields |= {"amount": dice.choice(AMOUNTS)} if dice.random() < 0.8 else {}
    if name == "survey.answered" or dice.random() < 0.02:
        fields |= {"score": dice.choice(SCORES)} if dice.random() < 0.8 else {}
    if name == "content.viewed" or dice.random() < 0.02:
        fields |= {"completion": dice.choice(COMPLETIONS)} if dice.random() < 0.8 else {}
    if (name in INTERACTIONS and dice.random() < 0.15) or dice.random() < 0.02:
        fields["campaign_id"] = dice.choice(CAMPAIGNS)


def turned_on(dice: random.Random, configuration: dict[str, Any]) -> None:
    """Turns the rules about members on, for all or for some, often with shorter ladders."""
    if dice.random() < 0.8:
        configuration["rules"] = {**configuration["rules"], **_rules(dice)}
    for name in configuration["communities"]:
        if dice.random() < 0.4:
            own = configuration["communities"][name]
            own["rules"] = {**own.get("rules", {}), **_rules(dice)}


def _rules(dice: random.Random) -> dict[str, dict[str, Any]]:
    tiers: dict[str, Any] = {"enabled": dice.random() < 0.75}
    churn: dict[str, Any] = {"enabled": dice.random() < 0.75}
    if dice.random() < 0.6:
        tiers |= zip(("core_percent", "active_percent"), dice.choice(CIRCLES), strict=True)
    if dice.random() < 0.5:
        tiers["down_closes"] = dice.choice([1, 2, 3, 7, 28])
    if dice.random() < 0.5:
        highs = ("demand_high", "pay_high", "social_high")
        tiers |= zip(highs, dice.choice([(5, 1, 1), (1, 3, 2), (40, 2, 4)]), strict=True)
    if dice.random() < 0.8:
        rungs = ("first_days", "second_days", "third_days", "lost_days")
        churn |= zip(rungs, dice.choice(LADDERS), strict=True)
    return {"member-tiers": tiers, "member-churn": churn, **_growth_rules(dice)}


def _growth_rules(dice: random.Random) -> dict[str, dict[str, Any]]:
    """Those of the growth engine, with levels that communities of a handful come near."""
    own: dict[str, dict[str, list[int]]] = {
        "viral-coefficient-low": {
            "minimum_percent": [1, 30, 50, 75, 100, 150],
            "floor": [1, 1, 2, 3, 5],
        },
        "content-conversion-low": {
            "minimum_permille": [1, 250, 500, 750, 1000],
            "floor": [1, 1, 2, 3, 5],
        },
        "monthly-activity-low": {
            "minimum_percent": [1, 20, 30, 50, 75, 100],
            "floor": [1, 2, 5, 10],
        },
        "growth-stage": {
            "few_inviters": [1, 2, 3, 5, 10],
            "grow_percent": [1, 10, 25, 50, 100],
            "viral_percent": [1, 50, 75, 100, 200],
            "pay_hundredths": [1, 100, 500, 2_000],
            "drive_percent": [50, 80, 90, 95, 100],
        },
        "cohort-value": {"months": [1, 2, 12]},
    }
    rules: dict[str, dict[str, Any]] = {}
    for rule, levels in own.items():
        chosen = {key: dice.choice(values) for key, values in levels.items() if dice.random() < 0.9}
        held = ("for_days", "keep_firing_days") if rule.endswith("-low") else ()
        chosen |= {key: dice.choice([0, 0, 0, 1, 3]) for key in held}
        rules[rule] = {"enabled": dice.random() < 0.75, **chosen}
    return rules
