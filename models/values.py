"""Frozen values that are cheap: one is made in a fifth of the time a frozen dataclass takes."""

from typing import Any

import msgspec


class Value(msgspec.Struct, frozen=True, gc=False):
    """Base of values that are made at every close; they never hold themselves."""

    def by_name(self) -> dict[str, Any]:
        """Return what the fields hold by their names, in their order."""
        return msgspec.structs.asdict(self)
