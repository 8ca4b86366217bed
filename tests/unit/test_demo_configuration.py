"""The demo's configuration: what its sample needs goes before what was given, rule by rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from rules.configuration import Configuration
from streams.catalogue import shipped_catalogue
from streams.demo.options import DemoOptions
from streams.demo.stage import write_configuration
from streams.sample import sample

RATE, STALLED = "share-conversion-rate-low", "transactions-stalled"
ON = {"enabled": True}


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> DemoOptions:
    monkeypatch.delenv("PULSE_CONFIG", raising=False)
    file = tmp_path / "given.yaml"
    file.write_text(
        f"rules: {{{STALLED}: {{enabled: false, window_days: 9}}, member-silent: {{for_days: 1}}}}",
        encoding="utf-8",
    )
    return DemoOptions(configuration=file)


def written(options: DemoOptions, settings: dict[str, object], folder: Path) -> Configuration:
    return write_configuration(options, settings, folder / "pulse.yaml", shipped_catalogue())


def test_the_sample_turns_its_rules_on_and_leaves_their_settings(
    given: DemoOptions, tmp_path: Path
) -> None:
    needed = sample().configuration["rules"]
    rules = written(given, dict(sample().configuration), tmp_path).rules
    assert needed[RATE] == needed[STALLED] == ON
    assert rules == {
        **needed,
        STALLED: {"enabled": True, "window_days": 9},
        "member-silent": {"for_days": 1},
    }


def test_on_events_of_ones_own_the_rules_are_as_given(given: DemoOptions, tmp_path: Path) -> None:
    rules = written(given, {}, tmp_path).rules
    assert rules[STALLED] == {"enabled": False, "window_days": 9}
    assert RATE not in rules
