"""On which partition a community belongs: Kafka's default partitioner over `community_id`."""

from functools import lru_cache

from kafka.partitioner.default import murmur2


@lru_cache(maxsize=65_536)
def partition_of(community_id: str, partitions: int) -> int:
    """Return the partition (0 to `partitions` - 1) of the key `community_id` in UTF-8."""
    return int((murmur2(community_id.encode()) & 0x7FFFFFFF) % partitions)
