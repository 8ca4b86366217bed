"""Joins pieces of fetches: what came while the last batch was written is the next one."""

from collections import deque
from collections.abc import Sequence

from streams.backlog import PIECE
from streams.faust_internals import SourceRecord

Pieces = deque[Sequence[SourceRecord]]
"""Pieces of one partition that were handed on and are not applied yet, in the order they came."""


def join(pieces: Pieces) -> Sequence[SourceRecord]:
    """Take out the first piece, and those that continue it without a hole.

    A hole may be messages that Faust has passed over, and is for the keeper to see.
    """
    joined = list(pieces.popleft())
    while pieces and joined[-1].offset + 1 == pieces[0][0].offset:
        if len(joined) + len(pieces[0]) > PIECE:
            break
        joined += pieces.popleft()
    return joined
