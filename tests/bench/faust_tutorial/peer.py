"""Faust's tutorial agent (agent.py)."""

import sys
from collections.abc import Iterator
from pathlib import Path

import orjson

from tests.bench.cluster import Log, Span
from tests.bench.peers import Peer, Place, WrongResultError
from tests.bench.workload import Counts


class FaustTutorial(Peer):
    """One event at a time, a record class, a tumbling table."""

    name = "Faust tutorial"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.group = f"{place.mark}tutorial"
        self.changelog = f"{self.group}-speech-changelog"

    def command(self, folder: Path) -> list[str]:
        options = ["--datadir", str(folder), "worker", "--without-web", "--loglevel", "warn"]
        return [sys.executable, "-m", "tests.bench.faust_tutorial.agent", *options]

    def span(self, log: Log, output: str) -> Span:
        # One record per event that counts; the first of them stands at the very beginning.
        return log.span(lambda _key, _value: 1)

    def counted(self, records: Iterator[tuple[bytes | None, bytes | None]]) -> Counts:
        counts = {}
        for key, value in records:
            assert key is not None
            assert value is not None
            community, (begin, _) = orjson.loads(key)
            counts[community, round(begin * 1_000)] = orjson.loads(value)
        return counts

    def written(self, changelog_records: int) -> str:
        speech = sum(self.place.workload.speech.values())
        if changelog_records != speech:
            raise WrongResultError(
                f"{self.name}: {changelog_records} changelog records for {speech} events that count"
            )
        return super().written(changelog_records)
