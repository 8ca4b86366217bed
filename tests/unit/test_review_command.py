"""`pulse review` through the command line: events replayed, snapshots reviewed, pages written."""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from models.documents import encode
from rules.records import Record
from streams.review.drawing import draw
from streams.review.write import file_stem
from tests.builders import catalogue
from tests.reviewed import event_log
from tests.unit.test_cli import Terminal, pulse
from tests.unit.test_cli import terminal as terminal  # noqa: PLC0414 (a fixture)

CLUB, GUILD = "book/club", "guild"


@pytest.fixture(scope="module")
def replayed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the snapshots and the alert records of two communities."""
    folder = tmp_path_factory.mktemp("replayed")
    log = event_log(CLUB, 120, [3, 4, 2, 5, 3, 6, 6]) + event_log(GUILD, 40, [2, 1])
    log.sort(key=lambda line: json.loads(line)["time"])
    (folder / "events.ndjson").write_bytes(b"\n".join(log))
    config = "rules: {member-tiers: {enabled: true}}\ntime: {timezone: Asia/Shanghai}\n"
    (folder / "pulse.yaml").write_text(config, encoding="utf-8")
    arguments = ("--config", "pulse.yaml", "--snapshots", "snapshots.ndjson", "--out", "out.ndjson")
    ended = pulse("replay", "events.ndjson", *arguments, folder=folder)
    assert ended.returncode == 0, ended.stderr.decode()
    return folder


@pytest.fixture
def snapshots(replayed: Path, tmp_path: Path) -> str:
    """The snapshots, in the terminal's folder."""
    shutil.copy(replayed / "snapshots.ndjson", tmp_path / "snapshots.ndjson")
    return "snapshots.ndjson"


def records(path: Path) -> Iterator[Record]:
    return (json.loads(line) for line in path.read_bytes().splitlines())


def test_a_replay_writes_the_snapshot_of_each_judged_day_beside_the_same_records(
    replayed: Path,
) -> None:
    plain = pulse("replay", "events.ndjson", "--config", "pulse.yaml", folder=replayed)
    assert plain.stdout == (replayed / "out.ndjson").read_bytes()
    found = list(records(replayed / "snapshots.ndjson"))
    assert len([each for each in found if each["community_id"] == CLUB]) == 119
    assert {path.name for path in replayed.iterdir()} == {
        "events.ndjson", "pulse.yaml", "snapshots.ndjson", "out.ndjson"
    }  # fmt: skip


def test_records_and_snapshots_cannot_go_to_the_same_file(terminal: Terminal) -> None:
    ended = terminal.pulse("replay", "-", "--out", "a", "--snapshots", "./a")
    assert (ended.code, ended.said) == (
        2, "pulse: --snapshots: a is where --out writes the alert records\n"
    )  # fmt: skip


def test_a_review_is_a_page_and_a_text_in_each_language(
    terminal: Terminal, tmp_path: Path, snapshots: str
) -> None:
    ended = terminal.pulse("review", CLUB, "--source", snapshots, "--out", "pages")
    names = [f"review-book%2Fclub.{end}" for end in ("en.html", "en.md", "zh.html", "zh.md")]
    assert ended == (0, "".join(f"pages/{name}\n" for name in names), "")
    assert sorted(path.name for path in (tmp_path / "pages").iterdir()) == names


def test_all_reviews_every_community_and_a_language_may_be_chosen(
    terminal: Terminal, tmp_path: Path, snapshots: str
) -> None:
    ended = terminal.pulse("review", "all", "--source", snapshots, "--language", "zh")
    assert ended.code == 0
    assert sorted(path.name for path in (tmp_path / "reviews").iterdir()) == [
        "review-book%2Fclub.zh.html", "review-book%2Fclub.zh.md",
        "review-guild.zh.html", "review-guild.zh.md",
    ]  # fmt: skip


