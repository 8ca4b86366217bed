"""Settings: one file, the environment over it, and errors that name what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rules.configuration import Configuration
from rules.documents import DocumentError
from rules.policy import Policies
from streams.catalogue import shipped_catalogue
from streams.settings import load_configuration

MINUTE = 60_000
FILE = """
time: {timezone: Asia/Shanghai, lateness: 2h}
rules:
  speech-density-drop: {floor: 25, drop_percent: 40}
communities:
  "42": {rules: {speech-density-drop: {drop_percent: 30}}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "pulse.yaml"
    path.write_text(FILE, encoding="utf-8")
    return path


def loaded(path: Path | None, **environment: str) -> Configuration:
    return load_configuration(path, shipped_catalogue(), environment)


def refused(path: Path | None, **environment: str) -> str:
    with pytest.raises(DocumentError) as caught:
        loaded(path, **environment)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def speech_density(configuration: Configuration, community_id: str) -> dict[str, Any]:
    policy = Policies(configuration, shipped_catalogue()).of(community_id)
    rule = next(rule for rule in policy.rules if rule.id == "speech-density-drop")
    return rule.setting.parameters.model_dump()


def test_without_file_and_environment_the_defaults_hold() -> None:
    assert loaded(None) == Configuration()
    assert loaded(None, HOME="/root", PULSE="x", KAFKA_BOOTSTRAP_SERVERS="b:1") == Configuration()


def test_a_file_is_read(file: Path) -> None:
    found = loaded(file)
    assert found.time.timezone == "Asia/Shanghai"
    assert found.time.lateness == 120 * MINUTE
    assert found.time.dedupe == 15 * MINUTE


def test_what_kubernetes_says_of_a_service_of_that_name_is_no_setting() -> None:
    said = {
        "PULSE_SERVICE_HOST": "10.0.0.7",
        "PULSE_SERVICE_PORT": "6066",
        "PULSE_SERVICE_PORT_WEB_UI": "6066",
        "PULSE_PORT": "tcp://10.0.0.7:6066",
        "PULSE_PORT_6066_TCP": "tcp://10.0.0.7:6066",
        "PULSE_PORT_6066_TCP_PROTO": "tcp",
        "PULSE_PORT_6066_TCP_PORT": "6066",
        "PULSE_PORT_6066_TCP_ADDR": "10.0.0.7",
        "PULSE_WORKER_SERVICE_HOST": "10.0.0.7",
        "PULSE_WORKER_PORT_6066_TCP_ADDR": "10.0.0.7",
    }
    assert loaded(None, **said) == Configuration()


def test_what_a_desktop_says_to_pulseaudio_is_no_setting() -> None:
    said = {"PULSE_SERVER": "unix:/mnt/wslg/PulseServer", "PULSE_LATENCY_MSEC": "60"}
    assert loaded(None, **said) == Configuration()


@pytest.mark.parametrize("text", ["2025-02-30", "[" * 5_000, "a: b: c"])
def test_a_value_that_is_no_yaml_is_taken_as_text(text: str) -> None:
    said = refused(None, PULSE_KAFKA__PARTITIONS=text)
    assert said == "PULSE_KAFKA__PARTITIONS: kafka.partitions: Input should be a valid integer"


def test_the_environment_names_the_file(file: Path) -> None:
    assert loaded(None, PULSE_CONFIG=str(file)) == loaded(file)


def test_the_command_line_names_it_first(file: Path, tmp_path: Path) -> None:
    assert loaded(file, PULSE_CONFIG=str(tmp_path / "missing.yaml")) == loaded(file)


def test_the_environment_stands_over_the_file_key_by_key(file: Path) -> None:
    found = loaded(file, PULSE_TIME__LATENESS="30m", PULSE_KAFKA__PARTITIONS="3")
    assert found.time.timezone == "Asia/Shanghai"
    assert found.time.lateness == 30 * MINUTE
    assert found.kafka.partitions == 3


def test_a_rules_parameter_is_set_with_underscores_for_its_hyphens(file: Path) -> None:
    found = loaded(file, PULSE_RULES__SPEECH_DENSITY_DROP__FLOOR="30")
    elsewhere, here = speech_density(found, "7"), speech_density(found, "42")
    assert (elsewhere["floor"], elsewhere["drop_percent"]) == (30, 40)
    assert (here["floor"], here["drop_percent"]) == (30, 30)


def test_a_rule_is_switched_off_in_the_environment() -> None:
    found = loaded(None, PULSE_RULES__MEMBER_SILENT__ENABLED="false")
    assert found.rules == {"member-silent": {"enabled": False}}


@pytest.mark.parametrize(
    ("name", "value", "key", "problem"),
    [
        ("PULSE_TIME__TIMEZONE", "Mars/Olympus", "time.timezone", "unknown time zone"),
        ("PULSE_TIME__LATENESS", "60", "time.lateness", "not a duration"),
        ("PULSE_TIME__LATENES", "1h", "time.latenes", "unknown key"),
        ("PULSE_TIMES__LATENESS", "1h", "times", "unknown key"),
        ("PULSE_KAFKA__PARTITIONS", "many", "kafka.partitions", "integer"),
        ("PULSE_KAFKA__PARTITIONS", "0", "kafka.partitions", "greater than or equal to 1"),
        ("PULSE_RULES__SPEECH_DENSITY_DROP__FLOR", "30", "speech-density-drop", "flor"),
        ("PULSE_RULES__SPEECH_DENSITY_DROP__FLOOR", "[1", "speech-density-drop", "floor"),
        ("PULSE_RULES__NO_SUCH_RULE__FLOOR", "30", "rules.no-such-rule", "unknown rule"),
        ("PULSE_DEBUG", "1", "", "unknown variable"),
        ("PULSE_WEB_PORT", "6066", "", "unknown variable"),
        ("PULSE_TIME__PORT", "1", "time.port", "unknown key"),
        ("PULSE_COMMUNITIES__42__TIMEZONE", "UTC", "", "unknown variable"),
    ],
)
def test_a_wrong_variable_is_named_with_its_key(
    file: Path, name: str, value: str, key: str, problem: str
) -> None:
    for path in (None, file):
        message = refused(path, PULSE_KAFKA__REPLICATION_FACTOR="3", **{name: value})
        assert message.startswith(f"{name}: ")
        assert key in message
        assert problem in message


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("time: {latenes: 1h}", "time.latenes: unknown key"),
        ("kafak: {}", "kafak: unknown key"),
        ("time: {lateness: 1h, lateness: 2h}", "line 1: the key 'lateness' stands twice"),
        ("time: [", "line 1"),
        ("- time", "is not a mapping"),
        ("42: {}", "42: unknown key"),
        ("rules: {speech-density-drop: {floor: many}}", "rules.speech-density-drop"),
    ],
)
def test_a_wrong_file_is_named_with_its_key(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "pulse.yaml"
    path.write_text(text, encoding="utf-8")
    # The environment does not take the blame for the file, nor mend it.
    for environment in ({}, {"PULSE_TIME__LATENESS": "30m"}):
        message = refused(path, **environment)
        assert message.startswith(f"{path}: ")
        assert problem in message


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "missing.yaml"
    expected = f"{path}: cannot be read: No such file or directory"
    assert refused(path) == expected
    assert refused(None, PULSE_CONFIG=str(path)) == expected


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "pulse.yaml"
    path.write_bytes("time: {timezone: Ωμέγα}".encode("iso-8859-7"))
    assert refused(path) == f"{path}: is not UTF-8"


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "pulse.yaml"
    path.touch()
    assert loaded(path) == Configuration()
