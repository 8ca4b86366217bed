"""What the ledger makes of a few events: who is known, in which circle, and what is said of them.

Days are those of January 2025, the first is 1; days close one hour after their midnight (UTC).
"""

from __future__ import annotations

import pytest

from models.alerts import Reason, Snapshot, Transition
from models.panes import Figure
from tests.ledger_story import DAY_BEFORE, RULES, Story, at, event, post

CAMPAIGN_RULE = "campaign-participation-decay"
CAMPAIGNS = f"  {CAMPAIGN_RULE}: {{enabled: true}}\n"
PANES_OF_60_DAYS = "  transactions-stalled: {enabled: true, active_days: 53}\n"


def test_a_snapshot_says_who_reached_a_rung_at_this_very_close() -> None:
    story = Story(post("anna", at(1)), until=4)
    assert story.ladder("anna") == [(3, "threshold", "core")]
    assert story.measure("reached_first") == {3: 1}


def test_what_an_interaction_ends_comes_in_the_order_of_the_rules() -> None:
    rules = RULES + "  member-silent: {silent_days: 1}\n"
    story = Story(post("anna", at(1)), post("anna", at(9)), until=9, rules=rules)
    ends = [
        each.rule_id
        for each in story.outputs
        if isinstance(each, Transition) and each.reason is Reason.RETURNED
    ]
    assert ends == ["member-churn", "member-silent"]


def test_speech_that_comes_as_late_as_can_be_has_a_speaker() -> None:
    events = [post("anna", at(1)), post("bert", at(1), arrival=at(36))]
    story = Story(*events, until=36, rules=RULES + PANES_OF_60_DAYS)
    assert story.figure(Figure.SPEAKERS) == {1: 2}


def test_who_left_and_comes_back_by_an_old_interaction_is_an_observer_again() -> None:
    events = [
        post("anna", at(1)),
        event("member.left", "anna", at(2)),
        post("anna", at(1, 13), arrival=at(31)),
    ]
    story = Story(*events, until=32)
    assert story.circles("anna") == [(1, "core"), (2, "none"), (31, "observer")]


def test_who_is_known_only_since_leaving_is_gone_until_an_interaction() -> None:
    events = [
        post("bert", at(50)),
        post("anna", at(1), arrival=at(50, 13)),
        event("member.left", "anna", at(50, 14)),
        event("content.viewed", "anna", at(50, 15)),
        post("anna", at(52)),
    ]
    story = Story(*events, until=52)
    assert story.measure("known_members") == {50: 1, 51: 1, 52: 2}


def test_the_ladder_looks_on_when_somebody_returns_by_a_second_event_of_an_old_day() -> None:
    events = [
        post("anna", at(1)),
        event("member.left", "anna", at(2)),
        post("anna", at(1, 13), arrival=at(5)),
    ]
    assert Story(*events, until=5).ladder("anna") == [(5, "threshold", "core")]


def test_who_interacted_a_month_before_the_join_arrived_has_interacted_within_30_days() -> None:
    def joined(interaction: int) -> dict[int, int]:
        events = [
            post("bert", at(1)),
            post("anna", at(interaction)),
            event("member.joined", "anna", at(1), at(36)),
        ]
        story = Story(*events, until=36, rules=RULES + PANES_OF_60_DAYS)
        assert story.figure(Figure.JOINED_MEMBERS) == {1: 1}
        return story.figure(Figure.JOINED_INTERACTED)

    assert joined(31) == {1: 1}
    assert joined(32) == {}


def test_what_a_member_did_before_joining_is_no_interaction_after_it() -> None:
    def joined(*interactions: int) -> dict[int, int]:
        events = [
            *(post("anna", at(day)) for day in interactions),
            event("member.joined", "anna", at(5, 13)),
        ]
        story = Story(*events, until=37, rules=RULES + PANES_OF_60_DAYS)
        assert story.figure(Figure.JOINED_MEMBERS) == {5: 1}
        return story.figure(Figure.JOINED_INTERACTED)

    assert joined(1, 4) == {}
    assert joined(4, 5) == {5: 1}


@pytest.mark.parametrize("restart", [None, 2])
def test_an_earlier_invitation_that_arrives_later_is_the_first(restart: int | None) -> None:
    events = [
        post("bert", at(1)),
        event("invite.sent", "anna", at(9)),
        event("member.joined", "carl", at(3), at(10), inviter_id="anna"),
        event("invite.sent", "anna", at(5), at(11)),
    ]
    story = Story(*events, until=12, rules=RULES + PANES_OF_60_DAYS, restart=restart)
    assert story.figure(Figure.NEW_INVITERS) == {3: 1}


def test_a_campaign_that_begins_before_the_close_but_on_the_next_day_is_none_of_the_day() -> None:
    events = [
        post("bert", at(1)),
        event("campaign.joined", "anna", at(9, 0, 30), campaign_id="spring"),
    ]
    story = Story(*events, until=9, rules=RULES + CAMPAIGNS)
    found = {
        each.day - DAY_BEFORE: each.verdicts[CAMPAIGN_RULE]["evaluation"]["campaigns_not_judged"]
        for each in story.outputs
        if isinstance(each, Snapshot)
    }
    assert [name for name, number in found[8].items() if number] == []
    assert [name for name, number in found[9].items() if number] == ["young"]


# Days after joining on which a member interacts, and the stages that it has passed by that.
STAGES = [
    (0, {"JOINED_INTERACTED"}),
    (6, {"JOINED_INTERACTED"}),
    (7, {"JOINED_INTERACTED", "JOINED_STAYED"}),
    (14, {"JOINED_INTERACTED", "JOINED_STAYED"}),
    (15, {"JOINED_INTERACTED"}),
    (29, {"JOINED_INTERACTED"}),
    (30, {"JOINED_INTERACTED", "JOINED_MONTH"}),
    (31, {"JOINED_MONTH"}),
    (37, {"JOINED_MONTH"}),
    (38, set[str]()),
]


