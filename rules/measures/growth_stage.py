"""Growth stage: seed, burst, diffusion or settled, by the four stages' own figures (article, 3.1).

Each of the article's stages has a figure: the growth of the seed users, the viral coefficient, the
value per member, the self-drive rate. Here each is measured over D-27..D (and, to be read, over
D-6..D) and becomes one sign. As shipped:

Inviting: few invite (under 10), or it spreads (50 or more join on a hundred inviters), or it stalls
(fewer do). Growing: half of the inviters or more never invited before. Paying: 100 hundredths or
more were spent per member with an interaction over D-27..D (by whom the money of D-6..D is divided,
too). Self-driven: 80 % or more of the interactions have no `campaign_id`.

The table `STAGES` in rules/measures/growth_stage.py says which stage the signs mean together. A
sign that is not known takes no part (where nobody invited, or nothing was spent): where the others
leave more than one stage open, none is said.
"""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Final, NamedTuple

from pydantic import Field

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso, iso
from models.events import LAST_INTERACTION
from models.ledger import WINDOW_DAYS
from models.panes import Figure, Pane
from models.totals import Totals
from rules.measures.measure import CommunityMeasure, Setting, rate_percent
from rules.parameters import Parameters

Percent = Annotated[int, Field(ge=1, le=100)]
KNOWN_DAYS: Final = 2 * WINDOW_DAYS
"""So many days must be known: before that, everybody seems to invite for the first time."""

_ACTIVE: Final = int(Figure.ACTIVE_MEMBERS)
_INVITERS, _INVITERS_7 = int(Figure.INVITERS_28), int(Figure.INVITERS_7)
# What lies beside each other in a pane is read together.
_INTERACTIONS: Final = slice(int(LAST_INTERACTION) + 1)
_READ: Final = slice(int(Figure.IN_CAMPAIGN), int(Figure.NEW_INVITERS) + 1)


class Inviting(StrEnum):
    """What the viral coefficient says."""

    FEW = "few"
    """Too few invite for it to say anything."""
    SPREADS = "spreads"
    STALLS = "stalls"


class Stage(StrEnum):
    """The article's four stages, in their order."""

    SEED = "seed"
    BURST = "burst"
    DIFFUSION = "diffusion"
    SETTLED = "settled"


class Why(StrEnum):
    """Why the signs mean the stage."""

    FEW_BEGIN = "few_begin_to_invite"
    FEW_AND_BARE = "few_invite_and_little_stands_by_itself"
    FEW_AND_WHOLE = "few_invite_and_it_lives_by_itself"
    LOOP_GROWS = "invitations_work_and_ever_more_invite"
    LOOP_UNPAID = "invitations_work_and_nobody_pays_yet"
    LOOP_USED_UP = "invitations_work_for_the_same_few"
    LOOP_OPEN = "invitations_bring_few_and_nobody_pays"
    CIRCLES_USED_UP = "invitations_bring_few_and_members_pay"
    GROWTH_OVER = "nobody_new_invites_and_it_lives_by_itself"


class Signs(NamedTuple):
    """The four figures as signs; None is not known.

    `grows`: of those who invite, many do so for the first time. `pays`: active members are worth
    something. `drives`: most of what happens belongs to no campaign.
    """

    inviting: Inviting | None
    grows: bool | None
    pays: bool | None
    drives: bool | None


class Row(NamedTuple):
    """One line of the table: None stands for either."""

    signs: Signs
    stage: Stage
    why: Why


def _row(inviting: Inviting, signs: str, stage: Stage, why: Why) -> Row:
    grows, pays, drives = ({"+": True, "-": False, "*": None}[sign] for sign in signs)
    return Row(Signs(inviting, grows, pays, drives), stage, why)


STAGES: Final = (
    #    inviting         grows, pays, drives itself
    _row(Inviting.FEW, "+**", Stage.SEED, Why.FEW_BEGIN),
    _row(Inviting.FEW, "-++", Stage.SETTLED, Why.FEW_AND_WHOLE),
    _row(Inviting.FEW, "-+-", Stage.SEED, Why.FEW_AND_BARE),
    _row(Inviting.FEW, "--*", Stage.SEED, Why.FEW_AND_BARE),
    _row(Inviting.SPREADS, "+**", Stage.BURST, Why.LOOP_GROWS),
    _row(Inviting.SPREADS, "-+*", Stage.DIFFUSION, Why.LOOP_USED_UP),
    _row(Inviting.SPREADS, "--*", Stage.BURST, Why.LOOP_UNPAID),
    _row(Inviting.STALLS, "++*", Stage.DIFFUSION, Why.CIRCLES_USED_UP),
    _row(Inviting.STALLS, "-+-", Stage.DIFFUSION, Why.CIRCLES_USED_UP),
    _row(Inviting.STALLS, "-++", Stage.SETTLED, Why.GROWTH_OVER),
    _row(Inviting.STALLS, "*-*", Stage.SEED, Why.LOOP_OPEN),
)
"""Which stage the signs mean: each of the 24 that can be is on one line.

Seed: key members still have to be won. Burst: members bring members. Diffusion: the members' own
circles are used up, and what counts is what members are worth. Settled: growth is over, and the
community lives by itself.
"""

