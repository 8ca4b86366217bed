"""The wheel is complete, and the locked dependencies are all pinned by hash."""

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOCKS = [
    "requirements.lock",
    "requirements-dev.lock",
    "docker/requirements-build.lock",
    "tests/bench/quix/requirements.lock",
]


def requirements_in(lock: str) -> dict[str, str]:
    """Each requirement of a lock by its normal name, with its hashes."""
    text = (ROOT / lock).read_text().replace("\\\n", " ")
    return {re.split(r"[=\s]", line)[0]: line for line in text.splitlines() if line.strip()}


def normal_name(requirement: str) -> str:
    match = re.match(r"[\w.-]+", requirement)
    assert match is not None
    return re.sub(r"[-_.]+", "-", match[0]).lower()


def test_the_wheel_holds_every_file_of_the_three_packages(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())

    sources = {
        path.relative_to(ROOT).as_posix()
        for package in ("models", "rules", "streams")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {"streams/broker/pom.xml"} <= sources
    assert sources - packed == set()
    assert {name.split("/")[0] for name in packed if ".dist-info" not in name} == {
        "models",
        "rules",
        "streams",
    }


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_address(lock: str) -> None:
    requirements = requirements_in(lock)
    assert requirements
    unpinned = [line for line in requirements.values() if "==" not in line or "sha256:" not in line]
    assert unpinned == []
    assert "://" not in (ROOT / lock).read_text()


def test_the_locks_agree_with_each_other() -> None:
    runtime, development = (
        requirements_in("requirements.lock"),
        requirements_in("requirements-dev.lock"),
    )
    assert {name: line for name, line in runtime.items() if development.get(name) != line} == {}


def test_every_dependency_is_in_its_lock() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime = {normal_name(each) for each in project["dependencies"]}
    extras = {
        normal_name(each) for extra in project["optional-dependencies"].values() for each in extra
    }

    assert runtime - requirements_in("requirements.lock").keys() == set()
    everything = runtime | (extras - {project["name"]})
    assert everything - requirements_in("requirements-dev.lock").keys() == set()
