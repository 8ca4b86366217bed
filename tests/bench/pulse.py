"""The product's own worker, doing all that it does."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import yaml
from kafka.admin import KafkaAdminClient

from models.days import calendar
from models.events import SPEECH
from models.instants import DAY
from models.state import DELTA, PARTITION_KEY, decode_partition
from models.stored import decode_changes
from models.topics import ALERTS, DEAD_LETTERS, EVENTS, SNAPSHOTS
from streams.catalogue import shipped_catalogue
from streams.settings import load_configuration
from streams.topics import apply_topics, changelog_name, group_name
from tests.bench.cached import cached
from tests.bench.cluster import Log, Span
from tests.bench.peers import PARTITIONS, Peer, Place, WrongResultError, size_of
from tests.bench.workload import Counts
from tests.compiled.wheel import ingredients, lack, make_wheel

EVENTS_TOPIC = EVENTS.name
"""What the events topic is called behind its prefix, which is `Place.prefix`."""


class Pulse(Peer):
    """`pulse worker`; its topics have fixed names, so they are made anew for each round."""

    name = "Pulse"

    def prepare(self, client: KafkaAdminClient, folder: Path) -> None:
        settings = {
            "kafka": {
                "topic_prefix": self.place.prefix,
                "partitions": PARTITIONS,
                "replication_factor": 1,
            },
            "time": {"clock": "records"},
            "rules": {rule: {"enabled": True} for rule in self.turned_on()},
        }
        file = folder / "pulse.yaml"
        file.write_text(yaml.safe_dump(settings), encoding="utf-8")
        configuration = load_configuration(file, shipped_catalogue(), {})
        self.group = group_name(configuration)
        self.changelog = changelog_name(configuration)
        for _ in apply_topics(client, configuration, alter=False):
            pass

    def turned_on(self) -> list[str]:
        """Return the rules that are on beside those that are on as shipped."""
        return []

    def command(self, folder: Path) -> list[str]:
        options = ["--web-host", "127.0.0.1", "--web-port", "0", "--data-dir", str(folder)]
        return [sys.executable, "-m", "streams", "worker", *options]

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {"PULSE_CONFIG": str(folder / "pulse.yaml")}

    def span(self, log: Log, output: str) -> Span:
        return log.span(_applied)

    def counted(self, records: Iterator[tuple[bytes | None, bytes | None]]) -> Counts:
        # One worker, which nothing has disturbed: what was written last holds.
        panes: dict[tuple[str, int], list[int]] = {}
        for key, value in records:
            if key is None or value is None:
                continue
            if key[:1] == DELTA:
                for change in decode_changes(value):
                    for day, pane in change.panes.items():
                        panes[change.community_id, day] = pane
        return {
            (community, calendar("UTC").midnight_after(day) - DAY): speech
            for (community, day), pane in panes.items()
            if (speech := sum(pane[kind] for kind in SPEECH))
        }

    def written(self, changelog_records: int) -> str:
        rejected, snapshots, alerts = (
            size_of(self.place.connection, self.place.prefix + topic.name)
            for topic in (DEAD_LETTERS, SNAPSHOTS, ALERTS)
        )
        if rejected or not snapshots or not alerts:
            raise WrongResultError(
                f"Pulse: {rejected} dead letters, {snapshots} snapshots, {alerts} alerts"
            )
        return (
            f"{changelog_records:,} changelog records, {snapshots:,} snapshots, "
            f"{alerts:,} alert records"
        )


class PulseCompiled(Pulse):
    """The same worker out of the wheel of `make wheel`, whose hot path is compiled."""

    name = "Pulse, compiled"

    def __init__(self, place: Place, wheel: Path) -> None:
        super().__init__(place)
        self._wheel = wheel

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {**super().environment(folder), "PYTHONPATH": str(self._wheel)}


class Everything(Pulse):
    """The same worker with every rule on that there is."""

    name = "Pulse, all rules on"

    def turned_on(self) -> list[str]:
        return list(shipped_catalogue())


class EverythingCompiled(Everything, PulseCompiled):
    """The compiled worker with every rule on."""

    name = "Pulse, compiled, all rules on"


def compiled_wheel(report: Callable[[str], None]) -> Path | None:
    """Return the wheel, unpacked, built where the sources have changed; None without compiler."""
    problem = lack()
    if problem is not None:
        report(f"Pulse takes part in pure Python only: {problem}")
        return None

    def make(folder: Path, report: Callable[[str], None]) -> None:
        report("Compiling Pulse's hot path")
        make_wheel(folder)

    name = f"bench-compiled-python{sys.version_info.major}.{sys.version_info.minor}"
    return cached(name, [*ingredients()], make, report)


def _applied(key: bytes | None, value: bytes | None) -> int | None:
    """Return how many events its partition had applied when a changelog record was written."""
    if key != PARTITION_KEY or value is None:
        return None
    return decode_partition(value).offset + 1
