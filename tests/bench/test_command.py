from collections.abc import Callable
from pathlib import Path

import pytest

from streams.broker.handle import PrerequisiteMissing
from tests.bench.__main__ import main
from tests.bench.cached import SetupError, cached, run_step
from tests.bench.contenders import contenders


def silent(_: str) -> None:
    pass


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "pulse"


@pytest.mark.parametrize(
    "arguments",
    [["--peers", "pulse,flink"], ["--variants", "normal"], ["--events", "99"], ["--rounds", "0"]],
)
def test_what_there_is_not_is_wrong_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2


def test_a_missing_prerequisite_is_one_line_and_exit_2(
    cache: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    assert main(["--peers", "kafka-streams"]) == 2
    said = capsys.readouterr().err
    assert said.startswith("bench: no Java, which the Kafka Streams peer needs: install it, or")
    assert len(said.splitlines()) == 1


def test_a_peer_left_out_needs_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    field, versions = contenders(["pulse", "tutorial"], 5, 3, 1_000_000, silent)
    assert [(one.name, one.rounds, one.events) for one in field] == [
        ("Pulse", 5, 1_000_000),
        ("Faust tutorial", 3, 30_000),
    ]
    assert not versions


def test_what_is_cached_is_made_again_only_where_an_ingredient_changed(
    cache: Path, tmp_path: Path
) -> None:
    made: list[Path] = []

    def make(folder: Path, _: Callable[[str], None]) -> None:
        made.append(folder)

    ingredient = tmp_path / "pom.xml"
    ingredient.write_text("1")
    for _ in range(2):
        assert cached("thing", [ingredient], make, silent) == cache / "thing"
    assert len(made) == 1
    ingredient.write_text("2")
    cached("thing", [ingredient], make, silent)
    assert len(made) == 2


def test_what_was_broken_off_is_made_again(cache: Path) -> None:
    def lack(folder: Path, _: Callable[[str], None]) -> None:
        (folder / "half").touch()
        raise PrerequisiteMissing("no Maven")

    def make(folder: Path, _: Callable[[str], None]) -> None:
        assert not (folder / "half").exists()

    with pytest.raises(PrerequisiteMissing):
        cached("thing", [], lack, silent)
    cached("thing", [], make, silent)


def test_a_step_that_fails_says_in_one_line_why(tmp_path: Path) -> None:
    command = ["sh", "-c", "echo begun; echo '[ERROR] no such artifact'; echo more; exit 1"]
    with pytest.raises(SetupError, match=r"^Maven failed: no such artifact \(see .*\)$"):
        run_step(command, tmp_path, "Maven", r"\[ERROR\] (.*)")
