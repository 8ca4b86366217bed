"""Quix Streams (agent.py), in an environment of its own: its dependencies are not ours."""

import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from struct import Struct

import orjson

from tests.bench.cached import cached, run_step
from tests.bench.cluster import Log, Span
from tests.bench.peers import Peer, Place, milestones
from tests.bench.workload import Counts

_HERE = Path(__file__).parent
_LOCK = _HERE / "requirements.lock"
_WINDOW = Struct(">cQcQ")
"""What follows the community in a key: begin and end, a separator before each."""

_LATEST = b"|__latest_timestamp__"


def make_environment(report: Callable[[str], None]) -> Path:
    """Return the Python of the environment, made in the cache if it is not there.

    SetupError says what pip said.
    """
    name = f"bench-quix-python{sys.version_info.major}.{sys.version_info.minor}"
    return cached(name, [_LOCK], _install, report) / "bin" / "python"


def version() -> str:
    """Return the version of Quix Streams that the environment holds."""
    found = re.search(r"^quixstreams==(\S+)", _LOCK.read_text(), re.MULTILINE)
    assert found is not None, "the lock names the version"
    return found[1]


def _install(folder: Path, report: Callable[[str], None]) -> None:
    report(f"Installing Quix Streams {version()} into an environment of its own (this once)")
    run_step([sys.executable, "-m", "venv", "."], folder, "venv", r"Error: (.*)")
    pip: list[str | Path] = [
        folder / "bin" / "python",
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
    ]
    run_step([*pip, "--quiet", "--require-hashes", "-r", _LOCK], folder, "pip", r"ERROR: (.*)")


class Quix(Peer):
    """A tumbling window count."""

    name = "Quix Streams"

    def __init__(self, place: Place, python: Path) -> None:
        super().__init__(place)
        self._python = python
        self.group = f"{place.mark}quix"
        # As Quix names it: the group, the stream (that is the topic), the window.
        self.changelog = f"changelog__{self.group}--{place.topic}--tumbling_window_86400000_count"

    def command(self, folder: Path) -> list[str]:
        return [str(self._python), str(_HERE / "agent.py")]

    def span(self, log: Log, output: str) -> Span:
        return milestones(output, log, self.place.workload.events)

    def counted(self, records: Iterator[tuple[bytes | None, bytes | None]]) -> Counts:
        counts = {}
        for key, value in records:
            assert key is not None
            assert value is not None
            if key.endswith(_LATEST):
                continue
            head = len(key) - _WINDOW.size
            _, begin, _, _ = _WINDOW.unpack_from(key, head)
            counts[orjson.loads(key[:head]), begin] = orjson.loads(value)
        return counts
