"""What makes the worker exact, taken out piece by piece: each is given the patch to do it by."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from sys import maxsize

import pytest

from models import recovered as reading_back
from models.position import Position
from models.recovered import Contents, Recovered, Repair
from models.state import NEVER, OutboxEntry, Stamp, StoredPartition, stamp_of
from rules.state import Partition
from streams.changelog import Record
from streams.changelogs import Changelogs
from streams.cold import Cold
from streams.incoming import Records
from streams.keeper import Keeper
from streams.merge import Merge
from streams.mirror import Mirror
from streams.owned import Owned
from streams.publish import Publisher
from streams.read_back import ReadBack
from streams.record_batches import RecordBatches
from streams.routing import Route
from streams.takeover import Takeover

from .simulation import Product

Begun = tuple[Route, Merge]


class AnyBatchKeeper(Keeper):
    """Applies whatever comes, whether it continues what was applied or not."""

    async def apply(self, partition: int, records: Records, publisher: Publisher) -> None:
        owned = self.owned.get(partition)
        if owned is not None:
            await self._router._route(owned, records.take(maxsize), None, publisher)
            await self.apply_ready(partition, publisher)


def the_fence(patch: pytest.MonkeyPatch) -> Product:
    def values(recovered: Recovered) -> Mapping[bytes, bytes]:
        for key, _, value in recovered.contents.take_waiting():
            reading_back._keep_newer(recovered.contents, key, value, stamp_of(value))
        return dict(recovered.contents.scan(b""))

    patch.setattr(Recovered, "values", values)
    return Product()


def the_check_that_a_batch_continues(patch: pytest.MonkeyPatch) -> Product:
    return Product(AnyBatchKeeper)


def the_seek_from_the_state(patch: pytest.MonkeyPatch) -> Product:
    return Product(seeks=False)


def the_outbox(patch: pytest.MonkeyPatch) -> Product:
    def outbox(recovered: Recovered) -> list[OutboxEntry]:
        return []

    patch.setattr(Recovered, "outbox", outbox)
    return Product()


def the_wait_for_confirmations(patch: pytest.MonkeyPatch) -> Product:
    async def confirm(batches: RecordBatches) -> None:
        for place in list(batches._open):
            await batches._send(place)

    patch.setattr(RecordBatches, "confirm", confirm)
    # What is not waited for says nothing of who wrote before it.
    return the_notice_of_another_writer(patch)


def the_zombie_rule(patch: pytest.MonkeyPatch) -> Product:
    def keep_last(contents: Contents, key: bytes, candidate: bytes, stamp: Stamp) -> bool:
        contents.put(key, candidate)
        return True

    patch.setattr(reading_back, "_keep_newer", keep_last)
    patch.setattr(Recovered, "_counts", lambda *_: True)
    return Product()


def the_lineage(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Recovered, "lineage", lambda _: [])
    return Product()


def the_epochs(patch: pytest.MonkeyPatch) -> Product:
    """Every writer goes on with the numbers of the one before."""

    async def run(
        takeover: Takeover, partition: int, changelog: ReadBack, publisher: Publisher
    ) -> Owned:
        before = changelog.recovered.stamp
        owned = await whole_run(takeover, partition, changelog, publisher)
        owned.journal.stamp = before.next() if before != NEVER else owned.journal.stamp
        return owned

    whole_run = Takeover.run
    patch.setattr(Takeover, "run", run)
    return Product()


def the_memory_of_ids(patch: pytest.MonkeyPatch) -> Product:
    async def remember(
        takeover: Takeover, partition: int, state: Partition, found: StoredPartition
    ) -> None:
        return

    patch.setattr(Takeover, "remember", remember)
    return Product()


def the_repair_of_the_changelog(patch: pytest.MonkeyPatch) -> Product:
    def repairs(recovered: Recovered, stamp: Stamp) -> list[Repair]:
        return []

    patch.setattr(Recovered, "repairs", repairs)
    return Product()


def the_notice_of_another_writer(patch: pytest.MonkeyPatch) -> Product:
    async def settle(batches: RecordBatches) -> None:
        place = batches._pending[0][0]
        if place in batches._ends:
            batches._ends[place] = None
        await whole_settle(batches)

    whole_settle = RecordBatches._settle
    patch.setattr(RecordBatches, "_settle", settle)
    return Product()


def the_look_at_who_else_wrote(patch: pytest.MonkeyPatch) -> Product:
    """A state in memory is kept through every rebalance."""

    async def read(
        changelogs: Changelogs,
        partitions: Iterable[int],
        held: Mapping[int, int],
        is_over: Callable[[], bool],
    ) -> dict[int, ReadBack]:
        return await whole_read(changelogs, set(partitions) - held.keys(), {}, is_over)

    whole_read = Changelogs.read
    patch.setattr(Changelogs, "read", read)
    # Who wrote there before is seen by the next write all the same.
    return the_notice_of_another_writer(patch)


def the_changes_that_are_not_loaded_yet(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Cold, "await_load", lambda *_: None)
    return Product()


def the_records_behind_the_position_on_disk(patch: pytest.MonkeyPatch) -> Product:
    def write(mirror: Mirror, records: Iterable[Record], position: Position) -> None:
        whole_write(mirror, [], position)

    whole_write = Mirror.write
    patch.setattr(Mirror, "write", write)
    return Product()


def what_waits_on_disk(patch: pytest.MonkeyPatch) -> Product:
    """Values without a marker are not kept with the position behind them."""

    def settle(mirror: Mirror, position: Position) -> None:
        waiting, mirror._waiting = mirror._waiting, {}
        whole_settle(mirror, position)
        mirror._waiting = waiting

    whole_settle = Mirror.settle
    patch.setattr(Mirror, "settle", settle)
    return Product()
