"""The command line without a cluster: exit codes, clear lines, nothing half-written."""

from __future__ import annotations

import gzip
import json
import os
import re
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest

from rules.catalogue_page import catalogue_page
from streams import __version__
from streams.catalogue import shipped_catalogue
from streams.cli import main

ROOT = Path(__file__).parents[2]
BARE = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT), "COLUMNS": "300"}
PATIENCE = 60


def pulse(
    *arguments: str | Path,
    folder: Path,
    text: bytes = b"",
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "streams", *map(str, arguments)],
        cwd=folder,
        env=BARE,
        input=text,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


class Ended(NamedTuple):
    code: int
    out: str
    said: str


class Terminal:
    """Runs commands in this process: for those that fail, or tell something, at once."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capture = capture

    def pulse(self, *arguments: str | Path) -> Ended:
        self._monkeypatch.setattr("sys.argv", ["pulse", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            main()
        printed = self._capture.readouterr()
        return Ended(int(end.value.code or 0), printed.out, printed.err)


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Terminal:
    """A terminal in an empty folder, with nothing in its environment that Pulse would read."""
    for name in os.environ:
        if name.startswith(("PULSE_", "KAFKA_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "300")
    monkeypatch.chdir(tmp_path)
    return Terminal(monkeypatch, capsys)


def silent_member(days: int = 60) -> list[bytes]:
    """A member who is there on the first day only, and a community that goes on."""
    begin = datetime(2025, 1, 1, 12, tzinfo=UTC)
    return [
        json.dumps(
            {
                "id": str(number),
                "type": "post.created",
                "time": (begin + timedelta(days=number)).isoformat(),
                "community_id": "guild",
                "user_id": "gone" if number == 0 else "here",
            }
        ).encode()
        for number in range(days)
    ]


def test_the_version_is_printed(terminal: Terminal) -> None:
    assert terminal.pulse("--version") == (0, f"pulse {__version__} (pure Python)\n", "")


@pytest.mark.parametrize(
    "command",
    ["", "demo", "worker", "produce", "replay", "rules check", "rules catalogue", "explain",
     "topics apply", "schema export", "alerts tail", "rebuild", "review"],
)  # fmt: skip
def test_every_command_explains_itself(terminal: Terminal, command: str) -> None:
    helped = terminal.pulse(*command.split(), "--help")
    assert helped.code == 0
    assert re.search(rf"Usage: .*{command} \[OPTIONS\]", helped.out)


@pytest.mark.parametrize(
    "needed",
    ["KAFKA_BOOTSTRAP_SERVERS", "KAFKA_SASL_PASSWORD_FILE", "pulse topics apply", "--web-port",
     "--data-dir", "--config", "Exit codes"],
)  # fmt: skip
def test_the_worker_tells_a_stranger_what_it_needs(terminal: Terminal, needed: str) -> None:
    assert needed in terminal.pulse("worker", "--help").out


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("no-such-command", "No such command 'no-such-command'"),
        ("replay", "Missing argument 'file'"),
        ("replay missing.ndjson", "pulse: missing.ndjson: no such file"),
        ("replay - --until tomorrow", "pulse: --until: not an instant of RFC 3339"),
        ("replay - --partitions 0", "Invalid value for '--partitions'"),
        ("replay - --partitions 10001", "Invalid value for '--partitions'"),
        ("replay .", "pulse: .: is a folder"),
        ("replay - --out .", "pulse: --out: . is a folder"),
        ("replay - --snapshots .", "pulse: --snapshots: . is a folder"),
        ("rules catalogue --out .", "pulse: --out: . is a folder"),
        ("demo --out missing/out.ndjson", "pulse: --out: missing: no such folder"),
        ("worker --web-port 65536", "Invalid value for '--web-port'"),
        ("worker --web-port -1", "Invalid value for '--web-port'"),
        ("explain missing.ndjson", "pulse: missing.ndjson: no such file"),
        ("produce missing.ndjson", "pulse: missing.ndjson: no such file"),
        ("demo --events missing.ndjson", "pulse: missing.ndjson: no such file"),
        ("worker", "pulse: KAFKA_BOOTSTRAP_SERVERS: is not set"),
        ("topics apply", "pulse: KAFKA_BOOTSTRAP_SERVERS: is not set"),
        ("worker --log-level loud", "pulse: --log-level: unknown level 'loud'"),
        ("worker --config missing.yaml", "pulse: missing.yaml: cannot be read"),
    ],
)
def test_wrong_usage_is_told_clearly_with_exit_code_2(
    terminal: Terminal, command: str, said: str
) -> None:
    ended = terminal.pulse(*command.split())
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.said


def test_a_file_whose_name_no_file_can_have_is_told_clearly(terminal: Terminal) -> None:
    name = "a" * 300
    said = f"pulse: {name}: File name too long\n"
    assert terminal.pulse("replay", name) == (2, "", said)


@pytest.mark.parametrize(
    "command",
    ["replay events --out events", "replay events --snapshots events", "replay events --out link",
     "demo --events events --out events"],
)  # fmt: skip
def test_the_file_that_is_read_is_never_written_over(
    terminal: Terminal, tmp_path: Path, command: str
) -> None:
    (tmp_path / "events").write_bytes(b"\n".join(silent_member()))
    (tmp_path / "link").symlink_to("events")

    ended = terminal.pulse(*command.split())

    assert ended.code == 2
    assert ended.said.endswith("is the file that is read\n")
    assert (tmp_path / "events").read_bytes() == b"\n".join(silent_member())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("time: {latness: 1h}", "time.latness: unknown key"),
        ("kafka: {partitions: many}", "kafka.partitions: "),
        ("rules: {member-silent: {silent_dayz: 3}}", "rules.member-silent"),
        ("rules: {member-silence: {}}", "unknown rule"),
        ("communities: {'42': {timezone: Mars/Phobos}}", "communities.42.timezone: "),
        ("a: [", "pulse.yaml: "),
    ],
)
@pytest.mark.parametrize(
    "command", ["worker --config", "demo --config", "replay - --config", "rules check"]
)
def test_a_bad_configuration_names_file_key_and_reason(
    terminal: Terminal, tmp_path: Path, text: str, said: str, command: str
) -> None:
    (tmp_path / "pulse.yaml").write_text(text, encoding="utf-8")

    ended = terminal.pulse(*command.split(), "pulse.yaml")

    (line,) = ended.said.splitlines()
    assert ended.code == 2
    assert line.startswith("pulse: pulse.yaml: ")
    assert said in line


def test_the_catalogue_is_printed_or_written(terminal: Terminal, tmp_path: Path) -> None:
    page = catalogue_page(shipped_catalogue())
    assert terminal.pulse("rules", "catalogue") == (0, page, "")
    assert terminal.pulse("rules", "catalogue", "--out", "page.md") == (0, "", "")
    assert (tmp_path / "page.md").read_text(encoding="utf-8") == page
    assert [path.name for path in tmp_path.iterdir()] == ["page.md"]


def test_a_catalogue_that_cannot_be_written_is_said(terminal: Terminal) -> None:
    said = "pulse: missing/page.md: No such file or directory\n"
    assert terminal.pulse("rules", "catalogue", "--out", "missing/page.md") == (1, "", said)


def test_an_unknown_variable_is_named(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_TIME__LATNESS", "1h")
    said = "pulse: PULSE_TIME__LATNESS: time.latness: unknown key\n"
    assert terminal.pulse("replay", "-") == (2, "", said)


def test_a_replay_gives_records_on_standard_output_and_all_else_on_standard_error(
    tmp_path: Path,
) -> None:
    ended = pulse("replay", "-", folder=tmp_path, text=b"\n".join(silent_member()))
    assert ended.returncode == 0
    records = [json.loads(line) for line in ended.stdout.splitlines()]
    assert "pulse.alert.digest.v1" in {record["type"] for record in records}
    assert ended.stderr.decode().startswith("lines read    60\n")


def test_a_replay_into_a_file_is_written_whole_and_leaves_no_other(tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson.gz"
    events.write_bytes(gzip.compress(b"\n".join(silent_member())))

    ended = pulse("replay", events, "--out", "out.ndjson", folder=tmp_path)

    assert ended.returncode == 0
    assert ended.stdout == b""
    assert {path.name for path in tmp_path.iterdir()} == {"events.ndjson.gz", "out.ndjson"}
    assert (tmp_path / "out.ndjson").read_bytes().endswith(b"}\n")


def test_a_replay_of_a_file_that_is_cut_short_leaves_the_old_output(tmp_path: Path) -> None:
    events, out = tmp_path / "events.ndjson.gz", tmp_path / "out.ndjson"
    events.write_bytes(gzip.compress(b"\n".join(silent_member()))[:-20])
    out.write_bytes(b"the old one\n")

    ended = pulse("replay", events, "--out", out, folder=tmp_path)

    assert ended.returncode == 1
    assert ended.stderr.decode().startswith(f"pulse: {events}: ")
    assert len(ended.stderr.splitlines()) == 1
    assert out.read_bytes() == b"the old one\n"
    assert {path.name for path in tmp_path.iterdir()} == {events.name, out.name}


def test_a_replay_whose_reader_leaves_ends_without_a_traceback(tmp_path: Path) -> None:
    events = tmp_path / "events.ndjson"
    # Some 150 kB of alert records: more than a pipe holds.
    lines = [
        each.replace(b"guild", b"%d" % number).replace(b'"id": "', b'"id": "%d.' % number)
        for each in silent_member(40)
        for number in range(300)
    ]
    events.write_bytes(b"\n".join(lines))
    reader = f"{sys.executable} -m streams replay {events} | head -1"

    ended = subprocess.run(
        ["/bin/bash", "-c", f"set -o pipefail; {reader}"],
        cwd=tmp_path, env=BARE, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip

    assert len(ended.stdout.splitlines()) == 1
    assert ended.stderr == b""
    assert ended.returncode == 1


@pytest.mark.parametrize(
    "command", ["rules check", "rules catalogue", "explain events.ndjson", "replay events.ndjson"]
)
def test_a_standard_output_that_is_full_is_told_in_one_line(tmp_path: Path, command: str) -> None:
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(silent_member()))

    with Path("/dev/full").open("wb") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "streams", *command.split()],
            cwd=tmp_path, env=BARE, stdout=full, stderr=subprocess.PIPE, timeout=PATIENCE,
            check=False,
        )  # fmt: skip

    assert ended.stderr == b"pulse: standard output: No space left on device\n"
    assert ended.returncode == 1


def test_an_output_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    ended = pulse("replay", "-", "--out", "missing/out.ndjson", folder=tmp_path)
    assert ended.returncode == 1
    assert ended.stderr.decode().startswith("pulse: missing/out.ndjson")


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(silent_member()))
    command = f"{sys.executable} -m streams replay <(cat events.ndjson)"

    ended = subprocess.run(
        ["/bin/bash", "-c", command],
        cwd=tmp_path, env=BARE, capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip

    assert ended.returncode == 0
    assert ended.stderr.decode().startswith("lines read    60\n")


def test_a_replay_without_standard_input_reads_files_and_says_that_it_is_closed(
    tmp_path: Path,
) -> None:
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(silent_member()))
    command = f"{sys.executable} -m streams replay"

    ended = [
        subprocess.run(
            ["/bin/bash", "-c", f"{command} {file} <&-"],
            cwd=tmp_path, env=BARE, capture_output=True, timeout=PATIENCE, check=False,
        )
        for file in ("events.ndjson", "-")
    ]  # fmt: skip

    assert [each.returncode for each in ended] == [0, 1]
    assert ended[1].stderr == b"pulse: -: standard input is closed\n"


def test_explain_says_why_and_fails_on_a_record_that_does_not_match(tmp_path: Path) -> None:
    replayed = pulse("replay", "-", folder=tmp_path, text=b"\n".join(silent_member())).stdout
    explained = pulse("explain", "-", folder=tmp_path, text=replayed)
    assert explained.returncode == 0
    assert len(explained.stdout.splitlines()) == len(replayed.splitlines())

    forged = replayed.replace(b'"verdict":"FIRE"', b'"verdict":"OK"')
    assert forged != replayed
    explained = pulse("explain", "-", folder=tmp_path, text=forged)
    assert explained.returncode == 1
    assert b"MISMATCH" in explained.stdout
    assert explained.stderr.decode().endswith("records do not match\n")


def test_rules_check_passes_on_what_is_shipped(terminal: Terminal) -> None:
    checked = terminal.pulse("rules", "check")
    assert checked.code == 0
    assert len(checked.out.splitlines()) == len(shipped_catalogue())


def test_ctrl_c_says_so_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "replay", "-", "--out", "out.ndjson"],
        cwd=tmp_path, env=BARE, stdin=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stderr is not None
    # More than the pipe holds: when it is written, the command is reading.
    process.stdin.write(b"\n".join(silent_member()) * 100)
    process.stdin.flush()

    process.send_signal(signal.SIGINT)

    assert process.wait(PATIENCE) == 130
    assert process.stderr.read() == b"pulse: interrupted\n"
    assert list(tmp_path.iterdir()) == []
    process.stdin.close()
    process.stderr.close()
