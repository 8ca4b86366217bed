"""The growth stage: its table, its signs, and a stage that does not follow."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.alerts import Verdict
from models.days import iso
from models.events import LAST_INTERACTION, EventType
from models.panes import WIDE, Figure, Pane, empty_pane
from models.totals import add_up
from rules.measures import growth_stage
from rules.measures.growth_stage import (
    STAGES,
    GrowthStageParameters,
    Inviting,
    Signs,
    Stage,
    Why,
    signs_of,
    stage_of,
)
from rules.measures.measure import Setting
from tests.builders import day, own

D = day("2025-06-30")
FIRST_DAY = D - 400
FEW, SPREADS, STALLS = Inviting
EITHER = (True, False)
KNOWN = [Signs(*each) for each in product(Inviting, EITHER, EITHER, EITHER)]

STAGE = Setting(
    GrowthStageParameters(
        few_inviters=10, grow_percent=50, viral_percent=50, pay_hundredths=100, drive_percent=80
    ),
    "default",
    "UTC",
)


@pytest.mark.parametrize("signs", KNOWN, ids=str)
def test_all_signs_together_stand_on_exactly_one_line_of_the_table(signs: Signs) -> None:
    lines = [
        row
        for row in STAGES
        if all(m is None or m == s for s, m in zip(signs, row.signs, strict=True))
    ]
    assert stage_of(signs) == lines[0]
    assert len(lines) == 1


def test_every_stage_and_every_reason_can_be() -> None:
    assert {row.stage for row in STAGES} == set(Stage)
    assert {row.why for row in STAGES} == set(Why)


def test_a_reason_is_of_one_stage() -> None:
    assert len({(row.stage, row.why) for row in STAGES}) == len(Why)


def stages_that_can_be(signs: Signs) -> set[Stage]:
    """The stages of all that the unknown signs could still turn out to be."""
    fitting = [
        known
        for known in KNOWN
        if all(sign in (None, other) for sign, other in zip(signs, known, strict=True))
    ]
    return {row.stage for known in fitting if (row := stage_of(known)) is not None}


# Where somebody invites, both signs of it are known.
MAYBE = (True, False, None)
READ = [
    Signs(inviting, grows, pays, drives)
    for inviting, grows, pays, drives in product((*Inviting, None), MAYBE, MAYBE, MAYBE)
    if (inviting is None) is (grows is None)
]


@pytest.mark.parametrize("signs", READ, ids=str)
def test_a_stage_is_said_only_where_what_is_not_known_could_not_change_it(signs: Signs) -> None:
    row, possible = stage_of(signs), stages_that_can_be(signs)
    assert possible == {row.stage} if row is not None else len(possible) > 1


STORIES = [
    ("few, and more begin", Signs(FEW, True, None, None), Stage.SEED),
    ("few who do not begin, and nothing else known", Signs(FEW, False, None, None), None),
    ("few, and campaigns carry it", Signs(FEW, False, None, False), Stage.SEED),
    ("few, paid and by itself", Signs(FEW, False, True, True), Stage.SETTLED),
    ("a loop that grows", Signs(SPREADS, True, None, None), Stage.BURST),
    ("a loop of the same, unpaid", Signs(SPREADS, False, False, None), Stage.BURST),
    ("a loop of the same, paid", Signs(SPREADS, False, True, None), Stage.DIFFUSION),
    ("in vain, and ever more, paid", Signs(STALLS, True, True, None), Stage.DIFFUSION),
    ("in vain, by campaigns, paid", Signs(STALLS, False, True, False), Stage.DIFFUSION),
    ("in vain, paid and by itself", Signs(STALLS, False, True, True), Stage.SETTLED),
    ("in vain, and nobody pays", Signs(STALLS, False, False, None), Stage.SEED),
    ("in vain, and nothing else known", Signs(STALLS, True, None, True), None),
    ("nobody invites", Signs(None, None, True, True), None),
    ("nothing known", Signs(None, None, None, None), None),
]


@pytest.mark.parametrize(("signs", "stage"), [pytest.param(*row[1:], id=row[0]) for row in STORIES])
def test_the_signs_say_a_stage_or_leave_it_open(signs: Signs, stage: Stage | None) -> None:
    row = stage_of(signs)
    assert (None if row is None else row.stage) is stage


COUNTS = {
    "new_inviters": 5,
    "inviters": 10,
    "joined_by_invitation": 5,
    "spent_hundredths": 2_000,
    "active_members": 20,
    "interactions": 100,
    "in_campaign": 20,
}
SIGNS = [
    ("all on their bounds", {}, Signs(SPREADS, True, True, True)),
    ("one newcomer less", {"joined_by_invitation": 4}, Signs(STALLS, True, True, True)),
    ("one inviter less", {"inviters": 9}, Signs(FEW, True, True, True)),
    ("one new inviter less", {"new_inviters": 4}, Signs(SPREADS, False, True, True)),
    ("a hundredth less", {"spent_hundredths": 1_999}, Signs(SPREADS, True, False, True)),
    ("one more in a campaign", {"in_campaign": 21}, Signs(SPREADS, True, True, False)),
    ("nobody invites", {"inviters": 0, "new_inviters": 0}, Signs(None, None, True, True)),
    ("nothing spent", {"spent_hundredths": 0}, Signs(SPREADS, True, None, True)),
    ("nobody active", {"active_members": 0}, Signs(SPREADS, True, None, True)),
    ("no interaction", {"interactions": 0, "in_campaign": 0}, Signs(SPREADS, True, True, None)),
]


@pytest.mark.parametrize(("changes", "signs"), [pytest.param(*row[1:], id=row[0]) for row in SIGNS])
def test_a_sign_is_read_out_of_its_counts(changes: dict[str, int], signs: Signs) -> None:
    assert signs_of({**COUNTS, **changes}, STAGE.threshold) == signs


def busy_days(**last: int) -> dict[int, Pane]:
    """A row of days, each with counts of its own, and the figures of the last one's close."""
    panes = {}
    for ago in range(40):
        pane: Pane = empty_pane(WIDE)
        pane[EventType.LIKE_ADDED] = 100 * own(ago)
        pane[EventType.CONTENT_VIEWED] = pane[EventType.MEMBER_JOINED] = 7 * own(ago)
        for place, figure in enumerate(
            (
                Figure.NEW_INVITERS,
                Figure.INVITED_JOINED,
                Figure.SPENT_HUNDREDTHS,
                Figure.IN_CAMPAIGN,
            ),
            1,
        ):
            pane[figure] = place * own(ago)
        panes[D - ago] = pane
    for name, number in last.items():
        panes[D][Figure[name]] = number
    return panes


