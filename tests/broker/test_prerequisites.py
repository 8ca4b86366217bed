"""What a machine lacks is said in one clear line, and a failed download leaves no half cache."""

import gc
import threading
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import psutil
import pytest

from streams.broker import BrokerError, PrerequisiteMissing, open_broker
from streams.broker.container_broker import ping_engine
from streams.broker.jars import fetch_jars

JAVA_8 = "echo 'java version \"1.8.0_292\"' >&2"
JAVA_11 = "echo 'openjdk version \"11.0.2\" 2019-01-15' >&2"
JAVA_17 = "echo 'openjdk version \"17.0.15\" 2025-04-15' >&2"
JAVA_THAT_FAILS = "exit 1"
MAVEN = "echo kafka > kafka_2.13-4.1.0.jar"


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    folder = tmp_path / "programs"
    folder.mkdir()
    return folder


@pytest.fixture
def environment(tmp_path: Path, programs: Path) -> Mapping[str, str]:
    return {"PATH": str(programs), "XDG_CACHE_HOME": str(tmp_path / "cache")}


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")


def install(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{script}\n")
    program.chmod(0o755)


@pytest.mark.usefixtures("no_engine")
@pytest.mark.parametrize(
    ("java", "said"),
    [
        (None, "no Java,"),
        (JAVA_8, "Java 8, which is too old"),
        (JAVA_11, "Java 11, which is too old"),
        (JAVA_THAT_FAILS, "does not tell its version"),
        (JAVA_17, "no Maven to download Kafka with"),
    ],
)
def test_a_machine_without_what_a_broker_needs_is_told_so_in_one_line(
    tmp_path: Path, programs: Path, environment: Mapping[str, str], java: str | None, said: str
) -> None:
    if java is not None:
        install(programs, "java", java)

    with (
        pytest.raises(PrerequisiteMissing) as lack,
        open_broker(tmp_path / "data", report=print, environment=environment),
    ):
        pass

    line = str(lack.value)
    assert said in line
    assert "no running container engine" in line
    assert "set KAFKA_BOOTSTRAP_SERVERS, or install Java 17 or newer and Maven" in line
    assert "\n" not in line


@pytest.mark.usefixtures("no_engine")
def test_where_no_engine_answers_no_socket_is_left_open() -> None:
    import_module("testcontainers.core.docker_client")
    gc.collect()
    before = psutil.Process().num_fds()
    with pytest.raises(PrerequisiteMissing, match="no running container engine"):
        ping_engine()
    assert psutil.Process().num_fds() == before


def test_the_java_of_java_home_comes_before_the_one_on_the_path(
    tmp_path: Path, programs: Path, environment: Mapping[str, str]
) -> None:
    install(programs, "java", JAVA_8)
    home = tmp_path / "jdk"
    (home / "bin").mkdir(parents=True)
    install(home / "bin", "java", JAVA_17)
    with_home = {**environment, "JAVA_HOME": str(home)}

    with (
        pytest.raises(PrerequisiteMissing, match="no Maven"),
        open_broker(tmp_path / "data", report=print, environment=with_home),
    ):
        pass


def test_jars_are_downloaded_once(programs: Path, environment: Mapping[str, str]) -> None:
    install(programs, "mvn", MAVEN)
    folder = fetch_jars(environment, report=print)
    install(programs, "mvn", "exit 1")

    assert fetch_jars(environment, report=print) == folder
    assert (folder / "kafka_2.13-4.1.0.jar").read_text() == "kafka\n"


def test_jars_listed_by_another_pom_are_downloaded_again(
    programs: Path, environment: Mapping[str, str]
) -> None:
    install(programs, "mvn", "touch older.jar")
    folder = fetch_jars(environment, report=print)
    (folder / "pom.xml").write_text("<project/>")
    install(programs, "mvn", MAVEN)

    fetch_jars(environment, report=print)

    assert sorted(jar.name for jar in folder.glob("*.jar")) == ["kafka_2.13-4.1.0.jar"]


def test_a_download_that_fails_half_way_says_why_and_leaves_nothing(
    tmp_path: Path, programs: Path, environment: Mapping[str, str]
) -> None:
    disk_full = "touch half.jar\necho '[INFO] Downloading'\necho '[ERROR] No space left'\nexit 1"
    install(programs, "mvn", disk_full)

    with pytest.raises(BrokerError, match=r"^Maven could not download Kafka: No space left$"):
        fetch_jars(environment, report=print)

    assert [entry.name for entry in (tmp_path / "cache/pulse").iterdir()] == ["kafka-4.1.0.lock"]


def test_what_a_killed_download_left_is_removed_by_the_next(
    tmp_path: Path, programs: Path, environment: Mapping[str, str]
) -> None:
    left_over = tmp_path / "cache/pulse/kafka-4.1.0.partial-killed"
    left_over.mkdir(parents=True)
    install(programs, "mvn", MAVEN)

    folder = fetch_jars(environment, report=print)

    assert folder.is_dir()
    assert not left_over.exists()


def test_of_two_processes_one_downloads_and_the_other_waits(
    tmp_path: Path, programs: Path, environment: Mapping[str, str]
) -> None:
    downloads = tmp_path / "downloads"
    install(programs, "mvn", f"echo once >> {downloads}\nsleep 0.5\n{MAVEN}")
    found: list[Path] = []
    both = [
        threading.Thread(target=lambda: found.append(fetch_jars(environment, report=print)))
        for _ in range(2)
    ]

    for each in both:
        each.start()
    for each in both:
        each.join()

    assert downloads.read_text() == "once\n"
    assert len(found) == 2
    assert found[0] == found[1]


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, programs: Path, environment: Mapping[str, str]
) -> None:
    install(programs, "mvn", MAVEN)
    (tmp_path / "cache").write_text("a file where the folder should be")

    with pytest.raises(BrokerError, match=r"cannot keep Kafka's jars in .*/cache/pulse: Not a dir"):
        fetch_jars(environment, report=print)
