"""One member's record, packed into one int: a million of them must fit in memory.

Most members of a day have the same record; `shared` lets them have the same object too.

| bits | field |
|---|---|
| 0-21 | the day of the last interaction (ordinal) |
| 22-43 | the day on which the present phase began (ordinal; 0 in the phase QUIET) |
| 44-45 | the phase of the member's alert (`models.alerts.Phase`) |
| 46 | the member has left and not interacted since |
| 47 | the member stands in the wheel of days to be judged on (means nothing in the state) |
| 48 | the member is on the churn ladder (`rules.churn`) |
| 49- | the page of the community's members that the member is stored on |

A day of 0 says that the member is known, but has not interacted.
"""

from typing import Final

from models.alerts import Phase

DAY: Final = (1 << 22) - 1
"""The bits of the day of the last interaction."""
_SINCE: Final = 22
_PHASE: Final = 44
# As plain ints: to look a member of an enum up costs more than all the rest.
_PENDING: Final = int(Phase.PENDING)
_FIRING: Final = int(Phase.FIRING)
LEFT: Final = 1 << 46
SCHEDULED: Final = 1 << 47
_PHASES: Final = tuple(Phase)
ON_LADDER: Final = 1 << 48
DAY_OR_LEFT: Final = DAY | LEFT
REST: Final = 3 << _PHASE | LEFT | SCHEDULED | ON_LADDER
"""Of these bits only SCHEDULED is set where a member is at rest (`is_at_rest`)."""
_PAGE: Final = 49
_NOT_PHASE: Final = ~(DAY << _SINCE | 3 << _PHASE)

_SHARED_LIMIT: Final = 100_000
_shared: Final[dict[int, int]] = {}


def pack(
    last: int, *, phase: Phase = Phase.QUIET, since: int = 0, left: bool = False, page: int = 0
) -> int:
    """Pack a member's fields; the member stands in no wheel."""
    return last | since << _SINCE | phase << _PHASE | (LEFT if left else 0) | page << _PAGE


def page_of(member: int) -> int:
    """Return the page that the member is stored on."""
    return member >> _PAGE


def shared(member: int) -> int:
    """Return the member as one object for all who are alike: 32 bytes less for each."""
    if len(_shared) > _SHARED_LIMIT:
        _shared.clear()
    return _shared.setdefault(member, member)


def last_day(member: int) -> int:
    """Return the day of the member's last interaction; 0 where there has been none."""
    return member & DAY


def since_day(member: int) -> int:
    """Return the day on which the present phase began; 0 in the phase QUIET."""
    return member >> _SINCE & DAY


def phase_of(member: int) -> Phase:
    """Return the phase of the member's alert."""
    return _PHASES[member >> _PHASE & 3]


def is_firing(member: int) -> bool:
    """Tell whether an alert stands for the member (faster than `phase_of`)."""
    return member >> _PHASE & 3 == _FIRING


def is_pending(member: int) -> bool:
    """Tell whether an alert about the member is pending (faster than `phase_of`)."""
    return member >> _PHASE & 3 == _PENDING


def is_settled(member: int, day: int) -> bool:
    """Tell whether an interaction on `day` changes nothing: a later one is known, and no leave."""
    return day <= member & DAY_OR_LEFT <= DAY


def is_at_rest(member: int) -> bool:
    """Tell whether the member is in the wheel and nothing else is to be said: no alert, no leave.

    Then an interaction does no more than move the last day forward.
    """
    return member & REST == SCHEDULED


def moved(member: int, last: int) -> int:
    """Return the member with another last day."""
    return member & ~DAY | last


def in_phase(member: int, phase: Phase, since: int) -> int:
    """Return the member in another phase of its alert, begun on the day `since`."""
    return member & _NOT_PHASE | since << _SINCE | phase << _PHASE
