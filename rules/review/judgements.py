"""What rules said over a window, and the counts that stand in evaluations only."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from models.alerts import Verdict
from rules.review.history import JudgedDay

INDEX_RULE: Final = "health-index-falling"
_TOLD: Final = {"member-silent": "newly_silent", "member-churn": "churn_told"}
"""Rules about members: what the number of members whom a day told of is called."""
_NEWCOMERS: Final = "newcomers_who_stay"


class RuleDays(NamedTuple):
    """What one rule said over a window: on how many days which verdict, and the last of them.

    `fired` are the days with FIRE, in order. `last` is None where it was never judged.
    """

    rule_id: str
    verdicts: Mapping[Verdict, int]
    last: Verdict | None
    fired: tuple[int, ...]

    @property
    def inconclusive(self) -> int:
        """On how many days it gave no answer."""
        return sum(days for verdict, days in self.verdicts.items() if not verdict.is_conclusive)


class Case(NamedTuple):
    """The case that a rule which only reports found last within a window, and on which day.

    `before` is the one that it had found at the end of the window before, None where it had none.
    """

    rule_id: str
    day: int
    name: str
    before: str | None


class Component(NamedTuple):
    """One part of the health index, in hundredths of a point; None is not known."""

    name: str
    score: int | None
    contribution: int | None
    pull: int | None


class Index(NamedTuple):
    """The health index as its rule last judged it within a window; value in hundredths."""

    day: int
    verdict: Verdict
    value: int | None
    components: tuple[Component, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """The components that are left out."""
        return tuple(part.name for part in self.components if part.score is None)

    @property
    def pulled_most(self) -> tuple[str, ...]:
        """The components that pull the index down most, three at the most."""
        pulling = [part for part in self.components if part.pull]
        return tuple(part.name for part in sorted(pulling, key=lambda part: -(part.pull or 0))[:3])


def over(rule_ids: Iterable[str], days: Sequence[JudgedDay]) -> list[RuleDays]:
    """Return what each rule said over the days, rules by id."""
    return [_rule_days(rule_id, days) for rule_id in sorted(rule_ids)]


def _rule_days(rule_id: str, days: Sequence[JudgedDay]) -> RuleDays:
    said = [(day.day, day.verdicts[rule_id]) for day in days if rule_id in day.verdicts]
    return RuleDays(
        rule_id,
        Counter(verdict for _, verdict in said),
        said[-1][1] if said else None,
        tuple(day for day, verdict in said if verdict is Verdict.FIRE),
    )


def fired_on(rule: RuleDays, days: Sequence[JudgedDay]) -> list[JudgedDay]:
    """Return the days on which the rule fired."""
    return [day for day in days if day.verdicts.get(rule.rule_id) is Verdict.FIRE]


def case_of(rule_id: str, days: Sequence[JudgedDay], before: Sequence[JudgedDay]) -> Case | None:
    """Return the case that a rule's evaluations told last; None where no verdict told one."""
    now, earlier = _last_case(rule_id, days), _last_case(rule_id, before)
    if now is None:
        return None
    return Case(rule_id, *now, earlier[1] if earlier is not None else None)


def _last_case(rule_id: str, days: Sequence[JudgedDay]) -> tuple[int, str] | None:
    for judged in reversed(days):
        case = judged.evaluations.get(rule_id, {}).get("case")
        if isinstance(case, str) and judged.verdicts[rule_id].is_conclusive:
            return judged.day, case
    return None


def index_of(days: Sequence[JudgedDay]) -> Index | None:
    """Return the health index as it was judged last; None where its rule is off."""
    for day in reversed(days):
        if INDEX_RULE in day.verdicts:
            evaluation = day.evaluations[INDEX_RULE]
            components = tuple(
                Component(name, *(_hundredths(part.get(key)) for key in _OF_A_PART))
                for name, part in _components(evaluation).items()
            )
            return Index(day.day, day.verdicts[INDEX_RULE], _index(evaluation), components)
    return None


_OF_A_PART: Final = ("score", "contribution", "pull")


def more_measures(evaluations: Mapping[str, Mapping[str, Any]]) -> dict[str, int | None]:
    """Return the counts that evaluations hold and measures do not, by the names figures read.

    Newcomers who stay are those whom the index counts: of members who joined long enough ago.
    """
    found: dict[str, int | None] = {}
    for rule_id, name in _TOLD.items():
        if rule_id in evaluations:
            found[name] = _whole(evaluations[rule_id].get("value"))
    evaluation = evaluations.get(INDEX_RULE)
    if evaluation is not None:
        found["health_index"] = _index(evaluation)
        counted, cases = _recent(_components(evaluation).get(_NEWCOMERS, {}))
        found[f"{_NEWCOMERS}.counted"], found[f"{_NEWCOMERS}.cases"] = counted, cases
    return found


def _components(evaluation: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    components = evaluation.get("components")
    if not isinstance(components, Mapping):
        return {}
    return {name: part for name, part in components.items() if isinstance(part, Mapping)}


def _recent(part: Mapping[str, Any]) -> tuple[int | None, int | None]:
    match part.get("recent"):
        case [*_, [int(counted), int(cases)]]:
            return counted, cases
    return None, None


def _index(evaluation: Mapping[str, Any]) -> int | None:
    return _hundredths(evaluation.get("index"))


def _hundredths(value: object) -> int | None:
    return round(value * 100) if isinstance(value, int | float) else None


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None