def staged(*, first_day: int = FIRST_DAY, **last: int) -> Any:
    figures = {"INVITERS_28": 50, "INVITERS_7": 25, "ACTIVE_MEMBERS": 10} | last
    return growth_stage.gather(add_up(busy_days(**figures), D), D, first_day, STAGE)


def test_the_four_figures_are_counted_over_28_and_over_7_days() -> None:
    evaluation = staged()
    for name, days, inviters in (("last_28_days", 28, 50), ("last_7_days", 7, 25)):
        unit = sum(map(own, range(days)))
        assert evaluation[name] == {
            "new_inviters": unit,
            "inviters": inviters,
            "joined_by_invitation": 2 * unit,
            "viral_percent": 10_000 * 2 * unit // inviters / 100,
            "spent_hundredths": 3 * unit,
            "active_members": 10,
            "value_hundredths": 3 * unit // 10,
            "interactions": 100 * unit,
            "in_campaign": 4 * unit,
            "self_drive_percent": 96.0,
        }
    assert evaluation["window"] == [iso(D - 27), iso(D)]


def test_interactions_are_those_of_the_contract_and_no_others() -> None:
    for kind in EventType:
        pane = empty_pane(WIDE)
        pane[kind] = 3
        evaluation = growth_stage.gather(add_up({D: pane}, D), D, FIRST_DAY, STAGE)
        expected = 3 if kind <= LAST_INTERACTION else 0
        assert evaluation["last_28_days"]["interactions"] == expected, kind


def test_a_stage_is_said_with_its_number_and_its_reason() -> None:
    evaluation = staged()
    assert growth_stage.verdict(evaluation) is Verdict.OK
    assert (evaluation["case"], evaluation["value"]) == ("burst", 2)
    assert evaluation["why"] == "invitations_work_and_ever_more_invite"
    signs = {"inviting": "spreads", "grows": True, "pays": True, "drives": True}
    assert evaluation["signs"] == signs


@pytest.mark.parametrize(
    ("first_day", "verdict"), [(D - 55, Verdict.OK), (D - 54, Verdict.LEARNING)]
)
def test_who_invites_for_the_first_time_is_known_after_56_days(
    first_day: int, verdict: Verdict
) -> None:
    evaluation = staged(first_day=first_day)
    assert growth_stage.verdict(evaluation) is verdict
    assert (evaluation["case"] is None) is (verdict is Verdict.LEARNING)


def test_where_the_signs_leave_it_open_no_stage_is_said() -> None:
    evaluation = staged(INVITERS_28=0)
    assert growth_stage.verdict(evaluation) is Verdict.NOT_APPLICABLE
    assert (evaluation["case"], evaluation["value"], evaluation["why"]) == (None, None, None)


@pytest.mark.parametrize("case", [None, "seed", "diffusion", "settled", "bursting", 2])
def test_a_stage_that_does_not_follow_from_the_counts_is_refused(case: Any) -> None:
    with pytest.raises(ValueError, match="does not follow"):
        growth_stage.verdict(staged() | {"case": case})


@given(
    st.fixed_dictionaries({name: st.integers(0, 40) for name in COUNTS}),
    st.integers(1, 40),
    st.integers(1, 100),
)
def test_more_of_a_figure_never_takes_its_sign_away(
    counts: dict[str, int], more: int, percent: int
) -> None:
    threshold = {**STAGE.threshold, "grow_percent": percent, "viral_percent": percent}
    before = signs_of(counts, threshold)
    for name, sign in (("new_inviters", "grows"), ("spent_hundredths", "pays")):
        after = signs_of({**counts, name: counts[name] + more}, threshold)
        assert getattr(after, sign) or not getattr(before, sign)
