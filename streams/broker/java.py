"""Finding a Java that is new enough for Kafka."""

import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from streams.broker.handle import PrerequisiteMissing

OLDEST_JAVA = 17  # Kafka 4's brokers; https://kafka.apache.org/documentation/#compatibility


def find_java(environment: Mapping[str, str]) -> Path:
    """Return the `java` of JAVA_HOME, or else of PATH.

    Raises:
        PrerequisiteMissing: there is none, it does not run, or it is older than Java 17.
    """
    java = find_program("java", environment, home="JAVA_HOME")
    if java is None:
        raise PrerequisiteMissing("no Java")
    version = _java_version(java)
    if version is None:
        raise PrerequisiteMissing(f"{java} does not tell its version")
    if version < OLDEST_JAVA:
        raise PrerequisiteMissing(f"{java} is Java {version}, which is too old")
    return java


def find_program(name: str, environment: Mapping[str, str], home: str | None = None) -> Path | None:
    """Return the program `name` of the folder that variable `home` names, or else of PATH."""
    if home is not None and environment.get(home):
        at_home = Path(environment[home], "bin", name)
        if at_home.is_file():
            return at_home
    found = shutil.which(name, path=environment.get("PATH", ""))
    return Path(found) if found else None


def _java_version(java: Path) -> int | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the user's own java
            [java, "-version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    # Up to Java 8 the versions were called 1.5 to 1.8.
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match[1]) if match else None
