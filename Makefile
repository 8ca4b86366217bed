# Pulse. `make` alone lists the targets.
.POSIX:
.PHONY: help setup demo test simulate chaos catalogue check bench bench-detection wheel lock clean

PYTHON = python3
VENV = .venv
BIN = $(VENV)/bin
STAMP = $(VENV)/.installed

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F'|' '{ printf "%-22s %s\n", $$1, $$2 }'

setup: $(STAMP) ## create .venv with the locked dependencies (PYTHON=... picks another interpreter)
	@:

$(STAMP): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Pulse needs Python 3.11 or newer, and $(PYTHON) is not: try make setup PYTHON=python3.11" >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Pulse needs Python's venv module (on Debian and Ubuntu: apt-get install python3-venv)" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $(STAMP)

demo: setup ## run the whole service here and print its alerts (EVENTS=FILE for your own events)
	@$(BIN)/pulse demo $${EVENTS:+--events "$$EVENTS"}

test: setup ## run the tests (PYTEST_ARGS=... goes to pytest)
	$(BIN)/python -m pytest $(PYTEST_ARGS)

simulate: setup ## crash, pause and rebalance simulated workers: 10,000 seeds, some 10 minutes
	$(BIN)/python -m tests.simulation --seeds 10000

chaos: setup ## kill, pause and restart real workers and the broker: three rounds, some 40 minutes
	$(BIN)/python -m tests.chaos --out chaos.md

catalogue: setup ## write CATALOGUE.md, the page of all rules and measures, anew
	@$(BIN)/pulse rules catalogue --out CATALOGUE.md

check: setup ## lint, formatting and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: setup ## Pulse against its peers: events per second, CPU, memory (BENCH_ARGS=... as --help says)
	@$(BIN)/python -m tests.bench compare $(BENCH_ARGS)

bench-detection: setup ## how well rules warn before a community goes quiet, on real logs (DETECTION_ARGS=...)
	@$(BIN)/python -m tests.detection $(DETECTION_ARGS)

wheel: setup ## build dist/*.whl whose hot path is compiled (needs a C compiler and Python's headers)
	@HATCH_BUILD_HOOK_ENABLE_CUSTOM=true $(BIN)/python -m hatchling build --target wheel --directory dist

lock: ## resolve the dependencies anew into the four lock files (needs uv)
	uv pip compile $(LOCK_OPTIONS) pyproject.toml -o requirements.lock
	uv pip compile $(LOCK_OPTIONS) --all-extras pyproject.toml -o requirements-dev.lock
	printf 'hatchling\nmypy[mypyc]\n' | uv pip compile $(LOCK_OPTIONS) --constraint requirements-dev.lock - -o docker/requirements-build.lock
	uv pip compile $(LOCK_OPTIONS) tests/bench/quix/requirements.in -o tests/bench/quix/requirements.lock

LOCK_OPTIONS = --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-annotate \
	--no-emit-index-url --no-emit-find-links

clean: ## remove the environment, caches and build output
	rm -rf $(VENV) .venv-tools build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
