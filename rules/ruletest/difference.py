"""Says in words where the outcome of a rule test is not the expected one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from models.alerts import Judgement, Verdict
from models.days import iso
from models.instants import format_instant
from rules.records import Record
from rules.ruletest.document import ExpectedAlert, ExpectedRecord, ExpectedVerdict

_ABSENT = object()


def record_problems(rows: Iterable[ExpectedRecord], actual: Sequence[Record]) -> list[str]:
    """Return one line per record that is missing or too many, and per field that differs."""
    expected = [each for row in rows for each in row.each()]
    wanted = [_line_of_expected(row) for row in expected]
    found = [_line_of_record(record) for record in actual]
    problems = []
    matcher = SequenceMatcher(None, wanted, found, autojunk=False)
    for kind, start, end, other_start, other_end in matcher.get_opcodes():
        if kind == "equal":
            pairs = zip(expected[start:end], actual[other_start:other_end], strict=True)
            for line, (row, record) in zip(wanted[start:end], pairs, strict=True):
                problems += [f"{line}: {problem}" for problem in _field_problems(row, record)]
        else:
            problems += [f"expected, but missing: {line}" for line in wanted[start:end]]
            problems += [f"not expected: {line}" for line in found[other_start:other_end]]
    return problems


def verdict_problems(
    expected: Iterable[ExpectedVerdict], judged: Mapping[tuple[str, int], Judgement | None]
) -> list[str]:
    """Return one line per day whose verdict or figures differ."""
    problems = []
    for row in expected:
        for day in row.days:
            where = f"verdict of community {row.community} on {iso(day)}"
            found = judged.get((row.community, day))
            if (found["verdict"] if found else None) != row.verdict:
                was = found["verdict"] if found else "not judged"
                problems.append(f"{where}: {was}, expected {row.verdict or 'not judged'}")
            elif found is not None:
                wanted = row.model_dump(include=row.model_fields_set & {"value", "baseline"})
                differences = _differences("", wanted, found["evaluation"])
                problems += [f"{where}: {difference}" for difference in differences]
    return problems


def _line_of_expected(row: ExpectedRecord) -> str:
    if isinstance(row, ExpectedAlert):
        return _line(row.status, row.community, row.member, iso(row.day), row.reason)
    return _line(row.status, row.community, None, iso(row.day), f"{row.count} members")


def _line_of_record(record: Record) -> str:
    data = record["data"]
    community, day = data["community_id"], data["day"]
    if "status" not in data:
        return _line("digest", community, None, day, f"{data['count']} members")
    return _line(data["status"], community, data["member_id"], day, data["reason"])


def _line(status: str, community: str, member: str | None, day: str, last: str) -> str:
    subject = f"community {community}" + (f", member {member}" if member else "")
    return f"{status} for {subject} on {day} ({last})"


def _field_problems(row: ExpectedRecord, record: Record) -> Iterator[str]:
    if row.time is not None:
        yield from _differences("", {"time": format_instant(row.time)}, record)
    wanted: dict[str, Any] = {}
    if isinstance(row, ExpectedAlert):
        if row.started_day is not None:
            wanted["started_day"] = iso(row.started_day)
        if row.playbook is not None:
            wanted["playbook"] = {"id": row.playbook}
        wanted["evaluation"] = row.evaluation
    elif row.members is not None:
        wanted["member_ids"] = row.members
    yield from _differences("", wanted, record["data"])


def _differences(path: str, wanted: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    """Compare what is named in `wanted`; mappings inside likewise, everything else as it is."""
    for name, content in wanted.items():
        key = f"{path}{name}"
        other = found.get(name, _ABSENT)
        if isinstance(content, Mapping) and isinstance(other, Mapping):
            yield from _differences(f"{key}.", content, other)
        elif other is _ABSENT:
            yield f"{key} is absent, expected {content!r}"
        elif other != content:
            yield f"{key} is {_plain(other)!r}, expected {content!r}"


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Verdict) else value
