"""Member tiers: how many members each circle has, and how much the busiest do (article, 2.1).

Members are ranked by their interactions over D-27..D, ties by id. As shipped, core are those who
make the first 50 %, active those up to 85 %, potential all others with one or more, and observers
the known members with none. A member moves up at once, and down after 7 closes in a row at which
less was measured.

Each change of circle is a record of `community.members.v1`, with the counts, three tags (demand,
pay, social) and the circle's playbook.
"""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Final, Self

from pydantic import Field, model_validator

from models.alerts import Evaluation, Verdict
from models.days import iso
from models.ledger import WINDOW_DAYS
from models.panes import LATE, Figure
from models.totals import Totals
from rules.measures.measure import CommunityMeasure, Setting, begins_too_early, rate_percent
from rules.parameters import Parameters

# Figures that lie beside each other in a pane are read together.
_READ: Final = slice(int(Figure.KNOWN_MEMBERS), int(Figure.TOP_FIFTH_28) + 1)

Percent = Annotated[int, Field(ge=1, le=99)]
Level = Annotated[int, Field(ge=1)]


class MemberTiersParameters(Parameters):
    """Who is core and active, and what counts as much of each tag.

    `core_percent`: core are those who make the first so many percent of the interactions of 28
    days; `active_percent`: active those up to so many. `down_closes`: so many closes in a row a
    member is measured lower before the circle changes; up it goes at once.

    `demand_high`: so many views and interactions in 28 days make the tag high; `pay_high`: so many
    purchases in 28 days do; `social_high`: so many replies and likes received, and invitations that
    joined, do.
    """

    compared: ClassVar = ("core_percent", "active_percent", "down_closes")

    core_percent: Percent
    active_percent: Percent
    down_closes: Annotated[int, Field(ge=1, le=28)]
    demand_high: Level
    pay_high: Level
    social_high: Level

    @model_validator(mode="after")
    def _rise(self) -> Self:
        if not self.core_percent < self.active_percent:
            raise ValueError("core_percent must be below active_percent")
        return self


def gather(totals: Totals, day: int, first_day: int, setting: Setting) -> Evaluation:
    """Read the circles as they stand at the close of `day`; `value` is the core circle."""
    known, busy, core, active, potential, observer, interactions, top = totals.panes[-1][_READ]
    return {
        "value": core,
        "baseline": None,
        "change_percent": None,
        "window": [iso(day - WINDOW_DAYS + 1), iso(day)],
        "baseline_window": None,
        "first_day": iso(first_day),
        "tiers": {
            "core": core,
            "active": active,
            "potential": potential,
            "observer": observer,
        },
        "active_members": busy,
        "known_members": known,
        "interactions": interactions,
        "of_top_fifth": top,
        "concentration_percent": rate_percent(top, interactions),
        "threshold": setting.threshold,
        "timezone": setting.timezone,
        "late_events": totals.month[LATE],
    }


def verdict(evaluation: Mapping[str, Any]) -> Verdict:
    """Tell whether the circles are known; nothing is compared, so nothing fires.

    LEARNING while the 28 days are not known whole, NOT_APPLICABLE where they hold no interaction.
    """
    if begins_too_early(evaluation):
        return Verdict.LEARNING
    return Verdict.OK if evaluation["interactions"] else Verdict.NOT_APPLICABLE


def _horizon(_: MemberTiersParameters) -> int:
    return WINDOW_DAYS


# Declared, because the policies read these parameters: mypyc cannot find the type out by itself.
MEASURE: CommunityMeasure = CommunityMeasure(
    MemberTiersParameters,
    gather,
    verdict,
    _horizon,
    "core_members",
    needs_ledger=True,
    sees="totals",
)
