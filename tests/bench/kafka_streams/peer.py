"""Kafka Streams (src/main/java/SpeechCounts.java): built once by Maven, run with Java."""

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from os import environ, pathsep
from pathlib import Path
from struct import Struct

from streams.broker.handle import PrerequisiteMissing
from streams.broker.java import find_java, find_program
from tests.bench.cached import cached, run_step
from tests.bench.cluster import Log, Span
from tests.bench.peers import Peer, Place, milestones
from tests.bench.workload import Counts

_HERE = Path(__file__).parent
_POM = _HERE / "pom.xml"
_SOURCES = _HERE / "src"
_WINDOW = Struct(">q")
_SEQUENCE_BYTES = 4
_COUNT = Struct(">q")


@dataclass(frozen=True, slots=True)
class Program:
    """The compiled program: how to start it, and which versions it is made of."""

    command: tuple[str, ...]
    version: str
    java: str


def build_program(report: Callable[[str], None]) -> Program:
    """Return the program, compiled in the cache if it is not there.

    PrerequisiteMissing names what this machine lacks, SetupError says what Maven said.
    """
    java = find_java(environ)
    version = re.search(r">kafka-streams</artifactId>\s*<version>([^<]+)", _POM.read_text())
    assert version is not None, "pom.xml names the version"
    sources = sorted(_SOURCES.rglob("*.java"))
    folder = cached(f"bench-kafka-streams-{version[1]}", [_POM, *sources], _compile, report)
    path = f"{folder / 'target/classes'}{pathsep}{folder / 'target/dependency'}/*"
    options = ("-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-XX:-UsePerfData")
    return Program((str(java), *options, "-cp", path, "SpeechCounts"), version[1], _told(java))


def _compile(folder: Path, report: Callable[[str], None]) -> None:
    maven = find_program("mvn", environ, home="MAVEN_HOME")
    if maven is None:
        raise PrerequisiteMissing("no Maven")
    if find_program("javac", environ, home="JAVA_HOME") is None:
        raise PrerequisiteMissing("no javac (it comes with a JDK)")
    report("Building the Kafka Streams peer with Maven (about 80 MB, this once)")
    shutil.copy(_POM, folder)
    shutil.copytree(_SOURCES, folder / "src")
    goals = ("compile", "dependency:copy-dependencies", "-DincludeScope=runtime")
    run_step([maven, "--batch-mode", *goals], folder, "Maven", r"\[ERROR\] (.*)")


def _told(java: Path) -> str:
    answer = subprocess.run([java, "-version"], capture_output=True, text=True, check=True)
    version = re.search(r'version "([^"]+)"', answer.stderr)
    return version[1] if version else "?"


class KafkaStreams(Peer):
    """A windowed count with one stream thread; `store` is `memory` or `rocksdb`."""

    store: str

    def __init__(self, place: Place, program: Program) -> None:
        super().__init__(place)
        self._program = program
        self.group = f"{place.mark}kafka-streams-{self.store}"
        self.changelog = f"{self.group}-speech-changelog"

    def command(self, folder: Path) -> list[str]:
        return list(self._program.command)

    def environment(self, folder: Path) -> Mapping[str, str]:
        return {**super().environment(folder), "BENCH_STORE": self.store}

    def span(self, log: Log, output: str) -> Span:
        return milestones(output, log, self.place.workload.events)

    def counted(self, records: Iterator[tuple[bytes | None, bytes | None]]) -> Counts:
        counts = {}
        for key, value in records:
            assert key is not None
            assert value is not None
            head = len(key) - _WINDOW.size - _SEQUENCE_BYTES
            (begin,) = _WINDOW.unpack_from(key, head)
            counts[key[:head].decode(), begin] = int(_COUNT.unpack(value)[0])
        return counts


class KafkaStreamsInMemory(KafkaStreams):
    name = "Kafka Streams, in memory"
    store = "memory"


class KafkaStreamsRocksDb(KafkaStreams):
    name = "Kafka Streams, RocksDB"
    store = "rocksdb"
