"""One Faust worker: the agent that applies batches, the table that keeps state, the timer.

Composition only: the classes that decide and keep are built here and joined to Faust.
"""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import faust
from faust.types import TP

from models.state import StateError
from models.topics import EVENTS
from rules.catalogue import Catalogue
from rules.configuration import Configuration
from rules.policy import Policies
from streams import __version__
from streams.backlog import Backlog, Piece
from streams.changelog_reader import KafkaChangelogReader
from streams.changelogs import Changelogs
from streams.compression import compress_fast
from streams.connection import Connection
from streams.faust_app import faust_app
from streams.faust_internals import (
    RawSchema,
    kafka_producer,
)
from streams.header_names import tolerate_header_names
from streams.holes import Holes
from streams.kafka_reach import KafkaReach
from streams.keeper import Keeper
from streams.local_store import LocalStore
from streams.mark_exchange import MarkExchange
from streams.metrics import Metrics
from streams.owned import Owned
from streams.publish import Publisher
from streams.raw_records import hand_on_raw_records
from streams.read_back import ReadBacks
from streams.reread import KafkaReread
from streams.rerouting import DELETE_EVERY, LOOK_EVERY, Deletion, Rerouting
from streams.runner import end_process, ending_on_failure
from streams.seams import check_internals
from streams.source_consumer import SourceConsumer
from streams.topics import changelog_name, marks_name, rerouted_name
from streams.watchdog import Progress, start_watchdog
from streams.web import Readiness, WebServer, bind

LOG = logging.getLogger("pulse")

FETCHES_AT_ONCE: Final = 32
"""Fetches in hand: partitions wait for confirmations side by side, and what comes for one of them
in the meantime is its next batch."""


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
        store: LocalStore | None = None,
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
        reread = KafkaReread(connection, self._source)
        self._store = store
        read_backs = ReadBacks(store, configuration.state.hot_communities)
        self._changelogs = Changelogs(KafkaChangelogReader(connection, self._changelog), read_backs)
        self._backlog = Backlog()
        self._consumer = SourceConsumer(lambda: self.app, self._source, self._backlog)
        rerouted = rerouted_name(configuration)
        self._reach = KafkaReach(connection, self._source, rerouted, partitions, self._consumer)
        self.keeper = Keeper(
            policies,
            self.metrics,
            reread,
            self._changelogs,
            partitions,
            self._holes,
            self._reach,
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
        app = faust_app(
            self._configuration,
            connection,
            partitions,
            options.data_dir,
            self,
            self._source,
            self._backlog,
        )
        # How many messages wait does not matter: `Backlog` bounds their records.
        topic = app.topic(self._source, schema=RawSchema(), partitions=partitions, maxsize=4_096)
        agent = app.agent(topic, name="pulse.apply", concurrency=FETCHES_AT_ONCE)
        agent(self._apply_batches)
        app.timer(interval=1.0, name="pulse.tick")(self._tick)
        app.task(self._stand_by)
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
        with ending_on_failure("the batch"):
            await self.keeper.apply(piece.partition, piece, self._get_publisher())

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
        self.keeper.abandon_recovery()
        if revoked:
            self._recovered = False
            await self.keeper.rest()

    async def _stand_by(self) -> None:
        with ending_on_failure("standing by"):
            await self._changelogs.run()

    # What keeps the state (faust_internals.StateKeeper) -------------------------------------

    async def complete_recovery(self, partitions: set[int], standbys: set[int]) -> None:
        """Build the state of these partitions, drop every other, and stand by for `standbys`."""
        self._recovered = False
        with ending_on_failure(), self._distrusting_the_store():
            publisher = self._get_publisher()
            if not await self.keeper.complete_recovery(partitions, publisher, standbys):
                return
        self._recovered = True
        LOG.info(
            "recovered; owns %d partitions, read %d records of the changelog, stands by for %d",
            len(partitions),
            self._changelogs.records,
            len(standbys),
        )

    @contextmanager
    def _distrusting_the_store(self) -> Iterator[None]:
        """Begin without the local store at the next start, where a state cannot be read."""
        try:
            yield
        except StateError:
            if self._store is not None:
                self._store.distrust()
            raise

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
        return Progress(offsets, self.web.beat, self.keeper.waiting(), self.keeper.recovered())

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
        for gauge in (self.metrics.lag, self.metrics.applied, self.metrics.standby_lag):
            gauge.clear()
        for partition, behind in self._changelogs.lags().items():
            self.metrics.standby_lag.labels(partition).set(behind)
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
