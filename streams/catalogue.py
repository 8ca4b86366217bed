"""Reads the shipped definitions and playbooks from the package."""

from functools import cache
from importlib.resources import files

from rules.catalogue import Catalogue, Playbook, parse_catalogue, parse_playbooks


def _texts(folder: str, ending: str) -> dict[str, str]:
    return {
        f"rules/{folder}/{entry.name}": entry.read_text(encoding="utf-8")
        for entry in files("rules").joinpath(folder).iterdir()
        if entry.name.endswith(ending)
    }


@cache
def shipped_catalogue() -> Catalogue:
    """Return the rules that Pulse ships; DocumentError where one is wrong."""
    return parse_catalogue(_texts("definitions", ".yaml"), _texts("playbooks", ".md"))


def shipped_playbooks() -> dict[str, Playbook]:
    """Return the playbooks that Pulse ships, those that no rule names too, by id."""
    return parse_playbooks(_texts("playbooks", ".md"))


def shipped_rule_tests() -> dict[str, str]:
    """Return the texts of the rule test files that Pulse ships, by file name."""
    return _texts("tests", ".yaml")
