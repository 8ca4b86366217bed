"""What a measure is: the two interfaces, one for communities and one for members.

A measure judges in two steps: it gathers its figures into an evaluation, and it reads the
verdict out of the evaluation alone. The second step is what `pulse explain` calls, so a record
that leaves out a figure cannot be judged in the first place (contract, Law 3).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from models.alerts import Evaluation, Verdict
from models.days import day_from_iso
from models.ledger import Tier
from models.panes import Recent
from rules.parameters import Parameters


@dataclass(frozen=True, slots=True)
class Setting:
    """Under which settings a subject is judged: they go into its evaluation.

    `origin` says where the settings come from: `default`, `configuration` or `community`.
    `threshold` is what evaluations have of them: one object for all, which nobody changes.
    """

    parameters: Parameters
    origin: str
    timezone: str
    threshold: dict[str, Any] = field(init=False, compare=False)

    def __post_init__(self) -> None:
        """Write the threshold once, instead of at every close."""
        object.__setattr__(self, "threshold", self.parameters.threshold(self.origin))


@dataclass(frozen=True, slots=True)
class CommunityMeasure:
    """A measure of a community at the close of one of its days.

    `gather(panes, day, first_day, setting)` returns the figures of `day`, the last of `panes`;
    `verdict(evaluation)` reads the verdict out of them (KeyError, TypeError or ValueError where a
    figure is missing or wrong); `horizon(parameters)` is how many days of panes up to and
    including the judged day are read; `value_name` names the value in snapshots.

    With `needs_ledger` the panes are wide, and `first_day` is the first day that the ledger knows
    whole. By `sees` it is given `Totals`, a sequence of `CampaignFigures` or `Ledger.cohorts`
    instead.
    """

    parameters: type[Parameters]
    gather: Callable[[Any, int, int, Setting], Evaluation]
    verdict: Callable[[Mapping[str, Any]], Verdict]
    horizon: Callable[[Any], int]
    value_name: str
    needs_ledger: bool = False
    sees: Literal["panes", "totals", "campaigns", "cohorts"] = "panes"


class CampaignFigures(NamedTuple):
    """Who took part in a campaign: distinct members, in seven days each.

    `first` counts the days from `first_day` on, `latest` the seven days that end on the judged day.
    `late` is how many of their interactions on these days arrived after the day had closed.
    """

    campaign_id: str
    first_day: int
    first: int
    latest: int
    late: int


def needs_ledger(measure: "Measure", parameters: Parameters) -> bool:
    """Tell whether the measure, as it is set, needs to know who did how much on which day."""
    if isinstance(measure, CommunityMeasure):
        return measure.needs_ledger
    if isinstance(measure, MemberMeasure):
        return measure.needs_traces(parameters)
    return True


def read_verdict(measure: "Measure", figures: Evaluation) -> Verdict:
    """Read the verdict out of an evaluation; a rule that is disabled (`enabled` false) has none."""
    if figures.get("enabled") is False:
        return Verdict.NOT_APPLICABLE
    return measure.verdict(figures)


def begins_too_early(figures: Mapping[str, Any]) -> bool:
    """Tell whether the window of an evaluation begins before the first day that is known."""
    return day_from_iso(figures["window"][0]) < day_from_iso(figures["first_day"])


def rate_percent(part: int, whole: int) -> float | None:
    """Return how many come on a hundred; None on nothing.

    Cut to two digits, not rounded: 2.999 must not read as the 3 that would have been enough.
    """
    return 10_000 * part // whole / 100 if whole else None


class Traces(NamedTuple):
    """What the ledger knows of a member at the close of `day`, on which an alert begins.

    Days are ordinals, 0 is never: when the member last viewed something, spoke, and was answered or
    liked. `viewers` and `receivers` are how many members of the community viewed something, and
    were answered or liked, in 28 days. `known` is 1 where the ledger has all of TRACED_DAYS days,
    or all since the community's first, else 0.
    """

    day: int
    viewed: int
    spoke: int
    received: int
    viewers: int
    receivers: int
    known: int


TRACED_DAYS: Final = 60
"""Out of what a member did in so many days it is told why the member fell silent."""


@dataclass(frozen=True, slots=True)
class MemberMeasure:
    """A measure of one member, out of the day of the member's last interaction.

    `gather(last, day, setting, traces)` returns the figures of `day`, `verdict(evaluation)` the
    verdict; `due(last, parameters)` is the first day whose close can say FIRE.
    `needs_traces(parameters)` tells whether it is given the member's traces, which needs the
    ledger; else they are None.
    """

    parameters: type[Parameters]
    gather: Callable[[int, int, Setting, Traces | None], Evaluation]
    verdict: Callable[[Mapping[str, Any]], Verdict]
    due: Callable[[int, Any], int]
    needs_traces: Callable[[Any], bool]


@dataclass(frozen=True, slots=True)
class LadderMeasure:
    """A measure of one member's silence that has several rungs, each reached once an episode.

    `gather(last, day, tier, left, setting)` returns the figures of `day`, where `tier` is the
    circle that the member was in before going quiet; `bounds(parameters)` says, by `Rung`, after
    how many whole silent days it is reached. `recall(panes, day)` counts who was called back, out
    of `horizon` days of panes up to and including `day`.
    """

    parameters: type[Parameters]
    gather: Callable[[int, int, Tier, bool, Setting], Evaluation]
    verdict: Callable[[Mapping[str, Any]], Verdict]
    bounds: Callable[[Any], tuple[int, ...]]
    recall: Callable[[Recent, int], Evaluation]
    horizon: int


Measure = CommunityMeasure | MemberMeasure | LadderMeasure
