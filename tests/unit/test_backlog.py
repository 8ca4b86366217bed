"""How far is read ahead: bounded in records, whatever becomes of the messages."""

from __future__ import annotations

from faust.types import TP

from streams.backlog import IN_HAND, PIECE, Backlog, Piece
from streams.watermark_consumer import Wanted
from tests.builders import Handed


def piece(backlog: Backlog, partition: int, size: int) -> Piece:
    return Piece([object()] * size, partition, backlog)


def test_a_piece_waits_behind_another_and_no_third_one() -> None:
    backlog = Backlog()
    first = piece(backlog, 0, PIECE)
    assert backlog.has_room(0)
    second = piece(backlog, 0, PIECE)
    assert not backlog.has_room(0)

    first.done()
    assert backlog.has_room(0)
    second.done()
    assert backlog.has_room(0)


def test_where_much_is_in_hand_only_partitions_without_any_get_more() -> None:
    backlog = Backlog()
    pieces = [piece(backlog, number, PIECE) for number in range(IN_HAND // PIECE)]

    assert not backlog.has_room(0)
    assert backlog.has_room(len(pieces))
    pieces.pop().done()
    assert backlog.has_room(0)


def test_a_message_that_faust_drops_is_not_in_hand_any_more() -> None:
    backlog = Backlog()
    dropped = [piece(backlog, 0, PIECE) for _ in range(3)]
    assert not backlog.has_room(0)

    dropped.clear()
    assert backlog.has_room(0)


def test_a_piece_is_in_hand_until_its_last_record_is_taken() -> None:
    class Counted(Handed):
        def __len__(self) -> int:
            return 3

    backlog = Backlog()
    taken = Piece(Counted([1, 2, 3]), 0, backlog)
    full = piece(backlog, 0, 2 * PIECE)

    assert [taken.take(2), backlog._in_hand[0]] == [[1, 2], 2 * PIECE + 3]
    assert [taken.take(2), backlog._in_hand[0]] == [[3], 2 * PIECE]
    assert taken.take(2) == []
    full.done()
    assert backlog.has_room(0)


def test_a_piece_lets_go_once() -> None:
    backlog = Backlog()
    pieces = [piece(backlog, 0, PIECE) for _ in range(3)]

    pieces[0].done()
    pieces[0].done()
    del pieces[0]

    assert not backlog.has_room(0)


def test_who_was_refused_hears_of_the_next_room_once() -> None:
    backlog, calls = Backlog(), []
    backlog.on_room = lambda: calls.append("room")
    pieces = [piece(backlog, 0, PIECE) for _ in range(3)]
    pieces.pop().done()
    assert not calls

    assert not backlog.has_room(0)
    pieces.pop().done()
    pieces.pop().done()
    assert calls == ["room"]


def test_what_is_read_of_another_topic_is_not_bounded_and_lets_go_all_the_same() -> None:
    piece = Piece([1, 2], 0)
    assert not piece.is_bounded
    assert piece.last == 2
    piece.done()
    assert piece.records == ()


def test_a_partition_that_goes_on_calls_nobody_where_nobody_was_refused() -> None:
    backlog, calls = Backlog(), []
    backlog.on_room = lambda: calls.append("room")
    backlog.pause({0})
    backlog.pause(set())
    assert not calls


def test_a_paused_partition_gets_nothing_and_hears_when_it_goes_on() -> None:
    backlog, calls = Backlog(), []
    backlog.on_room = lambda: calls.append("room")
    backlog.pause({0})
    assert not backlog.has_room(0)
    assert backlog.has_room(1)
    backlog.pause({0, 1})
    assert not calls

    backlog.pause({1})
    assert calls == ["room"]
    assert backlog.has_room(0)
    assert not backlog.has_room(1)


def test_only_the_source_is_bounded_and_only_what_faust_asks_for_is_wanted() -> None:
    backlog, source, changelog = Backlog(), TP("events", 0), TP("changelog", 0)
    active = {source, changelog}
    wanted = Wanted(active, "events", backlog)
    full = piece(backlog, 0, 2 * PIECE)

    assert (source in wanted, changelog in wanted) == (False, True)
    full.done()
    assert source in wanted
    active.clear()
    assert (source in wanted, changelog in wanted) == (False, False)
    # An empty collection would ask aiokafka for every partition.
    assert bool(wanted) is True
