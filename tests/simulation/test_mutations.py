"""The check of the check: whatever makes the worker exact, taken out, makes a seed fail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import pytest

from models import recovered as reading_back
from models.recovered import Recovered
from models.state import OutboxEntry, Position
from rules.state import Partition
from streams.faust_internals import SourceRecord
from streams.keeper import Keeper
from streams.publish import Publisher
from streams.record_batches import RecordBatches

from .simulation import Product, run

SEEDS = range(200)
Take = Callable[[pytest.MonkeyPatch], Product]


class AnyBatchKeeper(Keeper):
    """Applies whatever comes, whether it continues what was applied or not."""

    async def apply(
        self, partition: int, records: Sequence[SourceRecord], publisher: Publisher
    ) -> None:
        async with self._locks.of(partition):
            owned = self.owned.get(partition)
            if owned is not None:
                await self._apply(partition, owned, records, publisher)


class ForgetfulKeeper(Keeper):
    """Does not read again which ids were seen before the restart."""

    async def _remember(self, partition: int, state: Partition, position: Position) -> None:
        return


def the_fence(patch: pytest.MonkeyPatch) -> Product:
    def values(recovered: Recovered) -> Mapping[bytes, bytes]:
        everything = dict(recovered._values)
        for key, waiting in recovered._waiting.items():
            for value in waiting:
                reading_back._keep_newer(everything, key, value)
        return everything

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
    def keep_last(values: dict[bytes, bytes], key: bytes, candidate: bytes) -> bool:
        values[key] = candidate
        return True

    patch.setattr(reading_back, "_keep_newer", keep_last)
    return Product()


def the_memory_of_ids(patch: pytest.MonkeyPatch) -> Product:
    return Product(ForgetfulKeeper)


def the_repair_of_the_changelog(patch: pytest.MonkeyPatch) -> Product:
    def repairs(recovered: Recovered) -> list[tuple[bytes, bytes]]:
        return []

    patch.setattr(Recovered, "repairs", repairs)
    return Product()


def the_notice_of_another_writer(patch: pytest.MonkeyPatch) -> Product:
    follow = Publisher.follow

    def follow_nothing(publisher: Publisher, partition: int, end: int | None) -> None:
        follow(publisher, partition, end)
        publisher._ends.clear()

    patch.setattr(Publisher, "follow", follow_nothing)
    return Product()


# What is taken out, and the seeds that are known to fail then: they are tried first.
TAKEN_OUT: list[tuple[Take, list[int]]] = [
    (the_fence, [0, 1, 2]),
    (the_check_that_a_batch_continues, [2, 5, 6]),
    (the_seek_from_the_state, [2, 9, 11]),
    (the_outbox, [1, 2, 4]),
    (the_wait_for_confirmations, [9, 23, 42]),
    (the_zombie_rule, [3, 4, 6]),
    (the_memory_of_ids, [2, 4, 5]),
    # Needs an old write, days of calm, compaction and a recovery after it: one seed in 300.
    (the_repair_of_the_changelog, [446, 665, 828]),
]


def fails(seed: int, product: Product) -> bool:
    return bool(run(seed, product=product).problem)


@pytest.mark.parametrize(
    ("take", "known"), [pytest.param(*row, id=row[0].__name__) for row in TAKEN_OUT]
)
def test_one_of_the_seeds_fails_without(
    take: Take, known: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    product = take(monkeypatch)
    others = [seed for seed in SEEDS if seed not in known]
    assert any(fails(seed, product) for seed in [*known, *others])


@pytest.mark.parametrize("seed", sorted({seed for _, known in TAKEN_OUT for seed in known}))
def test_the_same_seed_passes_with_everything_in_place(seed: int) -> None:
    assert not run(seed).problem
