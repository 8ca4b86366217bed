"""`pulse rules check`: definitions, playbooks, rule tests and configurations, validated."""

from dataclasses import dataclass, field
from pathlib import Path

from rules.catalogue import (
    Catalogue,
    Rule,
    check_playbooks,
    parse_definition,
    parse_playbook,
)
from rules.configuration import Configuration, parse_configuration
from rules.documents import DocumentError, read_mapping
from rules.policy import Policies
from rules.ruletest import run_file
from streams.catalogue import shipped_catalogue, shipped_playbooks, shipped_rule_tests
from streams.settings import load_configuration


@dataclass(slots=True)
class Checked:
    """What was checked: `lines` to print, `problems` in documents, `failures` of rule tests."""

    lines: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    failures: int = 0


def check_rules(files: list[str], *, run_tests: bool) -> Checked:
    """Check what Pulse ships, the configuration in force, and `files`; run rule tests if asked."""
    checked = Checked()
    try:
        catalogue = shipped_catalogue()
        in_force = load_configuration(None, catalogue)
    except DocumentError as error:
        checked.problems.append(str(error))
        return checked
    for rule in catalogue.values():
        checked.lines.append(f"ok  {line_of(rule)}")
    if turned_on := _turned_on(in_force, catalogue):
        checked.lines.append(f"ok  the configuration in force{turned_on}")
    tests = shipped_rule_tests() if run_tests else {}
    for file in files:
        _check_file(file, catalogue, tests, checked)
    for name, text in sorted(tests.items()):
        _run(name, text, catalogue, checked)
    return checked


def line_of(rule: Rule) -> str:
    """Say of a rule which playbooks answer it, and whether it alerts and is on as shipped."""
    books = ", ".join(f"{book.id} v{book.version}" for book in rule.playbooks)
    word = "playbook" if len(rule.playbooks) == 1 else "playbooks"
    kind = ", only reports" if rule.definition.reports_only else ""
    state = "" if rule.is_on else ", off until you turn it on"
    return f"rule {rule.id} v{rule.definition.version}, {word} {books}{kind}{state}"


def _check_file(file: str, catalogue: Catalogue, tests: dict[str, str], checked: Checked) -> None:
    try:
        text = Path(file).read_text(encoding="utf-8")
        said = _check_text(file, text, catalogue, tests)
    except OSError as error:
        checked.problems.append(f"{file}: cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        checked.problems.append(f"{file}: is not UTF-8")
    except DocumentError as error:
        checked.problems.append(str(error))
    else:
        checked.lines.append(f"ok  {said}")


def _check_text(file: str, text: str, catalogue: Catalogue, tests: dict[str, str]) -> str:
    """Tell by its content what the file is, check it as that, and say so."""
    if file.endswith(".md"):
        parse_playbook(file, text)
        return f"playbook {file}"
    values = read_mapping(file, text)
    if "measure" in values:
        definition = parse_definition(file, text)
        check_playbooks(file, definition, shipped_playbooks())
        return f"definition {file}"
    if "cases" in values:
        tests[file] = text
        return f"rule tests {file}"
    configuration = parse_configuration(file, values, catalogue)
    return f"configuration {file}{_turned_on(configuration, catalogue)}"


def _turned_on(configuration: Configuration, catalogue: Catalogue) -> str:
    """Say which rules that are off as shipped it turns on, for all communities or for some."""
    policies = Policies(configuration, catalogue)
    everywhere = {rule.id for rule in policies.elsewhere.rules if rule.enabled}
    somewhere = {
        rule.id
        for community_id in configuration.communities
        for rule in policies.of(community_id).rules
        if rule.enabled
    }
    off = [rule.id for rule in catalogue.values() if not rule.is_on]
    words = [rule_id for rule_id in off if rule_id in everywhere]
    words += [f"{rule_id} for some" for rule_id in off if rule_id in somewhere - everywhere]
    return f", turns on {', '.join(words)}" if words else ""


def _run(name: str, text: str, catalogue: Catalogue, checked: Checked) -> None:
    try:
        results = run_file(name, text, catalogue)
    except DocumentError as error:
        checked.problems.append(str(error))
        return
    for result in results:
        mark = "FAILED" if result.problems else "passed"
        checked.lines.append(f"{mark}  {name}: {result.name}")
        checked.lines += [f"    {problem}" for problem in result.problems]
        checked.failures += bool(result.problems)
