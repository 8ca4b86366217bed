"""Keys go where Kafka's own clients send them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kafka.partitioner.default import murmur2 as known

from streams.partitioning import murmur2, partition_of, partition_of_key


@pytest.mark.parametrize(
    ("key", "signed"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_gives_the_values_of_kafkas_own_test(key: bytes, signed: int) -> None:
    assert murmur2(key) == signed % 2**32


@given(st.binary(max_size=300))
def test_murmur2_is_that_of_another_client_for_any_key(key: bytes) -> None:
    assert murmur2(key) == known(key) % 2**32


@given(st.text(max_size=20), st.integers(1, 100))
def test_a_community_is_placed_by_its_id_in_utf_8(community_id: str, partitions: int) -> None:
    expected = (known(community_id.encode()) & 0x7FFFFFFF) % partitions
    assert partition_of(community_id, partitions) == expected
    assert partition_of_key(community_id.encode(), partitions) == expected
