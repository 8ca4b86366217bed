"""What a demo says at its end."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.catalogue import Catalogue
from rules.explain import explain
from streams.demo.worker_process import Samples, total
from streams.readable import kind_of

Record = Mapping[str, Any]


@dataclass(slots=True)
class Seen:
    """The alert records that a subscriber saw, repeats counted once."""

    records: dict[str, Record] = field(default_factory=dict)
    repeats: int = 0

    def add(self, record: Record) -> bool:
        """Take in a record; tell whether it is new."""
        if record["id"] in self.records:
            self.repeats += 1
            return False
        self.records[record["id"]] = record
        return True

    def by_rule(self) -> Counter[tuple[str, str]]:
        """Count records by rule and kind."""
        return Counter(
            (record["data"]["rule"]["id"], kind_of(record)) for record in self.records.values()
        )


def summary_lines(samples: Samples, seen: Seen, seconds: float) -> list[str]:
    """Return the closing summary, from the worker's metrics and from what was received."""
    read = total(samples, "pulse_events_total")
    rejected = total(samples, "pulse_events_rejected_total")
    records = read + rejected
    lines = [
        f"events read        {records:>10,.0f}",
        f"  rejected         {rejected:>10,.0f}{_reasons(samples)}",
        f"  late             {total(samples, 'pulse_events_late_total'):>10,.0f}",
        f"  too late         {total(samples, 'pulse_events_total', outcome='dropped'):>10,.0f}",
        f"  duplicates       {total(samples, 'pulse_events_total', outcome='duplicate'):>10,.0f}",
        f"  unknown type     {total(samples, 'pulse_events_total', outcome='skipped'):>10,.0f}",
        f"communities        {total(samples, 'pulse_communities'):>10,.0f}",
        f"members            {total(samples, 'pulse_members'):>10,.0f}",
        f"days closed        {total(samples, 'pulse_day_closes_total'):>10,.0f}",
        f"alert records      {len(seen.records):>10,}",
    ]
    for (rule_id, kind), number in sorted(seen.by_rule().items()):
        lines.append(f"  {rule_id} {kind}".ljust(38) + f"{number:>10,}")
    lines.append(
        f"worker             {seconds:>10.1f} s, {records / max(seconds, 0.001):,.0f} events/s"
    )
    return lines


def _reasons(samples: Samples) -> str:
    found = {
        dict(series)["reason"]: value
        for (name, series), value in samples.items()
        if name == "pulse_events_rejected_total" and value
    }
    if not found:
        return ""
    text = ", ".join(f"{reason} {number:.0f}" for reason, number in sorted(found.items()))
    return f"  ({text})"


def unexplained(records: Iterable[Record], catalogue: Catalogue) -> list[str]:
    """Return a line for each record whose verdict cannot be recomputed from it alone."""
    problems = []
    for record in records:
        explanation = explain(record, catalogue)
        if not explanation.matches:
            problems.append(f"{record['id']}: {explanation.sentence}")
    return problems
