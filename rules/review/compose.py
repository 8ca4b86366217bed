"""Puts a review together: five parts, out of one history."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from rules.catalogue import Catalogue, Playbook
from rules.review.amounts import Compared, Windows, compare
from rules.review.answers import answers
from rules.review.charts import Chart, components, forecast, funnel, over_time
from rules.review.figures import FIGURES, FUNNEL, PartName, part_of
from rules.review.findings import Finding, of_case, of_figures, of_health, of_outlook
from rules.review.history import History, Period
from rules.review.judgements import Case, RuleDays, case_of, fired_on, index_of, over
from rules.review.outlook import Outlook, Project, look_ahead

SPEECH_RULE: Final = "speech-density-drop"
"""What its playbook does is also what answers an outlook that falls."""


class Part(NamedTuple):
    """One part of a review: what its figures say, the figures, the charts, and its rules.

    `answers` are the playbooks of the rules that fired, by rule id. `reported` are the cases that
    rules which never fire have found, each with its playbook. `foreseen` is the playbook that
    answers what has not happened yet, but is expected.
    """

    name: PartName
    findings: tuple[Finding, ...]
    figures: tuple[Compared, ...]
    charts: tuple[Chart, ...]
    rules: tuple[RuleDays, ...]
    answers: Mapping[str, tuple[Playbook, ...]]
    reported: tuple[tuple[Case, Playbook], ...] = ()
    foreseen: Playbook | None = None


class Review(NamedTuple):
    """The five-part review of one community; `judged` and `judged_before` are days."""

    community_id: str
    timezone: str
    period: Period
    judged: int
    judged_before: int
    parts: tuple[Part, ...]


def review(history: History, period: Period, catalogue: Catalogue, project: Project) -> Review:
    """Review a period of a community, of which at least one day was judged.

    Rules that the snapshots name and the catalogue does not are told as well, without playbook.
    """
    days = history.within(period)
    windows = Windows(days, history.within(period.before), period.length)
    named = {rule_id for day in days for rule_id in day.verdicts}
    rules = over(named | set(catalogue), days)
    books = {
        each.rule_id: tuple(answers(catalogue, each.rule_id, fired_on(each, days)))
        for each in rules
        if each.fired
    }
    reported = tuple(_reported(catalogue, windows))
    parts = {
        name: _part(name, windows, rules, over_time(name, history, period), books, reported)
        for name in PartName
    }
    outlook = look_ahead(history, period.last, project)
    foreseen = catalogue[SPEECH_RULE].playbook if outlook.is_falling else None
    parts[PartName.OUTLOOK] = _outlook(outlook, period.last, foreseen)
    return Review(
        history.community_id,
        history.timezone,
        period,
        len(days),
        len(windows.before),
        tuple(parts.values()),
    )


def _reported(catalogue: Catalogue, windows: Windows) -> Iterator[tuple[Case, Playbook]]:
    for rule in catalogue.values():
        case = case_of(rule.id, windows.now, windows.before)
        if rule.definition.reports_only and case is not None:
            yield case, rule.playbook_for({"case": case.name})


def _part(
    name: PartName,
    windows: Windows,
    rules: Sequence[RuleDays],
    charts: list[Chart],
    books: Mapping[str, tuple[Playbook, ...]],
    reported: Sequence[tuple[Case, Playbook]],
) -> Part:
    own = tuple(each for each in rules if part_of(each.rule_id) is name)
    compared = tuple(compare(figure, windows) for figure in FIGURES[name])
    findings = of_figures(name, compared)
    if name is PartName.MEMBERS:
        charts += _funnel(compared)
    if name is PartName.HEALTH:
        index = index_of(windows.now)
        findings = of_health(compared, index, rules)
        charts += [components(index)] if index is not None else []
    cases = tuple((case, book) for case, book in reported if part_of(case.rule_id) is name)
    findings += [of_case(case) for case, _ in cases]
    return Part(
        name,
        tuple(findings),
        compared,
        _drawn(charts),
        own,
        {each.rule_id: books[each.rule_id] for each in own if each.fired},
        cases,
    )


def _outlook(outlook: Outlook, last: int, foreseen: Playbook | None) -> Part:
    charts = _drawn([forecast(outlook, last)] if outlook.expected else [])
    return Part(PartName.OUTLOOK, tuple(of_outlook(outlook)), (), charts, (), {}, (), foreseen)


def _drawn(charts: Iterable[Chart]) -> tuple[Chart, ...]:
    return tuple(chart for chart in charts if not chart.is_empty)


def _funnel(compared: Iterable[Compared]) -> list[Chart]:
    """Return the funnel where its later stages are known."""
    counted = [each.now.made_of for each in compared if each.figure.plus[0] in FUNNEL]
    made_of = {name: count for counts in counted for name, count in counts.items()}
    if not made_of.keys() >= set(FUNNEL):
        return []
    return [funnel([made_of[name] for name in FUNNEL])]
