"""Tells whether the hot path runs compiled (`make wheel`), or as the sources stand."""

from importlib.machinery import EXTENSION_SUFFIXES
from typing import Final

from models import instants
from streams import __version__

IS_COMPILED: Final = str(instants.__file__).endswith(tuple(EXTENSION_SUFFIXES))

BUILD: Final = f"{__version__} ({'compiled' if IS_COMPILED else 'pure Python'})"
"""The version, and which of the two it is."""
