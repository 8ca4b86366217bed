"""The wheel of `make wheel`: compiled modules give the records of their sources, byte for byte."""

import ast
import os
import subprocess
import sys
import tomllib
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tests.compiled.wheel import ROOT, lack, make_wheel

needs_a_compiler = pytest.mark.skipif(
    lack() is not None, reason=f"the wheel cannot be compiled: {lack()}"
)


def hot_path() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    modules: list[str] = project["tool"]["hatch"]["build"]["targets"]["wheel"]["hooks"]["custom"][
        "modules"
    ]
    return modules


@pytest.mark.parametrize("module", hot_path())
def test_no_class_of_msgspec_or_pydantic_is_compiled(module: str) -> None:
    """They read by their annotations, of which mypyc keeps only the plain ones."""
    tree = ast.parse((ROOT / module).read_text("utf-8"))
    bases = {
        ast.unparse(base)
        for each in ast.walk(tree)
        if isinstance(each, ast.ClassDef)
        for base in each.bases
    }
    assert bases <= {"IntEnum", "Protocol"}


def test_without_a_compiler_one_line_says_so(tmp_path: Path) -> None:
    environment = {**os.environ, "HATCH_BUILD_HOOK_ENABLE_CUSTOM": "true", "CC": "no-such-compiler"}
    command = [sys.executable, "-m", "hatchling", "build", "--target", "wheel"]
    done = subprocess.run(
        [*command, "--directory", str(tmp_path)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr == (
        "cannot compile the wheel: no C compiler (no-such-compiler): "
        "on Debian and Ubuntu, apt-get install gcc\n"
    )


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, unpacked."""
    folder = tmp_path_factory.mktemp("wheel")
    make_wheel(folder)
    return folder


def run(place: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run Python with the Pulse that stands in `place`, and the tests from here."""
    path = os.pathsep.join((str(place), str(ROOT)))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": "0"}
    command = [sys.executable, "-P", *arguments]
    return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, check=True)


@pytest.mark.slow
@needs_a_compiler
def test_it_holds_each_module_that_is_named_compiled_and_as_source(wheel: Path) -> None:
    for module in hot_path():
        compiled = (wheel / module).with_suffix(EXTENSION_SUFFIXES[0])
        assert compiled.is_file()
        assert (wheel / module).read_bytes() == (ROOT / module).read_bytes()


@pytest.mark.slow
@needs_a_compiler
def test_it_says_that_it_is_compiled(wheel: Path) -> None:
    assert run(wheel, "-m", "streams", "--version").stdout.endswith(b" (compiled)\n")
    assert run(ROOT, "-m", "streams", "--version").stdout.endswith(b" (pure Python)\n")


@pytest.mark.slow
@needs_a_compiler
def test_it_writes_what_the_sources_write_byte_for_byte(wheel: Path) -> None:
    compiled, pure = (run(place, "-m", "tests.compiled.results") for place in (wheel, ROOT))
    assert (compiled.stderr, pure.stderr) == (b"compiled\n", b"pure Python\n")
    assert len(pure.stdout.splitlines()) > 2_000
    assert compiled.stdout == pure.stdout


@pytest.mark.slow
@needs_a_compiler
def test_nothing_compiled_is_left_in_the_working_tree(wheel: Path) -> None:
    left = [file for suffix in EXTENSION_SUFFIXES for file in ROOT.glob(f"*/*{suffix}")]
    assert not left
