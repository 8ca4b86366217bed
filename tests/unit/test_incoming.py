"""What has come and is not looked at yet."""

from __future__ import annotations

from typing import Any

from streams.incoming import Incoming
from tests.builders import Handed


def test_what_came_is_taken_in_its_order_and_kept_only_where_it_is_held() -> None:
    incoming = Incoming()
    for records in ([1, 2, 3], [], [4]):
        incoming.add(0, Handed(records))
    incoming.add(1, Handed([5]))

    taken: list[Any] = [incoming.take(0, 2) for _ in range(4)]
    assert taken == [[1, 2], [3], [4], []]
    assert incoming.partitions() == {1}
    incoming.keep({0})
    assert incoming.partitions() == set()
    assert incoming.take(1, 2) == []
