"""One Faust worker: the agent that applies batches, the table that keeps state, the timer.

Composition only: the classes that decide and keep are built here and joined to Faust.
"""

import asyncio
import logging
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import faust
from faust.types import TP

from models.topics import EVENTS
from rules.catalogue import Catalogue
from rules.configuration import Configuration
from rules.policy import Policies
from rules.records import Recorder
from streams import __version__
from streams.backlog import Backlog, Piece
from streams.compression import compress_fast
from streams.connection import Connection
from streams.faust_internals import (
    CoalescingScheduler,
    RawSchema,
    SourceRecord,
    kafka_producer,
    replace_clients,
    state_table,
)
from streams.header_names import tolerate_header_names
from streams.holes import Holes
from streams.kafka_reach import KafkaReach
from streams.keeper import Keeper
from streams.mark_exchange import MarkExchange
from streams.metrics import Metrics
from streams.owned import Owned
from streams.publish import Publisher
from streams.raw_records import hand_on_raw_records
from streams.record_batches import BATCH_BYTES
from streams.reread import KafkaReread
from streams.rerouting import DELETE_EVERY, LOOK_EVERY, Deletion, Rerouting
from streams.runner import end_process, ending_on_failure
from streams.seams import check_internals
from streams.source_consumer import SourceConsumer
from streams.topics import TABLE, changelog_name, group_name, marks_name, rerouted_name
from streams.watchdog import Progress, start_watchdog
from streams.watermark_consumer import watermark_consumer
from streams.web import Readiness, WebServer, bind

LOG = logging.getLogger("pulse")

FETCHES_AT_ONCE: Final = 32
"""Fetches in hand: partitions wait for confirmations side by side, and what comes for one of them
in the meantime is its next batch."""

_PIECES_QUEUED: Final = 16
"""Pieces of the changelog that wait while a recovery takes in others."""

_FETCH_BYTES: Final = 1 << 20
_REQUEST_BYTES: Final = 64 << 20


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """What the command line says about one worker."""

    web_host: str = "0.0.0.0"  # noqa: S104 (metrics are scraped from other machines)
    web_port: int = 6066
    data_dir: Path = Path("pulse-data")


