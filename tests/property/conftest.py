"""What property tests may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rules import state
from streams import journal, mirror, read_back


@pytest.fixture(scope="module")
def small_pieces() -> Iterator[None]:
    """Few members to a page, and few changes to a record: else all fits into one."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(state, "_PAGE_CHARACTERS", 60)
        patch.setattr(journal, "DELTA_BYTES", 300)
        patch.setattr(journal, "MOST_DELTAS", 3)
        patch.setattr(mirror, "MOST_BYTES", 200)
        patch.setattr(read_back, "_PIECE", 5)
        yield