def test_communities_without_a_judged_day_are_said_and_left_out(
    terminal: Terminal, tmp_path: Path, snapshots: str
) -> None:
    kept = [
        encode(each)
        for each in records(tmp_path / snapshots)
        if each["community_id"] == CLUB or each["day"] < "2026-02-01"
    ]
    (tmp_path / "kept.ndjson").write_bytes(b"\n".join(kept))
    days = ("--from", "2026-04-01", "--language", "en")
    ended = terminal.pulse("review", "all", "--source", "kept.ndjson", *days)
    assert ended == (
        0,
        "reviews/review-book%2Fclub.en.html\nreviews/review-book%2Fclub.en.md\n",
        "no day was judged in the days asked for: guild\n",
    )


def test_packed_snapshots_and_standard_input_give_the_same_pages(
    tmp_path: Path, replayed: Path
) -> None:
    text = (replayed / "snapshots.ndjson").read_bytes()
    (tmp_path / "snapshots.gz").write_bytes(gzip.compress(text))
    pages = []
    for source, given in (("snapshots.gz", b""), ("-", text)):
        ended = pulse("review", GUILD, "--source", source, folder=tmp_path, text=given)
        assert ended.returncode == 0, ended.stderr.decode()
        paths = sorted((tmp_path / "reviews").iterdir())
        pages.append([path.read_bytes() for path in paths])
    assert len(pages[0]) == 4
    assert pages[0] == pages[1]


def test_what_fired_is_answered_with_its_playbook(
    terminal: Terminal, tmp_path: Path, snapshots: str
) -> None:
    lines = [encode(record) for record in fired(records(tmp_path / snapshots))]
    (tmp_path / "fired.ndjson").write_bytes(b"\n".join(lines))
    ended = terminal.pulse("review", CLUB, "--source", "fired.ndjson", "--out", ".")
    assert ended.code == 0
    book = catalogue()["speech-density-drop"].playbook
    english = (tmp_path / "review-book%2Fclub.en.md").read_text(encoding="utf-8")
    assert f"- [{book.title}](https://pulse.example.org/playbooks/{book.id})" in english
    assert book.steps[0] in english
    chinese = (tmp_path / "review-book%2Fclub.zh.html").read_text(encoding="utf-8")
    assert f">{book.title_zh}</a>" in chinese


def fired(snapshots: Iterator[Record]) -> Iterator[Record]:
    """The same days, on which speech had fallen."""
    for record in snapshots:
        record["verdicts"]["speech-density-drop"]["verdict"] = "FIRE"
        yield record


def test_the_newest_record_of_a_day_counts(
    terminal: Terminal, tmp_path: Path, snapshots: str
) -> None:
    *_, last = (each for each in records(tmp_path / snapshots) if each["community_id"] == CLUB)
    last["measures"]["member.joined"] = 4_321
    with (tmp_path / snapshots).open("ab") as file:
        file.write(encode(last) + b"\n")
    terminal.pulse("review", CLUB, "--source", snapshots, "--out", ".")
    assert "| joined | 4,321 |" in (tmp_path / "review-book%2Fclub.en.md").read_text("utf-8")


