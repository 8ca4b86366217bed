"""What a home takes of the records that were rerouted to it, and what it remembers of them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

import pytest

from models.state import FORMAT_VERSION, StateError, StoredPartition, StoredRoute
from rules.configuration import Configuration
from rules.policy import Policies
from rules.state import BEGINNING, Partition
from streams.catalogue import shipped_catalogue
from streams.forwarded import source_header
from streams.holes import Holes
from streams.journal import Journal
from streams.marks import GRACE, Mark
from streams.metrics import Metrics
from streams.owned import Owned
from streams.partitioning import partition_of
from streams.reach import Ends, Nowhere
from streams.reread import RereadError, Stretch
from streams.router import Router
from streams.takeover import Takeover

PARTITIONS = 2
SOURCE, HOME = 0, 1
AT_HOME = next(n for n in map("c{}".format, range(99)) if partition_of(n, PARTITIONS) == HOME)
ELSEWHERE = next(n for n in map("c{}".format, range(99)) if partition_of(n, PARTITIONS) == SOURCE)
POLICIES = Policies(Configuration(), shipped_catalogue())
METRICS = Metrics(shipped_catalogue(), "test")


class Message(NamedTuple):
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes]]


def message(offset: int, community: str, headers: Sequence[tuple[str, bytes]] = ()) -> Message:
    fields = {"type": "post.created", "time": "2025-01-01T00:00:00Z"}
    value = json.dumps({**fields, "id": f"{offset}", "community_id": community}).encode()
    return Message(offset, 1_000 + offset, None, value, list(headers))


def rerouted(place: int) -> Message:
    return message(place, AT_HOME, [source_header((SOURCE, place, place - 1, 1_000 + place, 0))])


class Reached(Nowhere):
    """A topic of rerouted records that reaches from `begin` to `end`."""

    def __init__(self, begin: int, end: int) -> None:
        super().__init__(PARTITIONS)
        self._ends = Ends([0] * PARTITIONS, [begin] * PARTITIONS, [end] * PARTITIONS)

    async def ends(self) -> Ends:
        return self._ends


def router(begin: int = 0, end: int = 0) -> Router:
    reach = Reached(begin, end)
    made = Router("events", PARTITIONS, METRICS, reach, Holes(), reach)
    asyncio.run(made.prepare())
    return made


def stored(begin: int) -> StoredPartition:
    route = StoredRoute(BEGINNING, {SOURCE: begin - 1}, begin, begin)
    return StoredPartition(FORMAT_VERSION, 5_000, PARTITIONS, 9, [], route)


def owned_by(made: Router, found: StoredPartition | None = None) -> Owned:
    return Owned(HOME, Partition(POLICIES), Journal(), *made.begin(HOME, found))


def test_what_does_not_continue_what_was_taken_is_left_alone_and_ends_us_where_it_stays() -> None:
    """A fetch of before a recovery may come after it; what lies before it comes next then."""
    made = router()
    owned = owned_by(made)

    def receive(*places: int) -> int:
        records = [rerouted(place) for place in places]
        publisher: Any = None
        return asyncio.run(made.receive(owned, records, publisher))

    assert receive(0, 1) == 2
    assert receive(5, 6) == 2
    assert receive(2, 3, 4, 5) == 6
    assert receive(4, 5, 6) == 7
    # Where it comes again at once, what stood in between was deleted: by who has applied it.
    assert receive(9) == 7
    with pytest.raises(RereadError, match="rerouted records 7 to 8 are gone"):
        receive(9)
    assert [each[2] for each in owned.merge._rerouted[SOURCE]] == [0, 1, 2, 3, 4, 5, 6]


def test_what_is_being_written_is_left_until_it_is_confirmed_and_a_repeat_is_not() -> None:
    made = router(0, 4)
    owned = owned_by(made)
    publisher: Any = None
    asyncio.run(made.receive(owned, [rerouted(0), rerouted(1)], publisher))
    assert made.left(owned) == 4

    owned.merge.read(GRACE)
    made.marks.learn(SOURCE, Mark(9_000, 9, GRACE, (0, 2)))
    owned.merge.advance(len(owned.merge.ready(9)))
    assert made.left(owned) == 4
    owned.confirm()
    assert made.left(owned) == 2

    repeats = [rerouted(0)._replace(offset=2), rerouted(1)._replace(offset=3)]
    asyncio.run(made.receive(owned, repeats, publisher))
    assert made.left(owned) == 0


@pytest.mark.parametrize(("begin", "end"), [(0, 19), (21, 30)])
def test_a_state_that_belongs_to_other_rerouted_records_is_refused(begin: int, end: int) -> None:
    with pytest.raises(StateError, match="make the state anew with: pulse rebuild"):
        owned_by(router(begin, end), stored(20))


@pytest.mark.parametrize(("begin", "end"), [(0, 20), (20, 20), (20, 30)])
def test_a_state_goes_on_where_it_ended(begin: int, end: int) -> None:
    owned = owned_by(router(begin, end), stored(20))
    assert (owned.begin, owned.merge.next_place, owned.offset) == (20, 20, 9)


class Pieces:
    """Records that are read again."""

    def __init__(self, records: Sequence[Any]) -> None:
        self._records = records

    def open(self, stretch: Stretch) -> Pieces:
        return Pieces([record for record in self._records if record.offset < stretch.end])

    async def next(self) -> Sequence[Any]:
        given, self._records = self._records, []
        return given

    async def close(self) -> None:
        return


def test_the_ids_of_what_is_at_home_and_applied_are_remembered() -> None:
    """Another community's event with the same id counts where that is at home."""
    source = [message(7, AT_HOME), message(8, ELSEWHERE), message(10, AT_HOME)]
    route = StoredRoute(BEGINNING, {SOURCE: 21}, 21, 24)
    state = Partition(POLICIES)
    found = StoredPartition(FORMAT_VERSION, 5_000, PARTITIONS, 9, [], route)
    rerouted_again = Pieces([rerouted(place) for place in (20, 21, 22, 24)])
    takeover = Takeover(POLICIES, Pieces(source), rerouted_again, router(), PARTITIONS)

    asyncio.run(takeover.remember(HOME, state, found))

    assert set(state.seen) == {"7", "20", "21"}
