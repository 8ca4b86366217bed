from __future__ import annotations

from pathlib import Path

import pytest

from tests.detection.__main__ import DATA, main
from tests.detection.chance import scored
from tests.detection.contenders import DEFAULTS, INDEX, PERIODS, SHIPPED, families, fixed
from tests.detection.episodes import episodes, together
from tests.detection.history import read_histories
from tests.detection.splits import halves, reaches_bar
from tests.detection.stories import as_file, restless
from tests.detection.trials import calendar_alarm

REAL = Path(__file__).resolve().parents[2] / DATA


def test_a_file_that_is_not_there_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--data", str(tmp_path / "none.ndjson")]) == 2
    said = capsys.readouterr().err
    assert "none.ndjson" in said
    assert len(said.splitlines()) == 1


def test_three_communities_cannot_be_halved(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.ndjson"
    file.write_bytes(as_file({name: [1, 1] for name in "abc"}))
    assert main(["--data", str(file)]) == 2
    assert "fewer than four communities" in capsys.readouterr().err


def test_the_report_says_the_same_in_the_file_and_on_standard_output(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, out = tmp_path / "events.ndjson", tmp_path / "report.md"
    file.write_bytes(as_file({f"c{seed}": restless(seed, 300) for seed in range(4)}))
    assert main(["--data", str(file), "--out", str(out), "--draws", "20"]) == 0
    text = capsys.readouterr().out
    assert out.read_text("utf-8") == text
    for trial in fixed():
        assert f"{trial.name} |" in text or f"**{trial.name}** |" in text
    for family in families():
        assert text.count(f"| {family.name} | ") == 3
    assert all(f"| an alarm every {period} days |" in text for period in PERIODS)
    assert "## All 6 ways" in text
    assert_whole_tables(text)


def assert_whole_tables(text: str) -> None:
    """Each line of a table has as many columns as its head."""
    tables = [block.splitlines() for block in text.split("\n\n") if block.startswith("|")]
    assert len(tables) == 5
    for head, *rows in tables:
        assert all(row.count("|") == head.count("|") for row in rows)


@pytest.mark.skipif(not REAL.exists(), reason="the real event logs are not on this machine")
def test_the_proposed_index_reaches_the_bar_on_real_communities_and_a_calendar_does_not() -> None:
    histories = read_histories(str(REAL))
    found = {one.community: episodes(one.speech) for one in histories}
    names = [one.community for one in histories]
    index = scored(INDEX, histories, found)
    assert reaches_bar(together(index.values()))
    assert (
        sum(reaches_bar(together(index[name] for name in half)) for half, _ in halves(names)) > 60
    )
    for trial in (SHIPPED, *(calendar_alarm(str(period), period) for period in PERIODS)):
        assert not reaches_bar(together(scored(trial, histories, found).values()))


def test_the_proposed_weights_sum_to_100() -> None:
    weights = [value for name, value in DEFAULTS.model_dump().items() if name.endswith("_weight")]
    assert sum(weights) == 100
    assert len(weights) == 7
