"""The whole service on this machine, from nothing to a summary, and nothing left behind."""

from streams.demo.options import DemoError, DemoOptions
from streams.demo.run import run_demo

__all__ = ["DemoError", "DemoOptions", "run_demo"]
