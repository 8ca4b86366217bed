"""Rules that are switched off while their alert stands, and rules that are switched on later."""

from __future__ import annotations

from models.alerts import Snapshot
from models.instants import DAY
from rules.configuration import parse_configuration
from rules.engine import fold, tick
from rules.explain import explain
from rules.policy import Policies
from rules.records import Record
from rules.state import Partition
from streams.catalogue import shipped_catalogue
from tests.restarts import START, event, records, restarted

INCONCLUSIVE_DAYS = 28


def policies(*enabled: str, disabled: str | None = None) -> Policies:
    rules = {disabled: {"enabled": False}} if disabled else {}
    rules |= {rule: {"enabled": True} for rule in enabled}
    return Policies(
        parse_configuration("test", {"rules": rules}, shipped_catalogue()), shipped_catalogue()
    )


def test_an_alert_of_a_disabled_rule_ends_as_inconclusive_after_28_closes() -> None:
    rule = "speech-density-drop"
    partition = Partition(policies())
    busy = [event(day, "post.created", "u", n) for day in range(7) for n in range(10)]
    calm = [event(day, "post.created", "u") for day in range(7, 15)]
    (fired,) = records(fold(partition, [*busy, *calm]).outputs, rule)
    assert fired["data"]["status"] == "firing"

    partition = restarted(partition, policies(disabled=rule))
    before_last = partition.clock + (INCONCLUSIVE_DAYS - 1) * DAY
    assert records(tick(partition, before_last).outputs, rule) == []
    (ended,) = records(tick(partition, before_last + DAY).outputs, rule)

    data = ended["data"]
    assert (data["alert_id"], data["status"]) == (fired["data"]["alert_id"], "resolved")
    assert data["reason"] == "inconclusive"
    assert data["evaluation"]["verdict"] == "NOT_APPLICABLE"
    assert explain(ended, shipped_catalogue()).matches
    assert records(tick(partition, before_last + 40 * DAY).outputs, rule) == []


def test_an_alert_about_a_member_still_ends_when_the_member_comes_back() -> None:
    rule = "member-silent"
    partition = Partition(policies())
    fold(partition, [event(0, "post.created", "gone")])
    (fired,) = records(tick(partition, START + 32 * DAY).outputs, rule)

    partition = restarted(partition, policies(disabled=rule))
    (ended,) = records(fold(partition, [event(33, "like.added", "gone")]).outputs, rule)

    assert ended["data"]["alert_id"] == fired["data"]["alert_id"]
    assert ended["data"]["reason"] == "returned"
    assert records(tick(partition, START + 90 * DAY).outputs, rule) == []


STALLED = "transactions-stalled"


def test_a_rule_that_is_turned_on_later_judges_by_the_days_that_were_kept() -> None:
    partition = Partition(policies())
    bought = fold(partition, [event(day, "purchase.completed", "u") for day in range(10)])
    before = tick(partition, START + 16 * DAY)
    assert records([*bought.outputs, *before.outputs], STALLED) == []

    partition = restarted(partition, policies(STALLED))
    (fired,) = records(tick(partition, START + 17 * DAY).outputs, STALLED)

    figures = fired["data"]["evaluation"]
    assert (figures["verdict"], figures["value"], figures["baseline"]) == ("FIRE", 0, 10)
    assert figures["threshold"]["from"] == "default"


def test_an_alert_of_a_rule_that_is_off_again_ends_and_is_shown_with_all_its_days_until_then() -> (
    None
):
    partition = Partition(policies(STALLED))
    fold(partition, [event(day, "purchase.completed", "u") for day in (0, 1, 2)])
    (fired,) = records(tick(partition, START + 10 * DAY).outputs, STALLED)

    partition = restarted(partition, policies())
    outputs = tick(partition, START + 60 * DAY).outputs
    (ended,) = records(outputs, STALLED)

    assert ended["data"]["alert_id"] == fired["data"]["alert_id"]
    assert ended["data"]["reason"] == "inconclusive"
    assert explain(ended, shipped_catalogue()).matches
    shown = [
        each.verdicts[STALLED]["evaluation"]["baseline"]
        for each in outputs
        if isinstance(each, Snapshot) and STALLED in each.verdicts
    ]
    # The rules that are on look at 28 days, this one at 35.
    assert shown == [3] * 25 + [2, 1, 0]


MONTHLY = "monthly-activity-low"


def test_an_alert_of_a_rule_that_needs_a_ledger_ends_though_none_is_kept_any_more() -> None:
    partition = Partition(policies(MONTHLY))
    fold(partition, [event(0, "member.joined", f"m{number}") for number in range(60)])
    (fired,) = records(tick(partition, START + 28 * DAY).outputs, MONTHLY)

    partition = restarted(partition, policies())
    later = [event(day, "post.created", "m1") for day in range(29, 90)]
    (ended,) = records(fold(partition, later).outputs, MONTHLY)

    assert ended["data"]["alert_id"] == fired["data"]["alert_id"]
    assert ended["data"]["reason"] == "inconclusive"
    assert explain(ended, shipped_catalogue()).matches


LADDER, CIRCLES = "member-churn", "member-tiers"


def gone_quiet(*enabled: str) -> tuple[Partition, Record]:
    """A partition in which a member stands on the ladder's first rung, and what was said of it."""
    partition = Partition(policies(*enabled))
    fold(partition, [event(0, "post.created", "gone")])
    (fired,) = records(tick(partition, START + 16 * DAY).outputs, LADDER)
    assert (fired["data"]["status"], fired["data"]["evaluation"]["case"]) == ("firing", "first")
    return partition, fired


def test_an_alert_of_the_ladder_that_is_off_stays_without_an_end_where_no_ledger_is_kept() -> None:
    partition, _ = gone_quiet(LADDER)

    partition = restarted(partition, policies())
    silent = tick(partition, START + 100 * DAY).outputs
    back = fold(partition, [event(101, "post.created", "gone")]).outputs
    later = tick(partition, START + 300 * DAY).outputs

    assert records([*silent, *back, *later], LADDER) == []


def test_an_alert_of_the_ladder_that_is_off_ends_by_a_return_alone_where_a_ledger_is_kept() -> None:
    partition, fired = gone_quiet(LADDER, CIRCLES)

    partition = restarted(partition, policies(CIRCLES))
    assert records(tick(partition, START + 100 * DAY).outputs, LADDER) == []
    (ended,) = records(fold(partition, [event(101, "post.created", "gone")]).outputs, LADDER)

    assert ended["data"]["alert_id"] == fired["data"]["alert_id"]
    assert (ended["data"]["status"], ended["data"]["reason"]) == ("resolved", "returned")
    assert explain(ended, shipped_catalogue()).matches
    assert records(tick(partition, START + 300 * DAY).outputs, LADDER) == []


def test_the_ladder_that_is_turned_on_again_begins_a_new_alert_by_a_new_silence() -> None:
    partition, fired = gone_quiet(LADDER)
    partition = restarted(partition, policies())
    fold(partition, [event(20, "post.created", "gone")])

    partition = restarted(partition, policies(LADDER))
    again = fold(partition, [event(22, "post.created", "gone")]).outputs
    quiet = tick(partition, START + 38 * DAY).outputs

    (began,) = records([*again, *quiet], LADDER)
    assert began["data"]["alert_id"] != fired["data"]["alert_id"]
    assert (began["data"]["status"], began["data"]["seq"]) == ("firing", 1)
