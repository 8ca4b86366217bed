"""Benchmarks: `python -m tests.bench` (that is `make bench`), `python -m tests.bench engine`."""
