"""The figures in Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from statistics import mean, quantiles
from typing import Final, NamedTuple

from tests.detection.chance import Separation
from tests.detection.contenders import INDEX, Family
from tests.detection.episodes import EARLIEST, LATEST, LEAST_BEFORE, SPAN, Score, together
from tests.detection.splits import (
    LEAST_LEAD,
    LEAST_PRECISION,
    LEAST_RECALL,
    Scores,
    Split,
    halves,
    reaches_bar,
)

_HEAD: Final = "precision | counting repeats | recall | median lead, days | false a year"
_RULER: Final = "--:|--:|--:|--:|--:"


ByCommunity = Mapping[str, Score]


class Fitted(NamedTuple):
    """A family, its scores, and what came of fitting it on every half, in the order of `halves`."""

    family: Family
    scores: Scores
    splits: Sequence[Split]


class Findings(NamedTuple):
    """All that the report tells.

    `fixed` holds the scores of each trial; `calendars` those of each period from each offset;
    `lots` those of alarms by lot; `unknown` are the components that the file tells nothing of.
    """

    file: str
    events: int
    fixed: Scores
    calendars: Mapping[int, Sequence[ByCommunity]]
    lots: Sequence[Score]
    fitted: Sequence[Fitted]
    separation: Separation
    unknown: Sequence[str]


def report(found: Findings) -> str:
    """Return the whole report."""
    sections = (
        _introduction(found),
        _settings(found),
        _by_name(found),
        _all_halves(found),
        _around(found),
        _by_community(found),
        _limits(found),
    )
    return "\n".join(line for section in sections for line in (*section, "")).rstrip() + "\n"


def _names(found: Findings) -> list[str]:
    return list(found.fixed[INDEX.name])


def _introduction(found: Findings) -> Iterator[str]:
    total = together(found.fixed[INDEX.name].values())
    yield "# Do rules warn before a community goes quiet?"
    yield ""
    yield (
        f"{found.file}: {len(_names(found))} communities, {found.events:,} posts and replies, "
        f"{total.years:.1f} community-years, {total.episodes} episodes."
    )
    yield ""
    yield (
        f"An episode is a day with at least {LEAST_BEFORE} posts and replies in the {SPAN} days "
        f"before it and at most half as many in the {SPAN} days after it, the strongest such day "
        f"within {SPAN}. An alert from {EARLIEST} days before it to {LATEST} days after it is a "
        "hit; an episode is hit once, and every other alert is false (`counting repeats`: the "
        "share of alerts near an episode, the second one about it too). Lead: from the first hit "
        "to the episode, negative where it comes late. Each day is judged from the days up to it; "
        "alerts follow Pulse's lifecycle."
    )
    yield ""
    yield (
        f"**The bar**: precision of {LEAST_PRECISION:.2f}, recall of {LEAST_RECALL:.2f} and a "
        f"median lead of {LEAST_LEAD} days, at least, all at once."
    )


def _figures(score: Score) -> str:
    lead = "" if score.lead is None else f"{score.lead:+.1f}"
    return (
        f"{score.precision:.2f} | {score.lenient_precision:.2f} | {score.recall:.2f} | {lead} | "
        f"{score.false_per_year:.2f}"
    )


def _settings(found: Findings) -> Iterator[str]:
    yield "## All communities, nothing fitted"
    yield ""
    yield f"| rule | {_HEAD} | alerts | halves that reach the bar |"
    yield f"|---|{_RULER}|--:|--:|"
    for name, scores in found.fixed.items():
        total = together(scores.values())
        shown = f"**{name}**" if name == INDEX.name else name
        yield f"| {shown} | {_figures(total)} | {total.alerts} | {_reached(scores):.0%} |"
    for period, offsets in found.calendars.items():
        totals = [together(scores.values()) for scores in offsets]
        reached = mean(_reached(scores) for scores in offsets)
        yield (
            f"| an alarm every {period} days | {_mean(totals)} | "
            f"{mean(total.alerts for total in totals):.0f} | {reached:.0%} |"
        )
    count = found.lots[0].alerts
    yield f"| {count} alarms by lot, {len(found.lots):,} times | {_mean(found.lots)} | {count} | |"
    yield ""
    yield (
        "Alarms by calendar and by lot come only on days with 400 posts and replies in the 56 "
        "days before; their figures are means over where they begin, and over draws."
    )


def _mean(scores: Sequence[Score]) -> str:
    leads = [score.lead for score in scores if score.lead is not None]
    return (
        f"{mean(score.precision for score in scores):.2f} | "
        f"{mean(score.lenient_precision for score in scores):.2f} | "
        f"{mean(score.recall for score in scores):.2f} | {mean(leads):+.1f} | "
        f"{mean(score.false_per_year for score in scores):.2f}"
    )


def _reached(scores: ByCommunity) -> float:
    """The share of all halves in which the bar is reached as things are."""
    each = [reaches_bar(together(scores[name] for name in half)) for half, _ in halves([*scores])]
    return sum(each) / len(each)


def _by_name(found: Findings) -> Iterator[str]:
    names = _names(found)
    first, second = names[: len(names) // 2], names[len(names) // 2 :]
    yield "## Fitted on one half by name, reported on the other"
    yield ""
    yield f"A is {', '.join(first)}; B is {', '.join(second)}."
    yield ""
    yield f"| rule | on | chosen | {_HEAD} | bar |"
    yield f"|---|---|---|{_RULER}|---|"
    for family, _, splits in found.fitted:
        for one, other in ((splits[0], "B"), (splits[-1], "A")):
            bar = "reached" if reaches_bar(one.outside) else f"missed: {_missed(one.outside)}"
            yield f"| {family.name} | {other} | {one.chosen} | {_figures(one.outside)} | {bar} |"


def _missed(score: Score) -> str:
    short = {
        "precision": score.precision < LEAST_PRECISION,
        "recall": score.recall < LEAST_RECALL,
        "lead": score.lead is None or score.lead < LEAST_LEAD,
    }
    return ", ".join(name for name, is_short in short.items() if is_short)


def _all_halves(found: Findings) -> Iterator[str]:
    yield f"## All {len(found.fitted[0].splits)} ways to fit on one half and report on the other"
    yield ""
    yield (
        "Median of the half not fitted, and from the 10th to the 90th percentile. Chosen is the "
        "setting that stays farthest above the bar, whichever fitted community is left out."
    )
    yield ""
    yield (
        "| rule | fitted | settings | reaches the bar | precision | recall | lead, days | "
        "false a year | misses precision, recall, lead |"
    )
    yield "|---|---|--:|--:|--:|--:|--:|--:|--:|"
    for family, _, splits in found.fitted:
        scores = [one.outside for one in splits]
        reached = mean(reaches_bar(score) for score in scores)
        columns = (
            _spread(scores, lambda score: score.precision, ".2f"),
            _spread(scores, lambda score: score.recall, ".2f"),
            _spread(scores, lambda score: score.lead or 0, "+.0f"),
            _spread(scores, lambda score: score.false_per_year, ".1f"),
        )
        missed = Counter(name for score in scores for name in _missed(score).split(", ") if name)
        shares = ", ".join(
            f"{missed[name] / len(scores):.0%}" for name in ("precision", "recall", "lead")
        )
        yield (
            f"| {family.name} | {family.fitted} | {len(family.trials)} | {reached:.0%} | "
            f"{' | '.join(columns)} | {shares} |"
        )
    yield ""
    for family, _, splits in found.fitted:
        often = Counter(one.chosen for one in splits).most_common(3)
        yield f"- {family.name}: " + "; ".join(f"{name} ({count})" for name, count in often)


def _spread(scores: Sequence[Score], figure: Callable[[Score], float], form: str) -> str:
    tenths = quantiles((figure(score) for score in scores), n=10, method="inclusive")
    low, middle, high = (format(tenths[place], form) for place in (0, 4, 8))
    return f"{middle} ({low} to {high})"


def _around(found: Findings) -> Iterator[str]:
    yield "## The health index around its defaults, all communities, nothing fitted"
    yield ""
    yield f"| setting | {_HEAD} | alerts | halves that reach the bar |"
    yield f"|---|{_RULER}|--:|--:|"
    scores = next(fitted.scores for fitted in found.fitted if fitted.family.name == INDEX.name)
    for name, by_community in scores.items():
        total = together(by_community.values())
        yield f"| {name} | {_figures(total)} | {total.alerts} | {_reached(by_community):.0%} |"


def _by_community(found: Findings) -> Iterator[str]:
    yield f"## {INDEX.name.capitalize()}, by community"
    yield ""
    yield "| community | years | episodes | hit | alerts | false | leads, days |"
    yield "|---|--:|--:|--:|--:|--:|---|"
    for name, score in found.fixed[INDEX.name].items():
        leads = ", ".join(f"{lead:+}" for lead in sorted(score.leads, reverse=True))
        yield (
            f"| {name} | {score.years:.1f} | {score.episodes} | {score.hit} | {score.alerts} | "
            f"{score.alerts - score.hit} | {leads} |"
        )


def _limits(found: Findings) -> Iterator[str]:
    index = together(found.fixed[INDEX.name].values())
    as_good = mean(
        score.precision >= index.precision and score.recall >= index.recall for score in found.lots
    )
    yield "## What limits it"
    yield ""
    yield (
        f"- The index of a day in the {EARLIEST} days up to an episode is lower than that of a day "
        f"far from any with a probability of {found.separation.before:.2f} (0.50 is chance); of a "
        f"day in the {LATEST} days after it, {found.separation.after:.2f}."
    )
    yield (
        "- Only what the tables call fitted is. The windows, the weights and the floor were chosen "
        "with all communities in view, so that the half not fitted flatters the index."
    )
    if found.unknown:
        yield (
            f"- The file tells nothing of {', '.join(found.unknown)}: their weights were never put "
            "to the test."
        )
    yield (
        f"- {as_good:.1%} of the draws by lot are as good as the index in both precision and "
        "recall."
    )
