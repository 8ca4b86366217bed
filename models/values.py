"""Frozen values that are cheap: one is made in a fifth of the time a frozen dataclass takes."""

import msgspec


class Value(msgspec.Struct, frozen=True, gc=False):
    """Base of values that are made at every close; they never hold themselves."""
