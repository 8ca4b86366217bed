"""Engine and oracle agree on every day of random stories of campaigns and beginnings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from models.alerts import Snapshot, Transition
from models.days import iso
from models.decode import decode
from models.events import Arrived, Event
from models.instants import parse_instant
from rules.configuration import parse_configuration
from rules.effects import Output
from rules.engine import fold, tick
from rules.policy import Policies
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from streams.lines import arrival_of
from tests.oracle.campaigns import FORGOTTEN_AFTER
from tests.oracle.judging import DAY, MEASURES, Community
from tests.oracle.oracle import Oracle
from tests.oracle.reading import INTERACTIONS
from tests.property.campaign_stories import Story, story

SEEDS = range(30)
RULES = ("campaign-participation-decay", "cold-start-behind", "content-effect", "member-funnel")
UNSAID = {
    ("cold-start-behind", "BELOW_FLOOR"),
    ("content-effect", "FIRE"),
    ("member-funnel", "FIRE"),
}
"""A plan has no floor, and a report does not fire."""
Judged = dict[tuple[str, str], tuple[Any, Any, str]]
"""Value, baseline and verdict, by rule and day."""


class Diarist(Oracle):
    """An oracle that also writes down what it thinks of each day."""

    def __init__(self, configuration: dict[str, Any]) -> None:
        super().__init__(configuration)
        self.judged: Judged = {}
        self.first_late: Counter[str] = Counter()
        self.late: Counter[tuple[str, str]] = Counter()

    def close_day(self, community: Community, day: date, close: int) -> None:
        super().close_day(community, day, close)
        for name, campaign in community.campaigns.items():
            own = [
                (when, record)
                for when, record in community.happenings[campaign.begins_at :]
                if record.campaign_id == name and record.type in INTERACTIONS
            ]
            # Events arrive in order here: late is what arrives when its day has closed.
            late = Counter(
                when
                for when, record in own
                if record.user_id and record.arrival >= community.close_of(when)
            )
            begun = min((when for when, _ in own), default=day)
            if day - begun < FORGOTTEN_AFTER:
                self.first_late[name] = sum(late[begun + n * DAY] for n in range(7))
            self.late[name, day.isoformat()] = self.first_late[name] + sum(
                late[day - n * DAY] for n in range(7)
            )
        for rule in RULES:
            self.judged[rule, day.isoformat()] = MEASURES[rule](
                community, day, community.rules[rule]
            )


@cache
def of_the_oracle(seed: int) -> Diarist:
    told = story(seed)
    oracle = Diarist(told.configuration)
    oracle.run(told.lines, told.until)
    return oracle


@cache
def of_the_engine(seed: int) -> list[Output]:
    told = story(seed)
    catalogue = shipped_catalogue()
    policies = Policies(parse_configuration("story", told.configuration, catalogue), catalogue)
    partition = Partition(policies)
    outputs = fold(partition, arrived(told)).outputs
    until = parse_instant(told.until)
    assert until is not None
    return [*outputs, *tick(partition, until).outputs]


def arrived(told: Story) -> Iterator[Arrived]:
    for line in told.lines:
        event = decode(line)
        assert isinstance(event, Event)
        moment = parse_instant(event.time)
        assert moment is not None
        yield arrival_of(event), moment, event


@pytest.mark.parametrize("seed", SEEDS)
def test_every_day_is_judged_alike(seed: int) -> None:
    found: Judged = {}
    for output in of_the_engine(seed):
        if isinstance(output, Snapshot):
            for rule in RULES:
                figures = output.verdicts[rule]["evaluation"]
                verdict = figures["verdict"]
                found[rule, iso(output.day)] = (figures["value"], figures["baseline"], verdict)
    assert found == of_the_oracle(seed).judged


@pytest.mark.parametrize("seed", SEEDS)
def test_what_came_late_of_the_campaign_that_is_judged_is_counted(seed: int) -> None:
    for output in of_the_engine(seed):
        if isinstance(output, Snapshot):
            figures = output.verdicts["campaign-participation-decay"]["evaluation"]
            expected = of_the_oracle(seed).late[figures["campaign_id"], iso(output.day)]
            assert figures["late_events"] == expected, iso(output.day)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_alerts_begin_and_end(seed: int) -> None:
    found = [
        (each.rule_id, iso(each.day), each.reason.value, iso(each.started_day))
        for each in of_the_engine(seed)
        if isinstance(each, Transition) and each.rule_id in RULES
    ]
    starts: dict[str, str] = {}
    expected = []
    for alert in of_the_oracle(seed).alerts:
        if alert.rule in RULES:
            if alert.kind == "firing":
                starts[alert.rule] = alert.day
            expected.append((alert.rule, alert.day, alert.reason, starts[alert.rule]))
    assert found == expected


def test_the_stories_hold_every_verdict_and_alerts_of_every_end() -> None:
    verdicts = Counter(
        (rule, verdict)
        for seed in SEEDS
        for (rule, _), (_, _, verdict) in of_the_oracle(seed).judged.items()
    )
    for rule in RULES:
        for verdict in ("FIRE", "OK", "LEARNING", "BELOW_FLOOR", "NOT_APPLICABLE"):
            least = 0 if (rule, verdict) in UNSAID else 20
            assert verdicts[rule, verdict] >= least, (rule, verdict, verdicts)
    assert sum(of_the_oracle(seed).late.total() for seed in SEEDS) >= 100
    reasons = Counter(each.reason for seed in SEEDS for each in of_the_oracle(seed).alerts)
    assert min(reasons[reason] for reason in ("threshold", "recovered", "inconclusive")) >= 5
