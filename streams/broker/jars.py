"""Kafka's jars, fetched once by Maven into the user's cache."""

import fcntl
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from streams.broker.handle import BrokerError, PrerequisiteMissing
from streams.broker.java import find_program
from streams.broker.processes import end_process, start_bound_process
from streams.broker.spinner import spinner

KAFKA_VERSION = "4.1.0"
_DOWNLOAD_SECONDS = 1800
_POM = Path(__file__).with_name("pom.xml")


def fetch_jars(environment: Mapping[str, str], report: Callable[[str], None]) -> Path:
    """Return the folder that holds the jars of Kafka and of all it needs.

    It is `pulse/kafka-<version>` in the user's cache (XDG_CACHE_HOME, else `~/.cache`). What is
    missing or was listed by another pom.xml is downloaded beside it and then renamed, so a
    download that was killed, or filled the disk, leaves nothing that looks complete. Of several
    processes one downloads and the others wait for it.

    Raises:
        PrerequisiteMissing: the jars are not there, and neither is Maven.
        BrokerError: Maven failed, or the cache cannot be written.
    """
    cache = _cache_folder(environment)
    folder = cache / f"kafka-{KAFKA_VERSION}"
    if _is_current(folder):
        return folder
    maven = find_program("mvn", environment, home="MAVEN_HOME")
    if maven is None:
        raise PrerequisiteMissing("no Maven to download Kafka with")
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with _only_one(cache / f"kafka-{KAFKA_VERSION}.lock", report):
            if not _is_current(folder):
                report(f"Downloading Kafka {KAFKA_VERSION} with Maven (about 50 MB, this once)")
                _download(maven, folder)
    except OSError as error:
        raise BrokerError(f"cannot keep Kafka's jars in {cache}: {error.strerror}") from error
    return folder


def _cache_folder(environment: Mapping[str, str]) -> Path:
    # The XDG specification says that a relative path is to be ignored.
    named = Path(environment.get("XDG_CACHE_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".cache") / "pulse"


def _is_current(folder: Path) -> bool:
    pom = folder / _POM.name
    return pom.is_file() and pom.read_bytes() == _POM.read_bytes()


@contextmanager
def _only_one(lock: Path, report: Callable[[str], None]) -> Iterator[None]:
    with lock.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Waiting for another process that downloads Kafka")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _download(maven: Path, folder: Path) -> None:
    for left_over in folder.parent.glob(f"{folder.name}.partial-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    partial = Path(tempfile.mkdtemp(prefix=f"{folder.name}.partial-", dir=folder.parent))
    try:
        shutil.copy(_POM, partial)
        _copy_dependencies(maven, partial)
        (partial / "maven.log").unlink()
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _copy_dependencies(maven: Path, folder: Path) -> None:
    log = folder / "maven.log"
    goal = ("dependency:copy-dependencies", "-DoutputDirectory=.")
    process = start_bound_process([maven, "--batch-mode", *goal], folder=folder, output=log)
    try:
        with spinner(f"Downloading Kafka {KAFKA_VERSION}") as show:
            for _ in range(_DOWNLOAD_SECONDS * 4):
                try:
                    process.wait(0.25)
                    break
                except subprocess.TimeoutExpired:
                    show(_last_download(log))
    finally:
        end_process(process, patience=5)
    if process.returncode != 0:
        raise BrokerError(f"Maven could not download Kafka: {_maven_error(log)}")


def _last_download(log: Path) -> str:
    files = re.findall(r"Downloaded from \S+ \S*/(\S+)", log.read_text(errors="replace"))
    return f"{len(files)} files, {files[-1]}" if files else ""


def _maven_error(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    errors = [line for line in lines if line.startswith("[ERROR]")]
    return (errors or lines or ["it said nothing"])[0].removeprefix("[ERROR] ")
