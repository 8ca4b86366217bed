"""On which partition a key belongs: Kafka's default partitioner (murmur2)."""

from functools import lru_cache

from kafka.partitioner.default import murmur2


@lru_cache(maxsize=65_536)
def partition_of(community_id: str, partitions: int) -> int:
    """Return the partition (0 to `partitions` - 1) of the key `community_id` in UTF-8."""
    return partition_of_key(community_id.encode(), partitions)


@lru_cache(maxsize=4_096)
def partition_of_key(key: bytes, partitions: int) -> int:
    """Return the partition (0 to `partitions` - 1) of `key`."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)