@pytest.mark.parametrize(("days", "passed"), STAGES[:-3])
def test_a_stage_is_passed_whether_the_interaction_or_the_joining_arrives_first(
    days: int, passed: set[str]
) -> None:
    events = [
        post("bert", at(1)),
        post("anna", at(1 + days)),
        event("member.joined", "anna", at(1), at(36)),
        post("anna", at(1 + days, 13), arrival=at(36, 13)),
    ]
    story = Story(*events, until=37, rules=RULES + PANES_OF_60_DAYS)
    found = {figure.name for figure in Figure if story.figure(figure).get(1)}
    assert {name for name in found if name.startswith("JOINED_")} == {"JOINED_MEMBERS", *passed}


def test_the_first_of_two_old_interactions_counts_however_they_arrived() -> None:
    events = [
        post("bert", at(1)),
        post("anna", at(33)),
        post("anna", at(20), arrival=at(34)),
        event("member.joined", "anna", at(1), at(35)),
    ]
    story = Story(*events, until=35, rules=RULES + PANES_OF_60_DAYS)
    assert story.figure(Figure.JOINED_INTERACTED) == {1: 1}


def test_the_first_of_two_interactions_counts_though_it_came_second_and_both_in_time() -> None:
    events = [
        post("bert", at(1)),
        post("anna", at(3, 0, 10)),
        post("anna", at(2, 23, 50), arrival=at(3, 0, 20)),
    ]
    ledger = Story(*events, until=3).partition.communities["42"].ledger
    assert ledger is not None
    assert ledger.people["anna"].first_interaction == DAY_BEFORE + 2


@pytest.mark.parametrize(("days", "passed"), STAGES)
def test_a_stage_of_the_funnel_is_passed_on_its_days_after_joining(
    days: int, passed: set[str]
) -> None:
    events = [event("member.joined", "anna", at(1)), post("anna", at(1 + days))]
    story = Story(*events, until=40, rules=RULES + PANES_OF_60_DAYS)
    stages = [figure for figure in Figure if figure.name.startswith("JOINED_")]
    found = {figure.name: story.figure(figure) for figure in stages}
    assert found == {
        figure.name: {1: 1} if figure.name in {"JOINED_MEMBERS", *passed} else {}
        for figure in stages
    }


@pytest.mark.parametrize(("score", "recommends"), [(8.9, {}), (9, {2: 1}), (10, {2: 1})])
def test_a_member_who_has_joined_recommends_by_a_score_of_9(
    score: float, recommends: dict[int, int]
) -> None:
    events = [
        event("survey.answered", "anna", at(1), score=10),
        event("member.joined", "anna", at(2)),
        event("survey.answered", "anna", at(3), score=score),
        event("survey.answered", "anna", at(3, 13), score=score),
    ]
    story = Story(*events, until=3)
    assert story.figure(Figure.JOINED_RECOMMENDS) == recommends


@pytest.mark.parametrize(("back_on", "recalled"), [(35, {5: 1}), (36, {})])
def test_a_rung_has_recalled_who_is_back_from_it_after_30_days_at_most(
    back_on: int, recalled: dict[int, int]
) -> None:
    """The second rung is reached on day 5; the first one, reached on day 3, has not recalled."""
    events = [post("anna", at(1)), post("anna", at(back_on))]
    story = Story(*events, until=back_on, rules=RULES + PANES_OF_60_DAYS)
    assert story.figure(Figure.REACHED_SECOND) == {5: 1}
    assert story.figure(Figure.RECALLED_SECOND) == recalled
    assert story.figure(Figure.RECALLED_FIRST) == {}


AMOUNTS = [(None, 0), (-0.01, 0), (0, 0), (0.01, 1), (19.99, 1999), (1e9, 10**11), (1e9 + 1, 0)]


@pytest.mark.parametrize(("amount", "hundredths"), [*AMOUNTS, (1e300, 0)])
def test_an_amount_that_cannot_be_is_not_believed(amount: float | None, hundredths: int) -> None:
    bought = event("purchase.completed", "anna", at(1), amount=amount)
    assert Story(bought, until=1).measure("spent_hundredths") == (
        {1: hundredths} if hundredths else {}
    )


def test_an_episode_is_out_of_the_circle_that_the_member_rose_to_before() -> None:
    """A first episode, of an active member, ends by a late post, which makes the member core."""
    events = [
        post("bert", at(1)),
        post("anna", at(1, 13), arrival=at(2)),
        post("bert", at(2)),
        post("bert", at(2, 13)),
        post("carl", at(3, 13)),
        *[post("anna", at(3, 14 + each), arrival=at(4, 2)) for each in range(5)],
    ]
    story = Story(*events, until=5)
    assert story.circles("anna") == [(2, "active"), (4, "core")]
    assert story.ladder("anna") == [
        (3, "threshold", "active"),
        (3, "returned", "active"),
        (5, "threshold", "core"),
    ]


def test_a_fall_at_a_close_after_which_the_member_had_been_there_is_no_fall_into_silence() -> None:
    """It is judged an hour after midnight, and the member posts half an hour after midnight."""
    events = [
        post("anna", at(1)),
        *[post("bert", at(2, 12, each)) for each in range(9)],
        post("anna", at(3, 0, 30)),
        event("heartbeat", None, at(3, 2)),
    ]
    story = Story(*events, until=5)
    assert story.circles("anna") == [(1, "core"), (2, "potential"), (3, "active")]
    assert story.ladder("anna") == [(5, "threshold", "active")]
