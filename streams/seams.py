"""The check that what Pulse leans on inside Faust and aiokafka is still there.

`check_internals` is called before a worker starts: an upgrade that changes one of these seams is
refused by name instead of losing events quietly.
"""

import inspect
from collections.abc import Callable
from typing import Any, Final

import faust
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, codec
from aiokafka.consumer import fetcher
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import _DefaultRecordBatchPy
from faust.assignor.client_assignment import ClientAssignment
from faust.assignor.partition_assignor import PartitionAssignor
from faust.stores import memory
from faust.tables.base import Collection
from faust.tables.recovery import Recovery
from faust.transport.consumer import Consumer as BaseConsumer
from faust.transport.drivers.aiokafka import AIOKafkaConsumerThread, Consumer, Producer, Transport
from faust.transport.utils import DefaultSchedulingStrategy

from streams.compression import codec_user


class InternalsError(RuntimeError):
    """Faust or aiokafka has changed where Pulse leans on it."""


_PARAMETERS: Final[tuple[tuple[Callable[..., Any], tuple[str, ...]], ...]] = (
    (DefaultSchedulingStrategy.iterate, ("self", "records")),
    (faust.Schema.loads_key, ("self", "app", "message", "loads", "serializer")),
    (faust.Schema.loads_value, ("self", "app", "message", "loads", "serializer")),
    (memory.Store.on_recovery_completed, ("self", "active_tps", "standby_tps")),
    (Collection._new_store, ("self",)),
    (Recovery.on_rebalance, ("self", "assigned", "revoked", "newly_assigned", "generation_id")),
    (Recovery.on_recovery_completed, ("self", "generation_id")),
    (
        PartitionAssignor._protocol_assignments,
        ("self", "assignments", "cl_distribution", "tp_distribution", "topic_groups"),
    ),
    (PartitionAssignor.on_assignment, ("self", "assignment")),
    (PartitionAssignor.assigned_actives, ("self",)),
    (PartitionAssignor.assigned_standbys, ("self",)),
    (ClientAssignment.kafka_protocol_assignment, ("self", "table_manager")),
    (BaseConsumer._new_offset, ("self", "tp")),
    (BaseConsumer._filter_tps_with_pending_acks, ("self", "topics")),
    (BaseConsumer._add_gap, ("self", "tp", "offset_from", "offset_to")),
    (BaseConsumer.perform_seek, ("self",)),
    (BaseConsumer.seek, ("self", "partition", "offset")),
    (fetcher.PartitionRecords._consumer_record, ("self", "tp", "record")),
    (fetcher.PartitionRecords._unpack_records, ("self",)),
    (fetcher.PartitionRecords.__next__, ("self",)),
    (fetcher.FetchResult.getall, ("self", "max_records")),
    (fetcher.FetchResult.check_assignment, ("self", "tp")),
    (fetcher.FetchResult.has_more, ("self",)),
    (fetcher.FetchResult._update_position, ("self",)),
    (fetcher.Fetcher.fetched_records, ("self", "partitions", "timeout", "max_records")),
    (fetcher.Fetcher._notify, ("self", "future")),
    (AIOKafkaConsumerThread._create_worker_consumer, ("self", "transport")),
    (AIOKafkaConsumerThread._ensure_consumer, ("self",)),
    (
        AIOKafkaConsumerThread._fetch_records,
        ("self", "consumer", "active_partitions", "timeout", "max_records"),
    ),
    (Consumer._new_consumer_thread, ("self",)),
    (AIOKafkaConsumer.last_stable_offset, ("self", "partition")),
    (AIOKafkaConsumer.last_poll_timestamp, ("self", "partition")),
    (Producer._ensure_producer, ("self",)),
    (Producer._settings_extra, ("self",)),
    (AIOKafkaProducer.create_batch, ("self",)),
    (AIOKafkaProducer.send_batch, ("self", "batch", "topic", "partition")),
    (BatchBuilder.append, ("self", "timestamp", "key", "value", "headers")),
    (_DefaultRecordBatchPy._maybe_uncompress, ("self",)),
    (codec.lz4_encode, ("payload", "level")),
)


def check_internals() -> None:
    """Raise InternalsError, naming the seam, where one is not as Pulse expects it."""
    for function, expected in _PARAMETERS:
        found = tuple(inspect.signature(function).parameters)
        if found != expected:
            raise InternalsError(
                f"{function.__module__}.{function.__qualname__} takes {found}, "
                f"Pulse was written for {expected}"
            )
    if not inspect.iscoroutinefunction(BaseConsumer.perform_seek):
        raise InternalsError("Consumer.perform_seek is no coroutine any more")
    for name in ("Consumer", "Producer"):
        if not inspect.isclass(getattr(Transport, name, None)):
            raise InternalsError(f"Transport.{name} is gone")
    for module, name in (
        (fetcher, "MemoryRecords"),
        (fetcher, "PartitionRecords"),
        (fetcher, "FetchResult"),
        (codec_user(), "lz4_encode"),
    ):
        if not hasattr(module, name):
            raise InternalsError(f"{module.__name__}.{name} is gone")
