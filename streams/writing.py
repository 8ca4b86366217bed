"""Writes what folds have caused, so that it counts wholly or not at all, and counts it."""

from models import state as stored
from models.position import Position
from rules.records import Recorder
from streams.batch import Batch
from streams.metrics import Metrics
from streams.outputs import write_outputs
from streams.owned import Owned
from streams.publish import Publisher, chunks


class Writer:
    """Completes batches, in the order that ARCHITECTURE gives ("One batch")."""

    def __init__(self, recorder: Recorder, metrics: Metrics) -> None:
        """Bind what makes records of outputs, and what counts them."""
        self._recorder = recorder
        self._metrics = metrics

    async def write(self, owned: Owned, batch: Batch, publisher: Publisher, behind: int) -> None:
        """Write a batch of events, and count them; the partition is `behind` by so many ms."""
        self._metrics.fold.observe(batch.seconds)
        self._metrics.batch.observe(batch.number)
        await self.complete(owned, batch, publisher)
        self._metrics.count(batch.tally, behind)
        for each in batch.refused:
            self._metrics.rejected.labels(each.reason).inc()

    async def complete(self, owned: Owned, batch: Batch, publisher: Publisher) -> None:
        """Write what a batch caused; nothing of the partition may be folded meanwhile."""
        partition = owned.partition
        written = await write_outputs(self._recorder, batch.outputs)
        records = owned.records()
        stamp = owned.journal.stamp
        for number, chunk in enumerate(chunks(written.alerts)):
            records.append((stored.outbox_key(number), stored.encode_outbox(stamp, chunk)))
        letters = [each.letter for each in batch.refused]
        marker = owned.marker()
        await publisher.complete(partition, records, marker, written.others, letters)
        place = publisher.end_of(partition) - 1
        owned.state.clean()
        await publisher.publish(partition, written.alerts)
        await publisher.clear_outbox(partition, stamp, written.alerts)
        owned.confirm()
        owned.keep(records, Position(publisher.end_of(partition), marker[1], place))
        for rule_id, status in written.announced:
            self._metrics.alerts.labels(rule_id, status).inc()
