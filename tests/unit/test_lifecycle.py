"""When an alert begins and ends: every cell of the table, then whole stories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from models.alerts import Phase, Reason, Status, Verdict
from rules.lifecycle import (
    RESTING,
    TRANSITIONS,
    Announcement,
    Hold,
    Signal,
    advance,
    step,
)

QUIET, PENDING, FIRING = Phase.QUIET, Phase.PENDING, Phase.FIRING

CELLS = [
    ("a first breach waits", QUIET, Signal.BREACH, PENDING, None),
    ("a breach that need not wait begins", QUIET, Signal.BREACH_HELD, FIRING, Reason.THRESHOLD),
    ("quiet stays quiet", QUIET, Signal.CLEAR, QUIET, None),
    ("quiet stays quiet for long", QUIET, Signal.CLEAR_HELD, QUIET, None),
    ("no verdict, nothing happens", QUIET, Signal.UNSURE, QUIET, None),
    ("no verdict for long, nothing happens", QUIET, Signal.UNSURE_TOO_LONG, QUIET, None),
    ("an active member is no news", QUIET, Signal.RETURN, QUIET, None),
    ("late data of an active member is no news", QUIET, Signal.LATE_RETURN, QUIET, None),
    ("who leaves without alert leaves quietly", QUIET, Signal.LEAVE, QUIET, None),
    ("a first rung begins", QUIET, Signal.RUNG, FIRING, Reason.THRESHOLD),
    ("who is lost unseen is no news", QUIET, Signal.LADDER_END, QUIET, None),
    ("a breach goes on waiting", PENDING, Signal.BREACH, PENDING, None),
    ("a breach has waited", PENDING, Signal.BREACH_HELD, FIRING, Reason.THRESHOLD),
    ("an OK ends the waiting", PENDING, Signal.CLEAR, QUIET, None),
    ("keep_firing_days prolong no waiting", PENDING, Signal.CLEAR_HELD, QUIET, None),
    ("no verdict, the waiting goes on", PENDING, Signal.UNSURE, PENDING, None),
    ("no verdict for long, the waiting goes on", PENDING, Signal.UNSURE_TOO_LONG, PENDING, None),
    ("the next close judges who interacted", PENDING, Signal.RETURN, PENDING, None),
    ("the next close judges late data", PENDING, Signal.LATE_RETURN, PENDING, None),
    ("who leaves waits no more", PENDING, Signal.LEAVE, QUIET, None),
    ("a rung waits for nothing", PENDING, Signal.RUNG, FIRING, Reason.THRESHOLD),
    ("who is lost waits no more", PENDING, Signal.LADDER_END, QUIET, None),
    ("an alert begins once", FIRING, Signal.BREACH, FIRING, None),
    ("a standing alert is no news", FIRING, Signal.BREACH_HELD, FIRING, None),
    ("an OK within keep_firing_days", FIRING, Signal.CLEAR, FIRING, None),
    ("the OK that ends it", FIRING, Signal.CLEAR_HELD, QUIET, Reason.RECOVERED),
    ("no verdict, the alert stands", FIRING, Signal.UNSURE, FIRING, None),
    ("no verdict for too long", FIRING, Signal.UNSURE_TOO_LONG, QUIET, Reason.INCONCLUSIVE),
    ("the member is back", FIRING, Signal.RETURN, QUIET, Reason.RETURNED),
    ("the member had been there", FIRING, Signal.LATE_RETURN, QUIET, Reason.LATE_DATA),
    ("a later rung is told too", FIRING, Signal.RUNG, FIRING, Reason.THRESHOLD),
    ("the member is lost", FIRING, Signal.LADDER_END, QUIET, Reason.LOST),
    ("the member has left", FIRING, Signal.LEAVE, QUIET, Reason.LEFT),
]


def test_the_rows_cover_every_cell_of_the_table_once() -> None:
    cells = [(phase, signal) for phase, row in TRANSITIONS.items() for signal in row]
    assert sorted((row[1], row[2].name) for row in CELLS) == sorted(
        (phase, signal.name) for phase, signal in cells
    )
    assert len(cells) == len(Phase) * len(Signal)


@pytest.mark.parametrize(
    ("phase", "signal", "following", "reason"), [pytest.param(*row[1:], id=row[0]) for row in CELLS]
)
def test_a_signal_moves_an_alert(
    phase: Phase, signal: Signal, following: Phase, reason: Reason | None
) -> None:
    status = Status.FIRING if reason is Reason.THRESHOLD else Status.RESOLVED
    announcement = None if reason is None else Announcement(status, reason)
    assert step(phase, signal) == (following, announcement)


def test_a_signal_that_the_table_does_not_list_is_an_error() -> None:
    unlisted: Any = "RESET"
    with pytest.raises(KeyError):
        step(Phase.QUIET, unlisted)


VERDICTS = {
    "F": Verdict.FIRE,
    "o": Verdict.OK,
    "l": Verdict.LEARNING,
    "b": Verdict.BELOW_FLOOR,
    "n": Verdict.NOT_APPLICABLE,
    "d": Verdict.NO_DATA,
}

# One letter per close; what is announced stands as (number of the close, reason).
STORIES = [
    ("FIRE begins at once", Hold(), "oF", [(2, "threshold")]),
    ("a standing alert is announced once", Hold(), "FFFF", [(1, "threshold")]),
    ("OK ends it at once", Hold(), "Fo", [(1, "threshold"), (2, "recovered")]),
    (
        "a second alert follows the first",
        Hold(),
        "FoF",
        [(1, "threshold"), (2, "recovered"), (3, "threshold")],
    ),
    ("for_days 2: two FIREs are too few", Hold(2), "FF", []),
    ("for_days 2: the third FIRE begins", Hold(2), "FFF", [(3, "threshold")]),
    ("for_days 2: an OK starts the count anew", Hold(2), "FFoFF", []),
    ("for_days 2: no verdict does not", Hold(2), "FlFbF", [(5, "threshold")]),
    (
        "for_days 1: 30 closes without verdict do not",
        Hold(1),
        "F" + "n" * 30 + "F",
        [(32, "threshold")],
    ),
    ("keep_firing_days 2: two OKs are too few", Hold(0, 2), "Foo", [(1, "threshold")]),
    (
        "keep_firing_days 2: the third ends",
        Hold(0, 2),
        "Fooo",
        [(1, "threshold"), (4, "recovered")],
    ),
    ("keep_firing_days 1: FIRE starts anew", Hold(0, 1), "FoFo", [(1, "threshold")]),
    (
        "keep_firing_days 1: no verdict does not",
        Hold(0, 1),
        "Fodo",
        [(1, "threshold"), (4, "recovered")],
    ),
    ("27 without verdict end nothing", Hold(), "F" + "b" * 27, [(1, "threshold")]),
    ("28 without verdict end it", Hold(), "F" + "b" * 28, [(1, "threshold"), (29, "inconclusive")]),
    ("of any kind", Hold(), "F" + "lbnd" * 7, [(1, "threshold"), (29, "inconclusive")]),
    ("but in a row", Hold(), "F" + "b" * 27 + "F" + "b" * 27, [(1, "threshold")]),
    (
        "an OK within keep_firing_days breaks the row too",
        Hold(0, 5),
        "F" + "b" * 27 + "o" + "b" * 27,
        [(1, "threshold")],
    ),
    (
        "closes before the alert do not count towards its end",
        Hold(),
        "b" * 40 + "F" + "b" * 27,
        [(41, "threshold")],
    ),
    (
        "an alert that ended without verdict begins anew only by for_days FIREs",
        Hold(1),
        "FF" + "b" * 28 + "FF",
        [(2, "threshold"), (30, "inconclusive"), (32, "threshold")],
    ),
]


@pytest.mark.parametrize(
    ("hold", "letters", "expected"), [pytest.param(*row[1:], id=row[0]) for row in STORIES]
)
def test_verdicts_close_after_close_begin_and_end_an_alert(
    hold: Hold, letters: str, expected: list[tuple[int, str]]
) -> None:
    assert announced([VERDICTS[letter] for letter in letters], hold) == expected


def announced(verdicts: list[Verdict], hold: Hold) -> list[tuple[int, str]]:
    state, told = RESTING, []
    for close, verdict in enumerate(verdicts, 1):
        state, announcement = advance(state, verdict, close, close * 1000, hold=hold)
        if announcement is not None:
            told.append((close, announcement.reason.value))
    return told


runs = st.lists(
    st.tuples(
        st.sampled_from([Verdict.FIRE, Verdict.FIRE, Verdict.OK, Verdict.LEARNING]),
        st.sampled_from([1, 1, 1, 2, 3, 26, 27, 28, 29]),
    ),
    max_size=12,
)
holds = st.builds(Hold, st.integers(0, 3), st.integers(0, 3))


def test_an_alert_remembers_the_close_that_started_it_until_it_ends() -> None:
    state, _ = advance(RESTING, Verdict.FIRE, 7, 7000, hold=Hold(0, 1))
    for close in (8, 9):
        state, _ = advance(state, Verdict.LEARNING, close, close * 1000, hold=Hold(0, 1))
    state, _ = advance(state, Verdict.OK, 10, 10_000, hold=Hold(0, 1))
    assert (state.phase, state.started_day, state.started_at) == (FIRING, 7, 7000)
    state, _ = advance(state, Verdict.OK, 11, 11_000, hold=Hold(0, 1))
    assert state is RESTING


@given(st.sampled_from([verdict for verdict in Verdict if verdict is not Verdict.FIRE]), holds)
def test_an_alert_at_rest_stays_there_until_fire(verdict: Verdict, hold: Hold) -> None:
    state, announcement = advance(RESTING, verdict, 7, 7000, hold=hold)
    assert state is RESTING
    assert announcement is None


@given(runs, holds)
def test_an_alert_rests_whenever_it_is_quiet(
    lengths: list[tuple[Verdict, int]], hold: Hold
) -> None:
    state = RESTING
    verdicts = [verdict for verdict, length in lengths for _ in range(length)]
    for close, verdict in enumerate(verdicts):
        state, _ = advance(state, verdict, close, close * 1000, hold=hold)
        assert (state is RESTING) == (state.phase is Phase.QUIET)


def looking_back(verdicts: list[Verdict], hold: Hold) -> list[tuple[int, str]]:
    """The same answer without any state: each close looks back on all verdicts since the change."""
    told: list[tuple[int, str]] = []
    firing, since = False, 0
    for close in range(1, len(verdicts) + 1):
        past = verdicts[since:close]
        clear = [verdict for verdict in past if verdict in (Verdict.FIRE, Verdict.OK)]
        reason = None
        if not firing:
            if past[-1] is Verdict.FIRE and ends_with(clear, Verdict.FIRE, hold.for_days + 1):
                reason = "threshold"
        elif past[-1] is Verdict.OK and ends_with(clear, Verdict.OK, hold.keep_firing_days + 1):
            reason = "recovered"
        elif len(past) >= 28 and not {Verdict.FIRE, Verdict.OK} & set(past[-28:]):
            reason = "inconclusive"
        if reason is not None:
            told.append((close, reason))
            firing, since = not firing, close
    return told


def ends_with(verdicts: Sequence[Verdict], wanted: Verdict, times: int) -> bool:
    return len(verdicts) >= times and set(verdicts[-times:]) == {wanted}


@given(runs, holds)
@example([(Verdict.FIRE, 1), (Verdict.LEARNING, 28), (Verdict.FIRE, 1)], Hold())
@example([(Verdict.FIRE, 2), (Verdict.LEARNING, 29), (Verdict.OK, 1)], Hold(1, 1))
def test_counting_forward_and_looking_back_agree(
    lengths: list[tuple[Verdict, int]], hold: Hold
) -> None:
    verdicts = [verdict for verdict, length in lengths for _ in range(length)]
    assert announced(verdicts, hold) == looking_back(verdicts, hold)


@given(runs, holds)
def test_alerts_begin_and_end_in_turn(lengths: list[tuple[Verdict, int]], hold: Hold) -> None:
    verdicts = [verdict for verdict, length in lengths for _ in range(length)]
    begins = [reason == "threshold" for _, reason in announced(verdicts, hold)]
    assert begins == [number % 2 == 0 for number in range(len(begins))]
