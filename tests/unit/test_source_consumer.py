"""When an end that the client tells was true: not later than it was asked for."""

from __future__ import annotations

from streams.source_consumer import Answers


def test_an_answer_was_true_after_the_one_before_it() -> None:
    answers = Answers()
    assert answers.before(0, 100) == 0
    assert answers.before(0, 100) == 0
    assert answers.before(0, 200) == 100
    # The process stood still with an answer in the socket.
    assert answers.before(0, 90_000) == 200
    assert answers.before(0, 90_000) == 200
    assert answers.before(1, 90_000) == 0


def test_a_partition_that_comes_back_is_asked_for_anew() -> None:
    answers = Answers()
    answers.before(0, 100)
    answers.before(0, 200)
    # Taken away and given again, nothing is answered yet.
    assert answers.before(0, 0) == 200
    assert answers.before(0, 500) == 0
    assert answers.before(0, 600) == 500
