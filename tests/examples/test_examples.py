"""The worked examples and the real event logs that come with the contract, where they are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from streams.catalogue import shipped_catalogue
from streams.replay_file import replay_file
from streams.settings import load_configuration

SHARED = Path(__file__).resolve().parents[3] / "shared"
EXAMPLES = SHARED / "examples"
LOGS = SHARED / "data"
SIZES = {"irc-8": 109_015, "quantum-se": 18_649}


def replayed(file: Path, configuration: Path | None, out: Path) -> tuple[list[dict[str, Any]], str]:
    """The alert records that `pulse replay` writes of a file, and what it says beside."""
    said: list[str] = []
    catalogue = shipped_catalogue()
    settings = load_configuration(configuration, catalogue, {})
    replay_file(str(file), settings, catalogue, None, 1, out, said.append)
    return [json.loads(line) for line in out.read_bytes().splitlines()], "\n".join(said)


def row(record: dict[str, Any]) -> list[Any]:
    """A record as the expectations of the examples have it."""
    data = record["data"]
    head = [data["rule"]["id"], data["community_id"], data.get("member_id"), data["day"]]
    if record["type"] == "pulse.alert.digest.v1":
        return ["digest", *head, None, data["count"]]
    return [data["status"], *head, data["seq"], data["reason"]]


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the worked examples are not on this machine")
@pytest.mark.parametrize("name", ["a", "b"])
def test_a_worked_example_gives_exactly_the_expected_records(name: str, tmp_path: Path) -> None:
    file, configuration = EXAMPLES / f"{name}.ndjson", EXAMPLES / f"{name}.config.yaml"
    records, _ = replayed(file, configuration, tmp_path / "alerts.ndjson")
    expected = (EXAMPLES / f"{name}.expected.ndjson").read_text("utf-8").splitlines()
    assert [row(record) for record in records] == [json.loads(line) for line in expected]


@pytest.mark.skipif(not LOGS.is_dir(), reason="the real event logs are not on this machine")
@pytest.mark.parametrize("name", SIZES)
def test_a_real_log_is_read_without_a_rejection(name: str, tmp_path: Path) -> None:
    file = LOGS / f"{name}.ndjson.gz"
    records, said = replayed(file, None, tmp_path / "alerts.ndjson")
    assert f"lines read    {SIZES[name]:,}\n  rejected    0\n" in said
    assert {record["data"]["rule"]["id"] for record in records} >= {
        "member-silent",
        "speech-density-drop",
    }