_NUMBERS: Final = {stage: number for number, stage in enumerate(Stage, 1)}


class GrowthStageParameters(Parameters):
    """From where on a figure is a sign; all are of 28 days.

    `few_inviters`: below so many inviters few invite; `grow_percent`: where so many of a hundred
    inviters invite for the first time, ever more do; `viral_percent`: so many newcomers on a
    hundred inviters spread it; `pay_hundredths`: so much spent per active member is worth;
    `drive_percent`: where so many of a hundred interactions belong to no campaign, the community
    drives itself.
    """

    compared: ClassVar = (
        "few_inviters", "grow_percent", "viral_percent", "pay_hundredths", "drive_percent",
    )  # fmt: skip

    few_inviters: Annotated[int, Field(ge=1)]
    grow_percent: Percent
    viral_percent: Annotated[int, Field(ge=1, le=10_000)]
    pay_hundredths: Annotated[int, Field(ge=1)]
    drive_percent: Percent


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Count the four figures in the 28 and the 7 days that end on `day`; `value` numbers the stage.

    Who invites for the first time is known once those are who invited before, in 28 days.
    """
    pane, week, month = totals.panes[-1], totals.week, totals.month
    active = pane[_ACTIVE]
    counts = _counts(month, pane[_INVITERS], active)
    evaluation: Evaluation = {
        "value": None,
        "case": None,
        "why": None,
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "baseline_window": None,
        "known_window": [iso(day - KNOWN_DAYS + 1), iso(day)],
        "first_day": iso(first_day),
        "last_28_days": counts,
        "last_7_days": _counts(week, pane[_INVITERS_7], active),
        "signs": None,
        "threshold": setting.threshold,
        "timezone": setting.timezone,
    }
    if first_day <= day - KNOWN_DAYS + 1:
        signs = signs_of(counts, setting.threshold)
        row = stage_of(signs)
        evaluation["signs"] = signs._asdict()
        if row is not None:
            evaluation |= {"value": _NUMBERS[row.stage], "case": row.stage, "why": row.why}
    return evaluation


def _counts(total: Pane, inviters: int, active: int) -> dict[str, Any]:
    interactions = sum(total[_INTERACTIONS])
    in_campaign, joined, spent, new_inviters = total[_READ]
    return {
        "new_inviters": new_inviters,
        "inviters": inviters,
        "joined_by_invitation": joined,
        "viral_percent": rate_percent(joined, inviters),
        "spent_hundredths": spent,
        "active_members": active,
        "value_hundredths": spent // active if active else None,
        "interactions": interactions,
        "in_campaign": in_campaign,
        "self_drive_percent": rate_percent(interactions - in_campaign, interactions),
    }


def signs_of(counts: Mapping[str, Any], threshold: Mapping[str, Any]) -> Signs:
    """Read the signs out of the counts of 28 days.

    Where nobody invites, or nothing is spent, the platform may not tell of it: not known.
    """
    inviters, interactions = counts["inviters"], counts["interactions"]
    spent, active = counts["spent_hundredths"], counts["active_members"]
    inviting = grows = pays = drives = None
    if inviters:
        grows = 100 * counts["new_inviters"] >= threshold["grow_percent"] * inviters
        spreads = 100 * counts["joined_by_invitation"] >= threshold["viral_percent"] * inviters
        inviting = Inviting.SPREADS if spreads else Inviting.STALLS
        if inviters < threshold["few_inviters"]:
            inviting = Inviting.FEW
    if spent and active:
        pays = spent >= threshold["pay_hundredths"] * active
    if interactions:
        outside = interactions - counts["in_campaign"]
        drives = 100 * outside >= threshold["drive_percent"] * interactions
    return Signs(inviting, grows, pays, drives)


@cache
def stage_of(signs: Signs) -> Row | None:
    """Return the line of `STAGES` that the signs fit; None where they leave the stage open."""
    fitting = [row for row in STAGES if _fits(signs, row.signs)]
    return fitting[0] if len({(row.stage, row.why) for row in fitting}) == 1 else None


def _fits(signs: Signs, line: Signs) -> bool:
    return all(
        known is None or meant is None or known == meant
        for known, meant in zip(signs, line, strict=True)
    )


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Tell whether the figures mean a stage; ValueError where another one is stated.

    LEARNING until 28 days are known before the 28 days, for before that everybody seems to invite
    for the first time; NOT_APPLICABLE where the signs that are known leave the stage open.
    """
    learning = day_from_iso(evaluation["known_window"][0]) < day_from_iso(evaluation["first_day"])
    signs = signs_of(evaluation["last_28_days"], evaluation["threshold"])
    row = None if learning else stage_of(signs)
    if evaluation["case"] != (None if row is None else row.stage):
        raise ValueError("the stage does not follow from the counts")
    if learning:
        return Verdict.LEARNING
    return Verdict.NOT_APPLICABLE if row is None else Verdict.OK


def _horizon(_: GrowthStageParameters) -> int:
    return WINDOW_DAYS


MEASURE = CommunityMeasure(
    GrowthStageParameters,
    gather,
    verdict,
    _horizon,
    "growth_stage",
    needs_ledger=True,
    sees="totals",
)
