"""Compiles the hot path for the wheel of `make wheel`, by mypyc; everything else stays Python.

Off by default (pyproject.toml): an editable install, and a plain build, have no compiled module.
The sources are compiled in a folder of their own, so that none appears in the working tree, where
it would be imported instead of its source. The sources stay in the wheel, for tracebacks.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

_PACKAGES = ("models", "rules", "streams")
_SETUP = """
import sys
from mypyc.build import mypycify
from setuptools import setup
# `make check` reports what has no types; here it does not matter.
options = ["--disable-error-code=import-untyped", *sys.argv[1:]]
modules = mypycify(options, group_name="pulse", debug_level="0")
setup(name="pulse", ext_modules=modules, script_args=["build_ext", "--inplace"])
"""


def lack() -> str | None:
    """Say what this machine lacks to compile, and how to get it; None where it lacks nothing."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"no C compiler ({compiler}): on Debian and Ubuntu, apt-get install gcc"
    if not Path(sysconfig.get_path("include"), "Python.h").is_file():
        return "no headers of Python (Python.h): on Debian and Ubuntu, apt-get install python3-dev"
    return None


class CompilingHook(BuildHookInterface):  # type: ignore[type-arg]
    """Adds the compiled modules that `modules` in pyproject.toml names."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile, and have the results put beside their sources; one line where that fails."""
        if version == "editable":
            return
        problem = lack()
        if problem is not None:
            _end(problem)
        self._folder = Path(mkdtemp(prefix="pulse-wheel-"))
        for package in _PACKAGES:
            shutil.copytree(Path(self.root, package), self._folder / package)
        self._compile()
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        for place in (".", *_PACKAGES):
            for file in (self._folder / place).glob("*.so"):
                build_data["force_include"][str(file)] = str(file.relative_to(self._folder))

    def finalize(
        self,
        version: str,
        build_data: dict[str, Any],  # noqa: ARG002 (Hatchling's interface)
        artifact_path: str,  # noqa: ARG002
    ) -> None:
        """Clear up."""
        if version != "editable":
            shutil.rmtree(self._folder, ignore_errors=True)

    def _compile(self) -> None:
        log = self._folder / "compile.log"
        with log.open("wb") as output:
            command = [sys.executable, "-c", _SETUP, *self.config["modules"]]
            done = subprocess.run(  # noqa: S603 (a command of our own)
                command, cwd=self._folder, stdout=output, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode != 0:
            _end(f"mypyc failed, see {log}")


def _end(problem: str) -> None:
    sys.stderr.write(f"cannot compile the wheel: {problem}\n")
    raise SystemExit(2)
