"""Which record a home applies next, and for what it waits."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from models.events import Arrived, Event
from models.rejections import RejectionReason
from rules.state import BEGINNING
from streams.letters import Letter
from streams.marks import GRACE, Mark, Marks
from streams.merge import Merge
from streams.pace import Pace
from streams.passage import Passage, Rerouted
from streams.routed import Portion, Refused

HOME, OTHER, THIRD = 0, 1, 2
NOW = 1_000_000


def event(arrival: int) -> Arrived:
    return arrival, arrival, Event(f"e{arrival}", "post.created", "", "c1")


def portion(*arrivals: int, begin: int = BEGINNING, since: int = NOW) -> Portion:
    """Records at the offsets that their arrivals are, all at home."""
    clock = max(begin, *arrivals)
    return Portion([event(a) for a in arrivals], arrivals, arrivals[-1] + 1, begin, clock, since)


def rerouted(source: int, arrival: int, place: int = 0, since: int = NOW) -> Rerouted:
    return arrival, source, arrival, event(arrival), place, since


def mark(clock: int, *, read_at: int = 0, ends: Sequence[int] = (0, 0, 0)) -> Mark:
    return Mark(clock, 0, read_at, ends)


def merging(partitions: int) -> Marks:
    marks = Marks(partitions)
    marks.aim([1] * partitions, rerouting=True)
    return marks


def merge_of(marks: Marks) -> Merge:
    return Merge(HOME, marks, 0, BEGINNING, Passage())


def take(merge: Merge, limit: int = 100) -> list[int]:
    """Apply what is ready; the arrivals of it."""
    events = merge.ready(limit)
    merge.advance(len(events))
    return [arrival for arrival, _, _ in events]


def test_a_record_waits_for_every_partition_that_may_hold_an_earlier_one() -> None:
    marks = merging(3)
    merge = merge_of(marks)
    merge.add(portion(10, 20, 30))
    assert take(merge) == []

    marks.learn(OTHER, mark(25))
    assert take(merge) == []
    marks.learn(THIRD, mark(15))
    assert take(merge) == [10]
    marks.learn(THIRD, mark(90))
    assert take(merge) == [20]
    marks.learn(OTHER, mark(30))
    assert take(merge) == [30]


def test_of_records_with_one_clock_the_lower_partition_s_come_first() -> None:
    marks = merging(2)
    merge = merge_of(marks)
    merge.add(portion(10))
    marks.learn(OTHER, mark(10))
    assert take(merge) == [10]

    higher = Merge(OTHER, marks, 0, BEGINNING, Passage())
    higher.add(portion(10))
    marks.learn(HOME, mark(10))
    assert take(higher) == []
    marks.learn(HOME, mark(11))
    assert take(higher) == [10]


def test_a_partition_that_was_fully_read_a_while_after_holds_nobody_up() -> None:
    marks = merging(2)
    merge = merge_of(marks)
    merge.add(portion(10, since=NOW))
    marks.learn(OTHER, mark(5, read_at=NOW + GRACE - 1))
    assert take(merge) == []
    marks.learn(OTHER, mark(5, read_at=NOW + GRACE))
    assert take(merge) == [10]


def test_a_mark_counts_once_what_it_speaks_of_was_read() -> None:
    marks = merging(2)
    merge = merge_of(marks)
    merge.add(portion(10, 30))
    marks.learn(OTHER, mark(40, read_at=NOW + GRACE, ends=(1, 0)))
    assert take(merge) == []
    merge.receive([rerouted(OTHER, 20)], 1)
    assert take(merge) == [10, 20, 30]


def test_what_is_always_on_its_way_holds_nobody_up_for_ever() -> None:
    marks = merging(3)
    merge = merge_of(marks)
    merge.add(portion(10, 20, 30))
    marks.learn(THIRD, mark(99, read_at=NOW + GRACE))
    applied = []
    for number in range(1, 5):
        # One more record is under way whenever we look: the newest mark never counts.
        marks.learn(OTHER, mark(10 * number, ends=(number, 0, 0)))
        applied += take(merge)
        merge.receive([], number)
    assert applied == [10, 20, 30]


def test_a_rerouted_record_waits_for_our_own_partition_too() -> None:
    marks = merging(2)
    merge = merge_of(marks)
    merge.receive([rerouted(OTHER, 20)], 1)
    assert take(merge) == []
    merge.add(portion(10, 30))
    assert take(merge) == [10, 20]
    assert merge.passage == Passage({OTHER: 20}, 1, 1)
    assert merge.next_offset == 11


def test_without_merging_nothing_waits() -> None:
    merge = merge_of(Marks(3))
    merge.add(portion(10, 20))
    merge.add(portion(30, begin=20))
    assert take(merge, limit=2) == [10, 20]
    assert take(merge) == [30]
    assert merge.next_offset == 31


def test_what_is_not_applied_yet_stays_and_the_place_is_behind_what_is() -> None:
    merge = merge_of(merging(1))
    merge.add(portion(10, 30, 20, 40))
    assert [arrival for arrival, _, _ in merge.ready(100)] == [10, 30, 20, 40]
    merge.advance(3)
    # The latest arrival so far, not the last one.
    assert (merge.next_offset, merge.clock) == (21, 30)
    assert merge.waits
    assert take(merge) == [40]


def test_a_portion_without_anything_to_apply_moves_the_place_alone() -> None:
    merge = merge_of(merging(1))
    letter: Letter = (b"k", b"v", [])
    refused = Refused(7, RejectionReason.BAD_JSON, letter)
    merge.add(Portion([], [], 9, 0, 50, NOW, [], [refused]))
    assert merge.ready(100) == []
    assert merge.has_passed
    assert merge.advance(0) == [refused]
    assert (merge.next_offset, merge.clock) == (9, 50)
    assert not merge.has_passed


def test_a_dead_letter_is_due_with_the_first_event_behind_it() -> None:
    merge = merge_of(merging(1))
    refused = [Refused(offset, RejectionReason.BAD_JSON, (None, None, [])) for offset in (15, 25)]
    merge.add(Portion([event(10), event(20)], [10, 20], 30, 0, 20, NOW, [10, 20], refused))
    merge.ready(1)
    assert merge.advance(1) == []
    merge.ready(1)
    assert merge.advance(1) == refused


@pytest.mark.parametrize(
    ("offset", "previous", "new"),
    [
        (10, -1, False),
        (9, 4, False),
        (11, 10, True),
        (12, 8, True),
        (12, -1, True),
        # The record at 11 was never written: who lost it sends both again.
        (12, 11, False),
    ],
)
def test_a_repeat_and_what_follows_a_lost_record_are_not_accepted(
    offset: int, previous: int, new: bool
) -> None:
    merge = Merge(HOME, Marks(2), 0, BEGINNING, Passage({OTHER: 10}, 5, 5))
    assert merge.accept(OTHER, offset, previous) is new
    assert not merge.accept(OTHER, offset, previous)


def test_marks_keep_what_tells_most() -> None:
    marks = merging(2)
    marks.learn(OTHER, Mark(50, 500, 0, (3, 0)))
    marks.learn(OTHER, Mark(40, 400, NOW, (7, 0)))
    marks.learn(OTHER, Mark(50, 500, 0, (9, 0)))
    assert marks.furthest(OTHER) == Mark(50, 500, 0, (3, 0))
    assert marks.read_last(OTHER) == Mark(40, 400, NOW, (7, 0))


def test_a_worker_catches_up_until_all_that_stood_in_the_topic_is_routed() -> None:
    marks = Marks(2)
    marks.aim([100, 200], rerouting=False)
    marks.learn(HOME, Mark(50, 100, 0, (0, 0)))
    marks.learn(OTHER, Mark(50, 199, 0, (0, 0)))
    assert marks.catching_up
    marks.learn(OTHER, Mark(50, 200, 0, (0, 0)))
    assert (marks.catching_up, marks.must_merge) == (False, False)


def test_who_catches_up_merges_as_soon_as_a_record_is_rerouted() -> None:
    marks = Marks(2)
    marks.aim([100, 200], rerouting=False)
    assert (marks.catching_up, marks.must_merge) == (True, False)
    marks.learn_of_rerouting()
    assert (marks.catching_up, marks.must_merge) == (False, True)


def test_what_is_applied_while_catching_up_is_proven_once_all_others_are_as_far() -> None:
    marks = Marks(3)
    marks.aim([100, 100, 100], rerouting=False)
    merge = merge_of(marks)
    merge.add(portion(10, 20, 30))
    assert take(merge) == [10, 20, 30]

    assert not merge.is_proven(NOW)
    marks.learn(OTHER, mark(40))
    assert not merge.is_proven(NOW)
    marks.learn(2, mark(29))
    assert not merge.is_proven(NOW)
    # Of two with one clock the one of the lower partition comes first.
    marks.learn(2, mark(30))
    assert merge.is_proven(NOW)


def test_a_partition_that_is_fully_read_proves_what_stood_in_its_topic_before_that() -> None:
    marks = Marks(2)
    marks.aim([100, 100], rerouting=False)
    merge = merge_of(marks)
    merge.add(portion(10))
    assert take(merge) == [10]

    marks.learn(OTHER, mark(5, read_at=NOW + GRACE - 1))
    assert not merge.is_proven(NOW)
    marks.learn(OTHER, mark(5, read_at=NOW + GRACE))
    assert merge.is_proven(NOW)


@pytest.mark.parametrize(("rerouting", "end", "wait"), [(False, 0, False), (True, 0, True)])
def test_records_wait_for_good_where_one_was_ever_rerouted(
    rerouting: bool, end: int, wait: bool
) -> None:
    marks = Marks(2)
    marks.aim([0, 0], rerouting=rerouting)
    marks.learn(OTHER, mark(50, ends=(0, end)))
    assert marks.must_merge is wait


def test_records_wait_as_soon_as_somebody_reroutes() -> None:
    marks = Marks(2)
    marks.learn(OTHER, mark(50, ends=(0, 1)))
    assert marks.must_merge


def test_the_slowest_is_looked_for_among_those_that_hold_up() -> None:
    marks = merging(2)
    marks.learn(HOME, mark(70))
    marks.learn(OTHER, mark(30, read_at=NOW + GRACE))
    assert marks.slowest(NOW) == 70
    assert marks.slowest(NOW + 1) == 30
    marks.learn(HOME, mark(70, read_at=NOW + GRACE))
    assert marks.slowest(NOW) is None


def test_only_what_is_beyond_the_slowest_is_ahead() -> None:
    pace = Pace()
    pace.note(10, 100)
    pace.note(20, 200)
    pace.note(30, 300)
    assert pace.ahead(5) == 600
    assert pace.ahead(20) == 300
    pace.note(40, 1)
    assert pace.ahead(20) == 301
    assert pace.ahead(None) == 0
