"""The Faust app of a worker: its settings, and what is replaced in it."""

import uuid
from pathlib import Path
from typing import Final

import faust

from rules.configuration import Configuration
from streams.backlog import Backlog
from streams.connection import Connection
from streams.faust_assignor import StateAssignor
from streams.faust_internals import (
    CoalescingScheduler,
    StateKeeper,
    replace_clients,
    state_table,
)
from streams.record_batches import BATCH_BYTES
from streams.topics import TABLE, group_name
from streams.watermark_consumer import watermark_consumer

_FETCH_BYTES: Final = 1 << 20
_REQUEST_BYTES: Final = 64 << 20


def faust_app(
    configuration: Configuration,
    connection: Connection,
    partitions: int,
    data_dir: Path,
    keeper: StateKeeper,
    source: str,
    backlog: Backlog,
) -> faust.App:
    """Return an app with the table of states, which `keeper` keeps, and without an agent."""
    app = faust.App(
        group_name(configuration),
        broker=connection.faust_broker(),
        broker_credentials=connection.faust_credentials(),
        store="memory://",
        datadir=data_dir,
        autodiscover=False,
        web_enabled=False,
        # Faust places standbys by URL: two workers must never share one.
        canonical_url=f"http://{uuid.uuid4().hex}.pulse",
        topic_partitions=partitions,
        topic_replication_factor=configuration.kafka.replication_factor,
        topic_disable_leader=True,
        table_standby_replicas=configuration.state.standby_replicas,
        PartitionAssignor=StateAssignor,
        consumer_auto_offset_reset="earliest",
        consumer_max_fetch_size=_FETCH_BYTES,
        ConsumerScheduler=CoalescingScheduler,
        Table=state_table(keeper),
        broker_commit_interval=0.5,
        broker_session_timeout=15.0,
        producer_compression_type="lz4",
        producer_max_batch_size=BATCH_BYTES,
        producer_max_request_size=_REQUEST_BYTES,
        producer_request_timeout=90.0,
        stream_wait_empty=True,
    )
    replace_clients(app, watermark_consumer(keeper, source, backlog))
    # The changelog exists already: `streams.topics` creates it with its own settings.
    app.Table(
        TABLE,
        default=bytes,
        partitions=partitions,
        help="communities, members and progress",
    )
    return app
