"""When an alert begins and ends. Everything that moves an alert from phase to phase stands here.

Laws:

1. Every change of phase is a row of `TRANSITIONS`; a signal that a phase does not list is an error.
2. An inconclusive verdict changes nothing but its own count; only 28 in a row end an alert.
3. Each announcement carries its reason.
4. An alert that is quiet is at rest: nothing is counted of it, and only FIRE moves it.

(Contract, section 4; the split into verdict and lifecycle is Prometheus's and Alertmanager's.)
"""

from enum import IntEnum, auto
from typing import Final, NamedTuple

from models.alerts import AlertState, Phase, Reason, Status, Verdict
from models.values import Value

INCONCLUSIVE_LIMIT: Final = 28
"""So many inconclusive closes in a row end an alert."""


class Signal(IntEnum):
    """What one close, or one event of a member, means to an alert."""

    BREACH = auto()
    """FIRE, and not yet for `for_days` + 1 closes in a row."""
    BREACH_HELD = auto()
    """FIRE for `for_days` + 1 closes in a row."""
    CLEAR = auto()
    """OK, and not yet for `keep_firing_days` + 1 closes."""
    CLEAR_HELD = auto()
    """OK for `keep_firing_days` + 1 closes."""
    UNSURE = auto()
    """An inconclusive verdict."""
    UNSURE_TOO_LONG = auto()
    """The 28th inconclusive verdict in a row."""
    RETURN = auto()
    """The member interacted, on the day the alert started on or after it."""
    LATE_RETURN = auto()
    """An interaction of the member from before the alert started has arrived."""
    LEAVE = auto()
    """The member left the community."""
    RUNG = auto()
    """The member has reached a rung of the churn ladder."""
    LADDER_END = auto()
    """The member has reached the end of the churn ladder."""


class Announcement(NamedTuple):
    """What the world is told about a change of phase."""

    status: Status
    reason: Reason


_START = Announcement(Status.FIRING, Reason.THRESHOLD)


def _end(reason: Reason) -> tuple[Phase, Announcement]:
    return Phase.QUIET, Announcement(Status.RESOLVED, reason)


TRANSITIONS: Final[dict[Phase, dict[Signal, tuple[Phase, Announcement | None]]]] = {
    Phase.QUIET: {
        Signal.BREACH: (Phase.PENDING, None),
        Signal.BREACH_HELD: (Phase.FIRING, _START),
        Signal.CLEAR: (Phase.QUIET, None),
        Signal.CLEAR_HELD: (Phase.QUIET, None),
        Signal.UNSURE: (Phase.QUIET, None),
        Signal.UNSURE_TOO_LONG: (Phase.QUIET, None),
        Signal.RETURN: (Phase.QUIET, None),
        Signal.LATE_RETURN: (Phase.QUIET, None),
        Signal.LEAVE: (Phase.QUIET, None),
        Signal.RUNG: (Phase.FIRING, _START),
        Signal.LADDER_END: (Phase.QUIET, None),
    },
    Phase.PENDING: {
        Signal.BREACH: (Phase.PENDING, None),
        Signal.BREACH_HELD: (Phase.FIRING, _START),
        Signal.CLEAR: (Phase.QUIET, None),
        Signal.CLEAR_HELD: (Phase.QUIET, None),
        Signal.UNSURE: (Phase.PENDING, None),
        Signal.UNSURE_TOO_LONG: (Phase.PENDING, None),
        Signal.RETURN: (Phase.PENDING, None),
        Signal.LATE_RETURN: (Phase.PENDING, None),
        Signal.LEAVE: (Phase.QUIET, None),
        Signal.RUNG: (Phase.FIRING, _START),
        Signal.LADDER_END: (Phase.QUIET, None),
    },
    Phase.FIRING: {
        Signal.BREACH: (Phase.FIRING, None),
        Signal.BREACH_HELD: (Phase.FIRING, None),
        Signal.CLEAR: (Phase.FIRING, None),
        Signal.CLEAR_HELD: _end(Reason.RECOVERED),
        Signal.UNSURE: (Phase.FIRING, None),
        Signal.UNSURE_TOO_LONG: _end(Reason.INCONCLUSIVE),
        Signal.RETURN: _end(Reason.RETURNED),
        Signal.LATE_RETURN: _end(Reason.LATE_DATA),
        Signal.LEAVE: _end(Reason.LEFT),
        Signal.RUNG: (Phase.FIRING, _START),
        Signal.LADDER_END: _end(Reason.LOST),
    },
}


def step(phase: Phase, signal: Signal) -> tuple[Phase, Announcement | None]:
    """Return the phase that follows, and what to announce; KeyError where the table has no row."""
    return TRANSITIONS[phase][signal]


class Hold(Value, frozen=True):
    """How long a verdict must hold before an alert begins (`for_days`) or ends."""

    for_days: int = 0
    keep_firing_days: int = 0


RESTING: Final = AlertState()
"""An alert at rest, which is the same for all of them."""


# To look a member of an enum up costs more than to compare with it.
_FIRE, _OK = Verdict.FIRE, Verdict.OK
_BREACH, _BREACH_HELD = Signal.BREACH, Signal.BREACH_HELD
_CLEAR, _CLEAR_HELD = Signal.CLEAR, Signal.CLEAR_HELD
_UNSURE, _UNSURE_TOO_LONG = Signal.UNSURE, Signal.UNSURE_TOO_LONG


def signal_of(state: AlertState, verdict: Verdict, hold: Hold) -> tuple[Signal, AlertState]:
    """Count `verdict`; return the signal it gives and the state with the counts moved on."""
    if verdict is _FIRE:
        breaches = state.breaches + 1
        counted = state.counting(breaches, 0, 0)
        return (_BREACH_HELD if breaches > hold.for_days else _BREACH), counted
    if verdict is _OK:
        clears = state.clears + 1
        counted = state.counting(0, clears, 0)
        return (_CLEAR_HELD if clears > hold.keep_firing_days else _CLEAR), counted
    unsure = state.unsure + 1
    counted = state.counting(state.breaches, state.clears, unsure)
    return (_UNSURE_TOO_LONG if unsure >= INCONCLUSIVE_LIMIT else _UNSURE), counted


def advance(
    state: AlertState, verdict: Verdict, day: int, at: int, *, hold: Hold
) -> tuple[AlertState, Announcement | None]:
    """Move an alert on by the verdict of one close.

    `day` is the day judged and `at` its close in milliseconds; they become the start of an alert
    that begins here. What is announced names the status and the reason, or is None.
    """
    signal, counted = signal_of(state, verdict, hold)
    phase, announcement = step(state.phase, signal)
    if phase is Phase.QUIET:
        return RESTING, announcement
    if announcement is not None:
        return AlertState(phase, counted.breaches, started_day=day, started_at=at), announcement
    return counted.in_phase(phase), None