class PulseWorker:
    """The worker: Faust app, keeper and web server, joined."""

    def __init__(
        self,
        configuration: Configuration,
        catalogue: Catalogue,
        connection: Connection,
        partitions: int,
        options: WorkerOptions,
    ) -> None:
        """Build everything; nothing is started. OSError where the web port is taken."""
        check_internals()
        tolerate_header_names()
        compress_fast()
        self._configuration = configuration
        self._source = configuration.kafka.topic_prefix + EVENTS.name
        self._changelog = changelog_name(configuration)
        self._holes = Holes()
        hand_on_raw_records(self._source, self._holes)
        self.metrics = Metrics(catalogue, __version__)
        policies = Policies(configuration, catalogue)
        recorder = Recorder(catalogue, configuration.deployment)
        reread = KafkaReread(connection, self._source)
        self._backlog = Backlog()
        self._consumer = SourceConsumer(lambda: self.app, self._source, self._backlog)
        rerouted = rerouted_name(configuration)
        self._reach = KafkaReach(connection, self._source, rerouted, partitions, self._consumer)
        self.keeper = Keeper(
            policies, recorder, self.metrics, reread, partitions, self._holes, self._reach
        )
        exchange = MarkExchange(connection, marks_name(configuration), self.keeper.marks)
        deletion = Deletion(connection, rerouted)
        self._rerouting = Rerouting(
            self.keeper, self._reach, exchange, deletion, lambda: self.readiness().ready
        )
        self._publisher: Publisher | None = None
        self._recovered = False
        self._socket = bind(options.web_host, options.web_port)
        self.web_port: int = self._socket.getsockname()[1]
        self.app = self._build_app(connection, partitions, options)
        self.web = WebServer(self._socket, self.metrics, catalogue, self.readiness, self._refresh)

    def _build_app(
        self, connection: Connection, partitions: int, options: WorkerOptions
    ) -> faust.App:
        app = faust.App(
            group_name(self._configuration),
            broker=connection.faust_broker(),
            broker_credentials=connection.faust_credentials(),
            store="memory://",
            datadir=options.data_dir,
            autodiscover=False,
            web_enabled=False,
            # Faust places standbys by URL: two workers must never share one.
            canonical_url=f"http://{uuid.uuid4().hex}.pulse:{self.web_port}",
            topic_partitions=partitions,
            topic_replication_factor=self._configuration.kafka.replication_factor,
            topic_disable_leader=True,
            table_standby_replicas=0,
            consumer_auto_offset_reset="earliest",
            consumer_max_fetch_size=_FETCH_BYTES,
            stream_buffer_maxsize=_PIECES_QUEUED,
            ConsumerScheduler=CoalescingScheduler,
            Table=state_table(self),
            broker_commit_interval=0.5,
            broker_session_timeout=15.0,
            producer_compression_type="lz4",
            producer_max_batch_size=BATCH_BYTES,
            producer_max_request_size=_REQUEST_BYTES,
            producer_request_timeout=90.0,
            stream_wait_empty=True,
        )
        replace_clients(app, watermark_consumer(self, self._source, self._backlog))
        # How many messages wait does not matter: `Backlog` bounds their records.
        topic = app.topic(self._source, schema=RawSchema(), partitions=partitions, maxsize=4_096)
        # The changelog exists already: `streams.topics` creates it with its own settings.
        app.Table(
            TABLE,
            default=bytes,
            partitions=partitions,
            schema=RawSchema(),
            # With a buffer of 1 Faust goes on reading the changelog after the recovery.
            recovery_buffer_size=2,
            help="communities, members and progress",
        )
        agent = app.agent(topic, name="pulse.apply", concurrency=FETCHES_AT_ONCE)
        agent(self._apply_batches)
        app.timer(interval=1.0, name="pulse.tick")(self._tick)
        app.timer(interval=LOOK_EVERY, name="pulse.look")(self._look)
        app.timer(interval=DELETE_EVERY, name="pulse.delete")(self._delete_applied)
        app.task(self._read_rerouted)
        app.task(self._read_marks)
        app.on_partitions_revoked.connect(self._on_revoked)
        return app

    # What Faust calls ---------------------------------------------------------------------

    async def _apply_batches(self, stream: Any) -> None:
        async for event in stream.events():
            await asyncio.gather(*map(self._apply, event.value))

    async def _apply(self, piece: Piece) -> None:
        try:
            with ending_on_failure("the batch"):
                await self.keeper.apply(piece.partition, piece.records, self._get_publisher())
        finally:
            # Faust holds the event until its next one.
            piece.done()

    async def _tick(self) -> None:
        with ending_on_failure("the tick"):
            await self.keeper.tick(self._get_publisher(), self._caught_up())

    async def _look(self) -> None:
        if self.readiness().ready:
            with ending_on_failure("the look around"):
                await self._rerouting.look(self._get_publisher())

    async def _read_rerouted(self) -> None:
        with ending_on_failure("reading rerouted records"):
            await self._rerouting.read(self._get_publisher())

    async def _read_marks(self) -> None:
        with ending_on_failure("reading marks"):
            await self._rerouting.listen(self._get_publisher())

    async def _delete_applied(self) -> None:
        if self.readiness().ready:
            await self._rerouting.delete_applied()

    async def _on_revoked(self, app: Any, revoked: set[TP], **_: Any) -> None:
        if revoked:
            self._recovered = False
            await self.keeper.rest()

    # What keeps the state (faust_internals.StateKeeper) -------------------------------------

    def begin_recovery(self, partition: int) -> None:
        """Forget what was read of the partition's changelog: it is read from the start."""
        self._recovered = False
        self.keeper.begin_recovery(partition)

    def absorb(self, partition: int, records: Iterable[SourceRecord]) -> None:
        """Take in records of the partition's changelog."""
        with ending_on_failure():
            self.keeper.absorb(partition, records)

    async def complete_recovery(self, partitions: set[int]) -> None:
        """Build the state of these partitions, and drop every other."""
        with ending_on_failure():
            await self.keeper.complete_recovery(partitions, self._get_publisher())
        self._recovered = True
        LOG.info("recovered; owns %d partitions", len(partitions))

    def next_offset(self, partition: int) -> int | None:
        """Return the first offset not yet applied; None where the partition is not held."""
        return self.keeper.next_offset(partition)

    # Figures --------------------------------------------------------------------------------

    def readiness(self) -> Readiness:
        """Tell whether the worker has recovered and holds its partitions."""
        if self._recovered and not self.app.rebalancing:
            return Readiness(True, f"ready, {len(self.keeper.owned)} partitions")
        return Readiness(False, "waiting for partitions and their state")

    def progress(self) -> Progress:
        """Tell the watchdog how far the worker has come."""
        offsets = None
        if self.readiness().ready:
            owned = dict(self.keeper.owned)
            offsets = {number: self._next_record(number, held) for number, held in owned.items()}
        return Progress(offsets, self.web.beat, self.keeper.waiting())

    def watch(self, connection: Connection) -> None:
        """Start the watchdog."""
        start_watchdog(connection, self._source, self.progress, end_process)

    def _caught_up(self) -> set[int]:
        return {partition for partition, lag in self._lags().items() if lag == 0}

    def _lags(self) -> dict[int, int]:
        """Return the lag of each owned partition of which a fetch has told the end.

        What was rerouted to it counts too.
        """
        ends = {number: self._consumer.end(number) for number in self.keeper.owned}
        return {
            number: max(end - self._next_record(number, self.keeper.owned[number]), 0)
            + self.keeper.rerouted_left(number)
            for number, end in ends.items()
            if end is not None
        }

    def _next_record(self, partition: int, owned: Owned) -> int:
        return self._holes.skip(partition, owned.offset + 1)

    def _refresh(self) -> None:
        self.keeper.refresh_gauges()
        for gauge in (self.metrics.lag, self.metrics.applied):
            gauge.clear()
        for partition, lag in self._lags().items():
            self.metrics.lag.labels(partition).set(lag)
        for partition, owned in dict(self.keeper.owned).items():
            self.metrics.applied.labels(partition).set(owned.offset + 1)

    def _get_publisher(self) -> Publisher:
        if self._publisher is None:
            prefix, producer = self._configuration.kafka.topic_prefix, kafka_producer(self.app)
            rerouted = rerouted_name(self._configuration)
            self._publisher = Publisher(producer, prefix, self._changelog, rerouted, self.metrics)
        return self._publisher
