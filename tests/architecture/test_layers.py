"""Imports run one way, `models` <- `rules` <- `streams`; the pure rooms stay pure, all small."""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("models", "rules", "streams")
# Third-party packages that a layer may know.
MAY_IMPORT = {
    "models": {"models", "msgspec", "orjson", "pydantic"},
    "rules": {"models", "rules", "pydantic", "yaml"},
}
# Modules of the standard library that reach out: clocks, files, processes, the network, chance.
WORLD = {
    "asyncio", "concurrent", "fcntl", "fileinput", "glob", "http", "io", "logging", "mmap",
    "multiprocessing", "os", "pathlib", "random", "sched", "secrets", "select", "selectors",
    "shelve", "shutil", "signal", "socket", "sqlite3", "ssl", "subprocess", "sys", "tempfile",
    "threading", "time", "urllib.request", "uuid", "webbrowser",
}  # fmt: skip
CLOCKS = {"now", "utcnow", "today"}
REACHING = {"open", "print", "input", "exec", "eval", "compile", "__import__", "breakpoint"}
LONGEST_MODULE = 300
LONGEST_FUNCTION = 40
# Function: why it may be longer than LONGEST_FUNCTION lines.
LONG_FUNCTIONS: dict[str, str] = {
    "rules/engine.py:_apply_all": "the loop over all events: a call costs as much as what it does",
}

MODULES = {layer: sorted((ROOT / layer).rglob("*.py")) for layer in LAYERS}
PURE = [path for layer in MAY_IMPORT for path in MODULES[layer]]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(path: Path) -> Iterator[str]:
    """The full names of the modules that a file imports, at its top or inside a function."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            yield ".".join(part for part in (base, node.module) if part)


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Name and number of lines of each function of a file, signature and docstring included."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            yield f"{name_of(path)}:{node.name}", node.end_lineno - node.lineno + 1


every_pure_module = pytest.mark.parametrize("path", PURE, ids=name_of)


def test_every_layer_has_modules() -> None:
    assert all(len(modules) > 10 for modules in MODULES.values())


@every_pure_module
def test_a_pure_module_imports_only_what_its_layer_may_know(path: Path) -> None:
    allowed = MAY_IMPORT[path.relative_to(ROOT).parts[0]]
    foreign = {
        name for name in imported(path)
        if name.split(".")[0] not in allowed | set(sys.stdlib_module_names)
    }  # fmt: skip
    assert not foreign


@every_pure_module
def test_a_pure_module_imports_nothing_that_reaches_the_world(path: Path) -> None:
    reaching = {
        name for name in imported(path)
        if any(name == world or name.startswith(f"{world}.") for world in WORLD)
    }  # fmt: skip
    assert not reaching


@every_pure_module
def test_a_pure_module_reads_no_clock_and_opens_no_file(path: Path) -> None:
    called = {
        node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
    }
    assert not called & (CLOCKS | REACHING - {"compile"})


def test_only_models_knows_json() -> None:
    knowing = {
        name_of(path)
        for layer in ("rules", "streams")
        for path in MODULES[layer]
        for name in imported(path)
        if name.split(".")[0] in ("json", "orjson", "msgspec")
    }
    assert not knowing


def test_the_engine_does_not_run_on_the_published_schemas() -> None:
    using = [
        name_of(path)
        for path in MODULES["rules"]
        if any(name.startswith("models.schemas") for name in imported(path))
    ]
    assert not using


def test_what_is_deployed_is_no_package() -> None:
    assert not [*(ROOT / "docker").rglob("__init__.py"), *(ROOT / "deploy").rglob("__init__.py")]


@pytest.mark.parametrize("path", [path for layer in LAYERS for path in MODULES[layer]], ids=name_of)
def test_a_module_is_not_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LONGEST_MODULE


def test_a_function_that_decides_is_not_longer_than_40_lines() -> None:
    long = {name for path in PURE for name, lines in functions(path) if lines > LONGEST_FUNCTION}
    assert long == set(LONG_FUNCTIONS)


@pytest.mark.parametrize("layer", LAYERS)
def test_no_other_installed_distribution_takes_the_name_of_a_layer(layer: str) -> None:
    assert set(packages_distributions().get(layer, [])) <= {"pulse-early-warning"}
    found = importlib.import_module(layer).__file__
    assert found is not None
    assert Path(found).parent == ROOT / layer
