"""Ctrl-C while a file is sent: it ends the wait for the next line, and nothing else of its own."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from typing import Any

import pytest

from streams.produce import Message, Reading

LINE: Message = (b"42", b"{}", 0, [])


@pytest.fixture(autouse=True)
def handler() -> Iterator[None]:
    """What Ctrl-C did before, restored."""
    before = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, before)


def silent_after(*messages: Message) -> Iterator[Message]:
    """Somebody presses Ctrl-C while the message after these is waited for."""
    yield from messages
    signal.raise_signal(signal.SIGINT)


def heard() -> list[int]:
    """Ctrl-C is told to this list, as it is to the event loop."""
    told: list[int] = []

    def note(number: int, _: Any) -> None:
        told.append(number)

    signal.signal(signal.SIGINT, note)
    return told


def test_it_ends_the_wait_for_the_next_line_at_once() -> None:
    told = heard()
    reading = Reading(silent_after(LINE, LINE))
    with pytest.raises(KeyboardInterrupt), reading.interruptible():
        list(reading)
    assert told == []


def test_while_a_line_is_sent_it_is_told_to_the_event_loop() -> None:
    told = heard()
    reading = Reading(iter([LINE, LINE]))
    with reading.interruptible():
        for _ in reading:
            signal.raise_signal(signal.SIGINT)
    assert told == [signal.SIGINT] * 2


def test_afterwards_it_does_what_it_did_before() -> None:
    told = heard()
    with Reading(iter([])).interruptible():
        pass
    signal.raise_signal(signal.SIGINT)
    assert told == [signal.SIGINT]


def test_who_runs_in_the_background_and_ignores_it_goes_on() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    reading = Reading(silent_after(LINE))
    with reading.interruptible():
        assert list(reading) == [LINE]