@pytest.mark.parametrize("page", ["en.html", "zh.html"])
def test_an_id_that_looks_like_markup_stays_a_text(
    terminal: Terminal, tmp_path: Path, snapshots: str, page: str
) -> None:
    name = "<script>alert(1)</script>"
    (tmp_path / "odd.ndjson").write_bytes(
        b"\n".join(encode(each | {"community_id": name}) for each in records(tmp_path / snapshots))
    )
    ended = terminal.pulse("review", name, "--source", "odd.ndjson", "--out", ".")
    assert ended.code == 0
    (path,) = tmp_path.glob(f"review-*.{page}")
    assert "<script" not in path.read_text(encoding="utf-8")
    (text,) = tmp_path.glob("review-*.en.md")
    assert "<script" not in text.read_text(encoding="utf-8").replace("\\<", "")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("", 2, "Missing argument 'community'"),
        ("guild --source missing.ndjson", 2, "pulse: missing.ndjson: no such file"),
        ("guild --from yesterday", 2, "pulse: --from: not a day such as 2026-11-22: 'yesterday'"),
        ("guild --to 2026-02-30", 2, "pulse: --to: not a day such as"),
        ("guild --from 2026-02-02 --to 2026-02-01", 2, "is after --to 2026-02-01"),
        ("guild --language de", 2, "pulse: --language: 'de' is not one of en, zh"),
        ("guild", 2, "pulse: KAFKA_BOOTSTRAP_SERVERS: is not set"),
        ("nobody --source snapshots.ndjson", 1,
         "no snapshots of community 'nobody' (there are some of: book/club, guild)"),
        ("guild --source snapshots.ndjson --from 2027-01-01", 1,
         "pulse: no day was judged in the days asked for: guild"),
        ("guild --source snapshots.ndjson --from 0001-01-01", 1,
         "pulse: the calendar does not reach back to the days to compare with: guild"),
        ("guild --source empty.ndjson", 1, "pulse: empty.ndjson: holds no snapshots"),
        ("all --source empty.ndjson", 1, "pulse: empty.ndjson: holds no snapshots"),
        ("guild --source broken.ndjson", 1, "pulse: broken.ndjson: line 1: not JSON"),
        ("guild --source wrong.ndjson", 1, "pulse: wrong.ndjson: line 1: not a snapshot: "),
        ("guild --source snapshots.ndjson --out broken.ndjson", 1, "pulse: broken.ndjson: "),
    ],
)  # fmt: skip
def test_what_goes_wrong_is_told_clearly(
    terminal: Terminal, tmp_path: Path, snapshots: str, arguments: str, code: int, said: str
) -> None:
    (tmp_path / "empty.ndjson").touch()
    (tmp_path / "broken.ndjson").write_bytes(b"{")
    (tmp_path / "wrong.ndjson").write_bytes(b'{"community_id": "guild", "day": "2026-1-1"}')
    ended = terminal.pulse("review", *arguments.split())
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.said


def test_ids_of_any_length_and_kind_make_names_that_a_folder_can_hold() -> None:
    ids = ["42", "..", "a/b", "读书会", "读" * 256, "读" * 255 + "书"]
    stems = [file_stem(each) for each in ids]
    assert stems[:3] == ["review-42", "review-..", "review-a%2Fb"]
    assert len(set(stems)) == len(stems)
    assert all(len(stem) <= 130 and "/" not in stem for stem in stems)


def test_a_chart_that_fails_leaves_the_old_page(
    terminal: Terminal, tmp_path: Path, snapshots: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.pulse("review", GUILD, "--source", snapshots, "--language", "en")
    before = {path: path.read_bytes() for path in (tmp_path / "reviews").iterdir()}
    calls: list[str] = []

    def interrupted(*arguments: Any) -> str:
        calls.append(arguments[1])
        if len(calls) == 3:
            raise KeyboardInterrupt
        return draw(*arguments)

    monkeypatch.setattr("streams.review.page.draw", interrupted)
    ended = terminal.pulse("review", GUILD, "--source", snapshots, "--to", "2026-02-01")
    assert (ended.code, len(calls)) == (130, 3)
    assert {path: path.read_bytes() for path in (tmp_path / "reviews").iterdir()} == before


@pytest.mark.parametrize("module", ["streams.cli", "streams.run_worker", "streams.replay_file"])
def test_what_only_a_review_needs_slows_down_nothing_else(module: str) -> None:
    script = f"import sys, {module}; print(*sorted(name.split('.')[0] for name in sys.modules))"
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    heavy = {"jinja2", "matplotlib", "numpy", "pandas", "scipy", "statsmodels"}
    assert not heavy & set(ended.stdout.split())


def test_without_the_extra_the_command_says_what_to_install(
    terminal: Terminal, snapshots: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("streams.review.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "statsmodels.tsa.exponential_smoothing.ets", None)
    ended = terminal.pulse("review", GUILD, "--source", snapshots)
    assert ended.code == 1
    assert "install pulse-early-warning[review]" in ended.said
