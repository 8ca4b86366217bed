"""What makes rerouting, catching up and the deletion of what was rerouted exact, taken out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest
from msgspec.structs import replace

from models.state import StoredPartition, StoredRoute
from rules.state import BEGINNING, Partition
from streams.faust_internals import SourceRecord
from streams.forwarded import Forward
from streams.keeper import Keeper
from streams.marks import Heard, Marks
from streams.merge import Merge
from streams.owned import Owned
from streams.publish import Publisher
from streams.record_batches import RecordBatches
from streams.router import Router
from streams.takeover import Takeover

from .mutations import Begun
from .simulation import Product


def the_memory_of_what_came(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Merge, "accept", lambda *_: True)
    return Product()


def the_chain_of_each_channel(patch: pytest.MonkeyPatch) -> Product:
    def accept(merge: Merge, source: int, offset: int, previous: int) -> bool:
        return whole_accept(merge, source, offset, -1)

    whole_accept = Merge.accept
    patch.setattr(Merge, "accept", accept)
    return Product()


def the_ends_of_marks(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Heard, "reached", lambda _, number, *__: number)
    return Product()


def the_wait_for_others(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Marks, "must_merge", property(lambda _: False))
    return Product()


def the_place_of_the_first_that_waits(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Merge, "first_place", property(lambda merge: merge.next_place))
    return Product()


def the_wait_after_a_recovery(patch: pytest.MonkeyPatch) -> Product:
    """What stood in the topic at the start is not aimed at."""

    def aim(marks: Marks, targets: Sequence[int], *, rerouting: bool) -> None:
        whole_aim(marks, [0] * len(targets), rerouting=rerouting)

    whole_aim = Marks.aim
    patch.setattr(Marks, "aim", aim)
    return Product()


def the_confirmation_of_what_is_sent_home(patch: pytest.MonkeyPatch) -> Product:
    async def forward(publisher: Publisher, forwards: Iterable[Forward]) -> dict[int, int]:
        batches = RecordBatches(publisher._producer, {})
        for home, timestamp, key, value, headers in forwards:
            await batches.add(publisher._rerouted, home, key, value, timestamp, headers)
        for place in list(batches._open):
            await batches._send(place)
        return {}

    patch.setattr(Publisher, "forward", forward)
    return Product()


def forgetting(patch: pytest.MonkeyPatch, forget: Callable[[StoredRoute], StoredRoute]) -> Product:
    """Take something out of what a marker says of rerouted records."""

    def begin(router: Router, partition: int, stored: StoredPartition | None) -> Begun:
        if stored is not None and stored.route is not None:
            stored = replace(stored, route=forget(stored.route))
        return whole_begin(router, partition, stored)

    whole_begin = Router.begin
    patch.setattr(Router, "begin", begin)
    return Product()


def the_proof_of_what_is_folded_while_catching_up(patch: pytest.MonkeyPatch) -> Product:
    patch.setattr(Merge, "is_proven", lambda *_: True)
    return Product()


def the_rebuilding_of_what_was_folded_too_early(patch: pytest.MonkeyPatch) -> Product:
    async def redo(keeper: Keeper, publisher: Publisher) -> None:
        for owned in keeper.owned.values():
            if owned.open and not keeper.holdings.is_locked(owned.partition):
                await keeper.holdings.write(owned, publisher)

    patch.setattr(Keeper, "_redo", redo)
    return Product()


def the_channel_clock_in_the_marker(patch: pytest.MonkeyPatch) -> Product:
    return forgetting(patch, lambda route: replace(route, clock=BEGINNING))


def what_is_applied_of_each_channel_in_the_marker(patch: pytest.MonkeyPatch) -> Product:
    return forgetting(patch, lambda route: replace(route, applied={}))


def the_place_to_read_on_from_in_the_marker(patch: pytest.MonkeyPatch) -> Product:
    return forgetting(patch, lambda route: replace(route, begin=route.end))


def the_memory_of_rerouted_ids(patch: pytest.MonkeyPatch) -> Product:
    async def remember(
        takeover: Takeover, partition: int, state: Partition, found: StoredPartition
    ) -> None:
        await whole_remember(takeover, partition, state, replace(found, route=None))

    whole_remember = Takeover.remember
    patch.setattr(Takeover, "remember", remember)
    return Product()


def the_order_of_what_is_rerouted(patch: pytest.MonkeyPatch) -> Product:
    """What does not continue what was taken is taken."""

    async def receive(
        router: Router, owned: Owned, records: Sequence[SourceRecord], publisher: Publisher
    ) -> int:
        owned.merge.next_place = max(owned.merge.next_place, records[0].offset)
        return await whole_receive(router, owned, records, publisher)

    whole_receive = Router.receive
    patch.setattr(Router, "receive", receive)
    return Product()


def the_horizon_of_deletion(patch: pytest.MonkeyPatch) -> Product:
    def superfluous(keeper: Keeper) -> dict[int, tuple[int, int]]:
        return {number: (owned.begin, owned.clock) for number, owned in keeper.owned.items()}

    patch.setattr(Keeper, "superfluous", superfluous)
    return Product()


def the_confirmation_before_a_deletion(patch: pytest.MonkeyPatch) -> Product:
    def superfluous(keeper: Keeper) -> dict[int, tuple[int, int]]:
        return {
            number: (owned.merge.next_place, instant)
            for number, (owned, instant) in (
                (number, (owned, whole_superfluous(keeper)[number][1]))
                for number, owned in keeper.owned.items()
            )
        }

    whole_superfluous = Keeper.superfluous
    patch.setattr(Keeper, "superfluous", superfluous)
    return Product()
