"""The wheel with the compiled hot path, unpacked: to be imported instead of the sources."""

import os
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

from hatch_build import lack
from tests.bench.cached import run_step

ROOT = Path(__file__).parents[2]

__all__ = ["ingredients", "lack", "make_wheel"]


def ingredients() -> Iterator[Path]:
    """All that the wheel is made of."""
    yield from (ROOT / "pyproject.toml", ROOT / "hatch_build.py")
    for package in ("models", "rules", "streams"):
        files = sorted((ROOT / package).rglob("*"))
        yield from (file for file in files if file.is_file() and file.suffix != ".pyc")


def make_wheel(folder: Path) -> None:
    """Build the wheel in `folder`, and unpack it there; SetupError says what failed."""
    enable = "import os, runpy; os.environ['HATCH_BUILD_HOOK_ENABLE_CUSTOM'] = 'true'; "
    start = f"os.chdir({os.fspath(ROOT)!r}); runpy.run_module('hatchling', run_name='__main__')"
    build = ["build", "--target", "wheel", "--directory", os.fspath(folder)]
    run_step([sys.executable, "-c", enable + start, *build], folder, "the compiler", r"(cannot.*)")
    (wheel,) = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
